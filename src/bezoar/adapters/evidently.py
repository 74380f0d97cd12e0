"""Evidently: its drift report, on the very predictions that bezoar judges.

Evidently writes names into a page's script as they are: a class called `</script>` would end it.
So names lose the two signs that can begin markup. Its telemetry is switched off before it is read.
"""

import os
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from bezoar.adapters.predictions import Window
from bezoar.core.errors import BezoarError

_NO_MARKUP: Final = str.maketrans("<>", "\u2039\u203a")
_INSTALL: Final = "pip install 'bezoar[evidently]'"
_CLASS, _CONFIDENCE = "class", "confidence"


@dataclass(frozen=True, slots=True)
class Drift:
    """What Evidently says of one column.

    Attributes:
        column: Its name.
        method: How it was compared.
        score: What came out: a distance or a p value, as the method says.
        threshold: Where drift begins.
        drifted: Whether it says so.
    """

    column: str
    method: str
    score: float
    threshold: float
    drifted: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Evidently's report.

    Attributes:
        version: Of Evidently.
        columns: What it says of each column.
        page: The report itself, HTML.
    """

    version: str
    columns: tuple[Drift, ...]
    page: str


def drift_report(reference: Window, current: Window) -> DriftReport:
    """Return Evidently's report with its own defaults, in memory.

    Args:
        reference: Trusted predictions.
        current: Those in question.

    Raises:
        BezoarError: If Evidently is not installed, does not load, or cannot compare them.
    """
    library = _installed()
    numbers = [_CONFIDENCE] if _known(reference) and _known(current) else []
    names = [_CLASS, *(name for name in map(_plain, current.columns) if name != _CLASS)]
    definition = library.DataDefinition(numerical_columns=numbers, categorical_columns=names)
    tables = [
        library.Dataset.from_pandas(_frame(one, numbers), data_definition=definition)
        for one in (current, reference)
    ]
    from evidently.presets import DataDriftPreset  # noqa: PLC0415 - see `_installed`

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # its arithmetic on columns of one value
            report = library.Report([DataDriftPreset()], include_tests=True)
            found = report.run(*tables)
            return DriftReport(library.__version__, _columns(found.dict()), _page(found))
    except Exception as error:
        why = str(error).partition("\n")[0][:200] or type(error).__name__
        raise BezoarError(f"Evidently cannot compare them: {why}") from error


def _installed() -> Any:
    """Return the library."""
    for variable in ("DO_NOT_TRACK", "ITERATIVE_DO_NOT_TRACK"):
        os.environ[variable] = "1"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import evidently  # noqa: PLC0415 - an extra
    except Exception as error:  # with pandas 3 it is an ImportError of its own
        if isinstance(error, ModuleNotFoundError) and error.name == "evidently":
            raise BezoarError("evidently is not installed", next=_INSTALL) from None
        why = f"{type(error).__name__}: {error}"[:200]
        raise BezoarError(
            f"evidently does not load ({why}); it wants pandas < 3", next=_INSTALL
        ) from error
    return evidently


def _frame(window: Window, numbers: list[str]) -> Any:
    import pandas as pd  # noqa: PLC0415 - Evidently takes nothing else

    columns: dict[str, Any] = {_CLASS: [_plain(name) for name in window.classes]}
    if numbers:
        columns[_CONFIDENCE] = window.confidences
    for name, values in window.columns.items():
        columns.setdefault(_plain(name), [_plain(value) for value in values])
    return pd.DataFrame(columns)


def _known(window: Window) -> bool:
    return bool(np.isfinite(window.confidences).any())


def _plain(name: str) -> str:
    return name.translate(_NO_MARKUP)


def _columns(found: dict[str, Any]) -> tuple[Drift, ...]:
    """Return what it says of each column: the scores of its metrics, the verdicts of its tests."""
    scores = {
        metric["config"]["column"]: float(metric["value"])
        for metric in found["metrics"]
        if "column" in metric["config"]
    }
    return tuple(
        Drift(
            asked["column"],
            asked["method"],
            scores[asked["column"]],
            float(asked["threshold"]),
            _status(test) == "FAIL",
        )
        for test in found["tests"]
        if "column" in (asked := test["metric_config"]["params"])
    )


def _status(test: dict[str, Any]) -> str:
    return str(getattr(test["status"], "value", test["status"]))


def _page(found: Any) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        found.save_html(str(path))
        return path.read_text("utf-8")
