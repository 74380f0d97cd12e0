"""Samples that lie far from all others in one column, and values that hardly any sample has."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from bezoar.core.arrays import Floats
from bezoar.evaluate.profile.column_profile import ColumnProfile, Ordered, quantile
from bezoar.evaluate.profile.reading import Columns, as_text
from bezoar.evaluate.profile.roles import Role

FAR: Final = 8.0
"""How many times the usual distance from the median (of its side) counts as far."""
PER_COLUMN: Final = 6
_RARE: Final = 0.001
_FEW_VALUES: Final = 50
_LEAST: Final = 50


@dataclass(frozen=True, slots=True)
class Outlier:
    """A sample that is unlike all others in one column.

    Attributes:
        id: Which sample.
        label: Its class.
        column: In what.
        value: What it has there, as text.
        usual: What most have: the median, or the commonest value.
        distance: In usual distances from the median; None for a rare value.
    """

    id: str
    label: str | None
    column: str
    value: str
    usual: str
    distance: float | None


@dataclass(frozen=True, slots=True)
class Outlying:
    """The outliers of one column.

    Attributes:
        column: Which.
        samples: How many there are.
        farthest: The farthest ones, or some with a rare value.
    """

    column: str
    samples: int
    farthest: tuple[Outlier, ...]


def outliers(
    series: pl.Series, profile: ColumnProfile, columns: Columns, in_order: Ordered | None
) -> Outlying | None:
    """Return the outliers of a column; None where there are none."""
    if profile.rows < _LEAST:
        return None
    if profile.role is Role.CATEGORY:
        return _rare(as_text(series), profile, columns)
    if profile.role is Role.NUMBER and in_order is not None:
        return _far(in_order, profile, columns)
    return None


def _far(column: Ordered, profile: ColumnProfile, columns: Columns) -> Outlying | None:
    """Measure each side by its own spread: a column may be skewed and have no outlier."""
    values, numbers = column.values, column.numbers
    if len(values) < _LEAST:
        return None
    usual_value = quantile(values, 0.5)
    # Halves, so that the largest floats do not overflow.
    away = numbers / 2 - usual_value / 2
    lower, upper = (_usual_distance(values, usual_value, side) for side in (False, True))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        distance = np.where(away < 0, -away / lower, away / upper)
    distance = np.where(np.isfinite(numbers), np.minimum(distance, 1e12), 0.0)
    far = np.flatnonzero(distance > FAR)
    if not far.size:
        return None
    first = far[np.argsort(-distance[far], kind="stable")[:PER_COLUMN]]
    ids, labels = columns.ids(first.tolist()), _labels(columns, first.tolist())
    farthest = tuple(
        Outlier(
            one, label, profile.name, f"{numbers[row]:.6g}", f"{usual_value:.6g}", distance[row]
        )
        for one, label, row in zip(ids, labels, first.tolist(), strict=True)
    )
    return Outlying(profile.name, int(far.size), farthest)


def _usual_distance(ascending: Floats, usual_value: float, upper: bool) -> float:
    """Return half the median distance on a side, as a standard deviation; infinite for none.

    Where more than half of the values of a side are equal nothing says what is usual.
    """
    first, last = (int(np.searchsorted(ascending, usual_value, side)) for side in ("left", "right"))
    side = ascending[first:] if upper else ascending[:last]
    typical = abs(quantile(side, 0.5) / 2 - usual_value / 2)
    return 1.4826 * typical if typical > 0 else float("inf")


def _rare(text: pl.Series, profile: ColumnProfile, columns: Columns) -> Outlying | None:
    if not profile.top or profile.unique is None or profile.unique > _FEW_VALUES:
        return None
    usual, known = profile.top[0][0], profile.rows - profile.nulls
    counts = pl.DataFrame({"value": text.drop_nulls()}).group_by("value").len("count")
    rare = counts.filter(pl.col("count") <= max(1, _RARE * known))["value"]
    if rare.is_empty() or known < 1 / _RARE:
        return None
    rows = text.is_in(rare.implode()).fill_null(value=False).arg_true()
    first = rows.head(PER_COLUMN).to_list()
    values = text.gather(first).str.slice(0, 200)
    farthest = tuple(
        Outlier(one, label, profile.name, value, usual, None)
        for one, label, value in zip(
            columns.ids(first), _labels(columns, first), values, strict=True
        )
    )
    return Outlying(profile.name, len(rows), farthest)


def _labels(columns: Columns, rows: list[int]) -> list[str | None]:
    return [None] * len(rows) if columns.labels is None else columns.labels.gather(rows).to_list()
