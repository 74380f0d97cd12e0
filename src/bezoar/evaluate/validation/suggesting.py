"""`suggest`: a suite of expectations that some data meets, with room for ordinary growth.

It says what that data looked like on the day somebody approved it: its labels and their shares,
its sizes, formats and brightness, what was unique and what was never missing. It is a draft for a
person to read; a suite in the repository is reviewed like code.
"""

import math
from collections.abc import Iterator
from typing import Any, Final

import polars as pl

MOST_CLASSES: Final = 100
"""Classes up to which each one's share is an expectation of its own."""
GROWTH: Final = 0.1
"""By how much of itself a share may change, besides three standard deviations of chance."""
_SIZE: Final = 1.25
_LEVELS: Final = 10.0
_FEW: Final = 20
_MARGIN: Final = 0.1

Expectation = dict[str, Any]


def suggest(table: pl.DataFrame, kind: str, name: str, about: dict[str, Any]) -> dict[str, Any]:
    """Return a suite that a table meets.

    Args:
        table: The rows of a sample table; of tabular data with `label` under that name.
        kind: `images`, `text` or `tabular`.
        name: Of the suite.
        about: What the suite was made from.
    """
    makers = {"images": _of_images, "text": _of_texts}
    expectations = [*_of_labels(table), *makers.get(kind, _of_columns)(table)]
    count = _one("expect_table_row_count_to_be_between", "warning", min_value=len(table) // 2)
    return {"name": name, "expectations": [count, *expectations], "meta": {"bezoar": about}}


def _one(kind: str, severity: str = "critical", note: str = "", **kwargs: Any) -> Expectation:
    meta = {"bezoar": note} if note else {}
    return {"type": kind, "kwargs": kwargs, "meta": meta, "severity": severity}


def _of_labels(table: pl.DataFrame) -> Iterator[Expectation]:
    if "label" not in table.columns or table["label"].null_count() == len(table):
        return
    counts = table["label"].drop_nulls().value_counts().sort("label")
    labels, rows = counts["label"].to_list(), int(counts["count"].sum())
    yield _one("expect_column_values_to_be_in_set", column="label", value_set=labels)
    yield from _complete(table, "label")
    if not 1 < len(labels) <= MOST_CLASSES:
        return
    for label, count in counts.iter_rows():
        share = count / rows
        chance = 3 * math.sqrt(share * (1 - share) / rows)
        most, least = share * (1 + GROWTH) + chance, share * (1 - GROWTH) - chance
        if most < 1:
            yield _one(
                "expect_column_values_to_not_be_in_set",
                note=f"at most {most:.2%} have the label {label!r}",
                column="label",
                value_set=[label],
                mostly=1 - most,
            )
        if least > 0:
            yield _one(
                "expect_column_values_to_be_in_set",
                note=f"at least {least:.2%} have the label {label!r}",
                column="label",
                value_set=[label],
                mostly=least,
            )


def _of_images(table: pl.DataFrame) -> Iterator[Expectation]:
    yield from _complete(table, "sha256")
    yield from _unique(table, "pixel_sha256")
    yield from _decoded(table)
    for name in ("format", "mode"):
        yield from _set(table, name, "critical")
    yield from _set(table, "encoder", "warning")
    for name in ("width", "height"):
        yield from _between(table, name, 1 / _SIZE, _SIZE)
    yield from _between(table, "trailing_bytes", 1, 1)
    if (extent := _extent(table, "brightness")) is not None:
        low, high = extent
        mean = float(table.select(pl.col("brightness").mean().alias("mean")).item())
        low, high = max(0.0, low - _LEVELS), min(255.0, high + _LEVELS)
        yield _range("brightness", low, high)
        low, high = mean - _LEVELS, mean + _LEVELS
        kind = "expect_column_mean_to_be_between"
        yield _one(kind, column="brightness", min_value=round(low, 3), max_value=round(high, 3))


def _of_texts(table: pl.DataFrame) -> Iterator[Expectation]:
    yield from _complete(table, "sha256")
    yield from _unique(table, "text_sha256")
    yield from _decoded(table)
    yield from _between(table, "characters", 1 / 2, 2)
    for name in ("urls", "control_characters"):
        yield from _between(table, name, 1, 1)
    yield from _set(table, "language", "warning")
    yield from _set(table, "script", "critical")


def _of_columns(table: pl.DataFrame) -> Iterator[Expectation]:
    """Yield what a tabular set's own columns look like."""
    for name, kind in table.schema.items():
        if name in {"path", "label"}:
            continue
        yield _one("expect_column_to_exist", column=name)
        yield from _complete(table, name)
        if kind.is_numeric():
            if (extent := _extent(table, name)) is not None:
                low, high = extent
                room = _MARGIN * (high - low)
                yield _range(name, low - room if low < 0 else max(0.0, low - room), high + room)
        elif kind in {pl.String, pl.Categorical, pl.Boolean}:
            yield from _set(table, name, "critical")


def _complete(table: pl.DataFrame, name: str) -> Iterator[Expectation]:
    if name in table.columns and len(table) and not table[name].null_count():
        yield _one("expect_column_values_to_not_be_null", column=name)


def _unique(table: pl.DataFrame, name: str) -> Iterator[Expectation]:
    if name in table.columns and len(table) and table[name].drop_nulls().is_unique().all():
        yield _one("expect_column_values_to_be_unique", column=name)


def _decoded(table: pl.DataFrame) -> Iterator[Expectation]:
    if "outcome" in table.columns and len(table) and (table["outcome"] == "decoded").all():
        yield _one("expect_column_values_to_be_in_set", column="outcome", value_set=["decoded"])


def _set(table: pl.DataFrame, name: str, severity: str) -> Iterator[Expectation]:
    """Yield the values of a column that has few."""
    if name not in table.columns:
        return
    values = table[name].drop_nulls().unique()
    if 0 < len(values) <= _FEW and len(values) < len(table):
        listed = values.sort().to_list()
        yield _one("expect_column_values_to_be_in_set", severity, column=name, value_set=listed)


def _between(table: pl.DataFrame, name: str, below: float, above: float) -> Iterator[Expectation]:
    if (extent := _extent(table, name)) is not None:
        yield _range(name, math.floor(extent[0] * below), math.ceil(extent[1] * above))


def _extent(table: pl.DataFrame, name: str) -> tuple[float, float] | None:
    """Return the least and the largest finite number of a column; None where it has none."""
    if name not in table.columns:
        return None
    values = pl.col(name).cast(pl.Float64)
    values = values.filter(values.is_finite())
    low, high = table.select(values.min().alias("low"), values.max().alias("high")).row(0)
    return None if low is None else (float(low), float(high))


def _range(name: str, low: float, high: float) -> Expectation:
    kind = "expect_column_values_to_be_between"
    return _one(kind, column=name, min_value=low, max_value=high)
