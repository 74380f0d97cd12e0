"""MLflow's model registry, through the client of mlflow-skinny: versions and their aliases.

Whoever may update a model there may move its aliases (mlflow issue 24742), so that what MLflow
says is shown to people and never decides what is served.
"""

import os
from typing import Final

from bezoar.core.errors import BezoarError

_TAG: Final = "bezoar.version"
_ENVIRONMENT: Final = {
    # MLflow reports how it is used unless it is told not to.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # A registry that is down is not waited for: it is told later.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}


class MlflowRegistry:
    """Releases as versions of a registered model; the release's own version is a tag."""

    def __init__(self, uri: str) -> None:
        """Connect to a server.

        Raises:
            BezoarError: If MLflow is not installed.
        """
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        try:
            from mlflow import MlflowClient  # noqa: PLC0415 - an extra
        except ImportError:
            message = "MLflow is not installed"
            raise BezoarError(message, next="pip install 'bezoar[mlflow]'") from None
        self._uri = uri
        self._client: MlflowClient = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def register(self, name: str, version: str, about: dict[str, str]) -> None:
        """Add a version of a model, if it is not there.

        Raises:
            BezoarError: If the server does not answer, or refuses.
        """
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - an extra

        try:
            if not self._client.search_registered_models(f"name = '{name}'"):
                self._client.create_registered_model(name)
            if self._number(name, version) is None:
                source = f"bezoar://models/{name}/{version}"
                self._client.create_model_version(name, source, tags={**about, _TAG: version})
        except MlflowException as error:
            raise self._refused(error) from None

    def alias(self, name: str, version: str, alias: str) -> None:
        """Let an alias mean a version.

        Raises:
            BezoarError: If there is no such version there, or the server does not answer.
        """
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - an extra

        try:
            number = self._number(name, version)
            if number is None:
                raise BezoarError(f"MLflow knows no version {version} of {name}")
            self._client.set_registered_model_alias(name, alias, number)
        except MlflowException as error:
            raise self._refused(error) from None

    def meaning(self, name: str, alias: str) -> str | None:
        """Return the release's version that an alias means; None where it means none of ours.

        Raises:
            BezoarError: If the server does not answer.
        """
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - an extra

        try:
            found = self._client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise self._refused(error) from None
        tag = found.tags.get(_TAG)
        return str(tag) if tag is not None else None

    def _number(self, name: str, version: str) -> str | None:
        """Return MLflow's own number of a release; names and versions hold no quote."""
        query = f"name = '{name}' and tags.`{_TAG}` = '{version}'"
        found = self._client.search_model_versions(query)
        return str(found[0].version) if found else None

    def _refused(self, error: Exception) -> BezoarError:
        why = str(error).splitlines()[0][:200]
        return BezoarError(f"MLflow at {self._uri} did not take it: {why}", next="mlflow doctor")
