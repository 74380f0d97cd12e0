"""Weights & Biases: releases as versions of an artifact, through its public client.

Only digests go there, never the model's bytes. Protect the aliases `champion` and `previous` in
the registry's settings, or anybody on the team may move them.
"""

from typing import Any, Final

from bezoar.core.errors import BezoarError

_KIND: Final = "model"


class WandbRegistry:
    """Releases as versions of an artifact."""

    def __init__(self, place: str) -> None:
        """Connect.

        Args:
            place: `ENTITY/PROJECT`.

        Raises:
            BezoarError: If the client is not installed, or nobody has logged in.
        """
        try:
            import wandb  # noqa: PLC0415 - no dependency: whoever names W&B has it
        except ImportError:
            raise BezoarError("wandb is not installed", next="pip install wandb") from None
        self._wandb: Any = wandb
        self._entity, _, self._project = place.partition("/")
        if not (self._entity and self._project):
            raise BezoarError(f"not ENTITY/PROJECT: {place!r}", next="mend [release] registry")
        self._api: Any = self._asked(lambda: wandb.Api(timeout=10))

    def register(self, name: str, version: str, about: dict[str, str]) -> None:
        """Add a version of a model, if it is not there.

        Raises:
            BezoarError: If the service does not answer, or refuses.
        """
        if self._find(name, version) is not None:
            return

        def add() -> None:
            artifact = self._wandb.Artifact(name, type=_KIND, metadata=dict(about))
            with artifact.new_file("release.txt") as file:
                file.write("".join(f"{key} {value}\n" for key, value in sorted(about.items())))
            with self._wandb.init(
                entity=self._entity, project=self._project, job_type="bezoar-release"
            ) as run:
                run.log_artifact(artifact, aliases=[_alias(version)]).wait()

        self._asked(add)

    def alias(self, name: str, version: str, alias: str) -> None:
        """Let an alias mean a version; the service takes it from the one that had it.

        Raises:
            BezoarError: If there is no such version there, or the service does not answer.
        """
        artifact = self._find(name, version)
        if artifact is None:
            raise BezoarError(f"W&B knows no version {version} of {name}")
        if alias in artifact.aliases:
            return
        artifact.aliases.append(alias)
        self._asked(artifact.save)

    def _find(self, name: str, version: str) -> Any:
        path = f"{self._entity}/{self._project}/{name}:{_alias(version)}"
        if not self._asked(lambda: self._api.artifact_exists(path, type=_KIND)):
            return None
        return self._asked(lambda: self._api.artifact(path, type=_KIND))

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001 - its client raises whatever its libraries do
            why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise BezoarError(f"W&B did not take it: {why}", next="wandb login") from None


def _alias(version: str) -> str:
    return f"release-{version}"
