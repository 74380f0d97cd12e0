"""BZ261: what a team expects of its data, written down as a suite, and is not so.

Reading a suite, its label set, and what the engine says of it; the engine itself is an adapter.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from bezoar.adapters.great_expectations import Expected
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

EXPECTATION_FAILED: Final = Rule(
    code="BZ261",
    name="expectation-failed",
    title="Expectation of the team's suite not met",
    severity=Severity.HIGH,
    why="The team wrote down what its data looks like, and this data does not.",
)

_SEVERITIES: Final = {
    "critical": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.LOW,
}
_IN_SET: Final = "expect_column_values_to_be_in_set"
_MOST_BYTES: Final = 1 << 26
_SHOWN: Final = 5
_HIDDEN: Final = frozenset({"column", "meta", "severity", "result_format"})


def read_suite(path: Path) -> dict[str, Any]:
    """Read a suite.

    Raises:
        BezoarError: If it cannot be read.
        UsageError: If it is no JSON object.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES)
        suite = json.loads(text)
    except OSError as error:
        why = error.strerror or str(error)
        raise BezoarError(f"{path} cannot be read: {why}", next=f"ls -l {path}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON", next=f"mend {path}") from error
    if not isinstance(suite, dict):
        raise UsageError(f"{path} is no suite", next="bezoar validate NAME --suggest")
    return suite


def expected_labels(suite: Mapping[str, Any], column: str = "label") -> frozenset[str] | None:
    """Return the labels that a suite lets through; None where it does not say all of them."""
    for one in suite.get("expectations") or ():
        kwargs = one.get("kwargs") if isinstance(one, dict) else None
        if not isinstance(kwargs, dict) or one.get("type") != _IN_SET:
            continue
        values = kwargs.get("value_set")
        plain = kwargs.get("mostly", 1) == 1 and not kwargs.get("row_condition")
        if kwargs.get("column") == column and plain and isinstance(values, list):
            return frozenset(str(value) for value in values)
    return None


def expectation_outcome(results: Iterable[Expected], of_rows: str) -> Outcome:
    """Return the outcome of a suite: what failed is found, what could not be evaluated, too.

    Args:
        results: Of each expectation.
        of_rows: What holds the rows, for the findings.
    """
    results = list(results)
    if not results:
        reason = "the suite holds no expectation"
        return Outcome(EXPECTATION_FAILED, Status.NOT_APPLICABLE, reason=reason)
    place = Place(PlaceKind.DATASET, of_rows)
    failed = [_finding(one, place) for one in results if not one.success]
    return Outcome.of(EXPECTATION_FAILED, failed)


def _finding(one: Expected, place: Place) -> Finding:
    column = one.arguments.get("column")
    of = f"{column}: " if isinstance(column, str) else ""
    return Finding(
        EXPECTATION_FAILED,
        place,
        f"{one.note or of + one.kind + _arguments(one)}: {_what(one)}",
        _SEVERITIES.get(one.severity, Severity.HIGH),
        evidence={
            "expectation": one.kind,
            "arguments": _plain(one.arguments),
            "observed": one.observed,
            "unexpected": one.unexpected,
            "rows": [{"row": key, "value": value} for key, value in one.rows],
            "error": one.error,
        },
    )


def _what(one: Expected) -> str:
    if one.error:
        return f"could not be evaluated: {one.error}"
    if one.unexpected is None:
        return f"observed {one.observed}" if one.observed else "not met"
    shown = ", ".join(f"{key} ({value})" for key, value in one.rows[:_SHOWN]) or one.observed
    rows = "1 row" if one.unexpected == 1 else f"{one.unexpected:,} rows"
    if one.note and one.kind == _IN_SET:  # a share that fell: the rows are all the others
        return f"{rows} have another"
    return f"{rows}, as {shown}"


def _arguments(one: Expected) -> str:
    said = {
        name: value
        for name, value in one.arguments.items()
        if name not in _HIDDEN and value is not None
    }
    text = ", ".join(f"{name}={value}" for name, value in said.items())
    limit = 120
    return f" ({text[:limit]}{'…' if len(text) > limit else ''})" if text else ""


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    plain: Any = json.loads(json.dumps(value, default=str))
    return plain
