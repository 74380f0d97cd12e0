"""Python files and notebooks: each framework whose pipelines it may define, else a plain script."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol, cast

from bezoar.evaluate.pipelines.definition import Pipeline, Text
from bezoar.evaluate.pipelines.python_code import PythonCode
from bezoar.evaluate.pipelines.reading import bounded, guarded
from bezoar.evaluate.pipelines.scripts import script_of
from bezoar.syntax.unreadable import UnreadableError

_HERE: Final = "bezoar.evaluate.pipelines"
_FRAMEWORKS: Final[dict[str, str]] = {
    "airflow": "airflow_dag",
    "kfp": "kfp_dsl",
    "sagemaker": "sagemaker_sdk",
    "kedro": "kedro_nodes",
    "zenml": "decorated",
    "prefect": "decorated",
    "flytekit": "decorated",
    "dagster": "dagster_assets",
    "metaflow": "metaflow_flow",
    "tfx": "tfx_components",
}
"""By the package that a file imports: the module here that reads its pipelines."""


class _Framework(Protocol):
    """A module here that reads one framework's pipelines."""

    def pipelines_of(self, code: PythonCode, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the pipelines that a module defines."""
        ...


class PythonFile:
    """Reads Python by its syntax tree; nothing is imported or run."""

    format = "python"

    def claims(self, file: Text) -> bool:
        """Say whether a file is Python, or a notebook."""
        return file.path.endswith((".py", ".pyw", ".ipynb"))

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the pipelines that a file defines; its own calls where it defines none."""
        if not file.text.strip():
            return []
        return guarded(file, self.format, lambda: _parsed(file, others))


def _parsed(file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
    try:
        code = PythonCode(file.path, file.text)
        modules = dict.fromkeys(
            _FRAMEWORKS[one] for one in sorted(code.imports) if one in _FRAMEWORKS
        )
        if modules:
            # What puts a pipeline together makes a step with most of its calls.
            bounded(len(code.survey.sites) * 2 // 3)
        found: list[Pipeline] = []
        for name in modules:
            framework = cast("_Framework", import_module(f"{_HERE}.{name}"))
            found += framework.pipelines_of(code, others)
        return found or script_of(code, others)
    except (RecursionError, MemoryError):
        raise UnreadableError("nested too deeply") from None


PARSER: Final = PythonFile()
