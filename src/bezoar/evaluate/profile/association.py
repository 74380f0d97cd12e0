"""How far a column follows the label: one number between 0 and 1, and the class that it gives away.

For numbers and times: the correlation ratio of their ranks, that is the share of the ranks'
variance that lies between the classes, less what chance gives (epsilon², Kelley 1935), as its
square root. Ranks, so that a few outliers neither make nor hide it. For categories: Cramér's V
less its bias (Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", 2013). Of both the
class that departs most from all the others is named: over all classes one of many hardly shows.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl

from bezoar.core.arrays import Floats, Ints
from bezoar.evaluate.profile.column_profile import (
    LONGEST_VALUE,
    Ordered,
    in_one_go,
    middle,
    ordered,
)
from bezoar.evaluate.profile.reading import as_text
from bezoar.evaluate.profile.roles import Role

LEAST: Final = 10
"""Samples on each side below which no class is said to stand out."""
_SURE: Final = 5.0  # standard deviations from "like all others", for one of thousands of classes
_VALUES: Final = 200
_CELLS: Final = 4_000_000
_IDENTIFIES: Final = 0.5


class Measure(StrEnum):
    """What the strength of an association is."""

    CORRELATION_RATIO = "correlation ratio of ranks"
    CRAMERS_V = "Cramér's V"


@dataclass(frozen=True, slots=True)
class Standout:
    """The class that departs most from all the others.

    Attributes:
        label: Which.
        samples: Of this class, with a value.
        value: For categories: the value that goes with it.
        effect: Cliff's delta for numbers (-1 to 1: how much more often a sample of this class has
            the larger value of two), the phi coefficient for categories.
        inside: Median of the class, or the share of its samples that have the value.
        outside: The same of all others.
    """

    label: str
    samples: int
    value: str | None
    effect: float
    inside: float
    outside: float


@dataclass(frozen=True, slots=True)
class Association:
    """How far a column follows the label.

    Attributes:
        column: Which.
        role: What it is.
        of_missing: True where it is not its values that follow it but whether it has one.
        measure: What `strength` is.
        strength: 0 to 1; what chance gives is taken off.
        samples: With a label, and a value where values are compared.
        standout: The class that it gives away; None where none is far from the others.
    """

    column: str
    role: Role
    of_missing: bool
    measure: Measure
    strength: float
    samples: int
    standout: Standout | None


@dataclass(frozen=True, slots=True)
class Coded:
    """Labels as numbers.

    Attributes:
        codes: Shape (n,); -1 where there is no label.
        names: What each number stands for.
    """

    codes: Ints
    names: tuple[str, ...]


def coded(labels: pl.Series) -> Coded:
    """Number the labels in the order of their names."""
    names = labels.drop_nulls().unique().sort()
    codes = pl.DataFrame({"label": labels}).join(
        pl.DataFrame({"label": names}).with_row_index("code"),
        on="label",
        how="left",
        maintain_order="left",
    )["code"]
    return Coded(codes.cast(pl.Int64).fill_null(-1).to_numpy(), tuple(names.to_list()))


def associations(
    series: pl.Series, name: str, role: Role, labels: Coded, in_order: Ordered | None = None
) -> list[Association]:
    """Return how a column follows the label, and whether having a value does.

    Args:
        series: The column.
        name: What it is called.
        role: `NUMBER`, `TIME` or `CATEGORY`; of others nothing is said.
        labels: Of the same rows.
        in_order: Its numbers, where they were sorted already.
    """
    if len(labels.names) < 2:  # noqa: PLR2004 - one class follows nothing
        return []
    found: list[Association | None] = []
    if role in {Role.NUMBER, Role.TIME}:
        found.append(_of_numbers(in_order or ordered(series), name, role, labels))
        if 0 < series.null_count() < len(series):
            missing = as_text(series.is_null().alias("missing"))
            found.append(_of_categories(missing, name, labels, of_missing=True))
    elif role is Role.CATEGORY:
        found.append(_of_categories(as_text(series), name, labels, of_missing=False))
    return [one for one in found if one is not None]


def _of_numbers(column: Ordered, name: str, role: Role, labels: Coded) -> Association | None:
    if role is Role.TIME and in_one_go(column):
        return None
    known = np.isfinite(column.ranks) & (labels.codes >= 0)
    codes, ranks = labels.codes[known], column.ranks[known]
    if len(ranks) < len(column.values):  # some have no label
        ranks = ordered(pl.Series(ranks)).ranks
    classes, n = np.bincount(codes, minlength=len(labels.names)), len(codes)
    groups = int(np.count_nonzero(classes))
    if groups < 2 or n <= groups:  # noqa: PLR2004 - as above
        return None
    total = float(((ranks - (n + 1) / 2) ** 2).sum())
    sums = np.bincount(codes, weights=ranks, minlength=len(classes)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(classes > 0, sums / classes, (n + 1) / 2)
    between = float((classes * (means - (n + 1) / 2) ** 2).sum())
    ratio = between / total if total else 0.0
    epsilon = 1 - (1 - ratio) * (n - 1) / (n - groups)
    strength = float(np.sqrt(min(1.0, max(0.0, epsilon))))
    standout = (
        _farthest(column.numbers[known], codes, sums, classes, labels.names) if total else None
    )
    return Association(name, role, False, Measure.CORRELATION_RATIO, strength, n, standout)


def _farthest(
    values: Floats, codes: Ints, sums: Floats, classes: Ints, names: tuple[str, ...]
) -> Standout | None:
    """Return the class with the largest Cliff's delta from its mean rank (Mann-Whitney's U)."""
    n = len(codes)
    others = n - classes
    with np.errstate(invalid="ignore", divide="ignore"):
        above = (sums - classes * (classes + 1) / 2) / (classes * others)
        spread = np.sqrt((n + 1) / (12 * classes * others))
        sure = np.abs(above - 0.5) / spread >= _SURE
    counts = (classes >= LEAST) & (others >= LEAST) & sure
    if not counts.any():
        return None
    best = int(np.argmax(np.where(counts, np.abs(above - 0.5), -1)))
    mine = codes == best
    return Standout(
        label=names[best],
        samples=int(classes[best]),
        value=None,
        effect=float(2 * above[best] - 1),
        inside=middle(values[mine]),
        outside=middle(values[~mine]),
    )


def _of_categories(
    text: pl.Series, name: str, labels: Coded, *, of_missing: bool
) -> Association | None:
    """Compare a column's values, no value being one of them, with the labels."""
    known = labels.codes >= 0
    text = text.filter(pl.Series(known)) if not known.all() else text
    codes, n, k = labels.codes[known], int(known.sum()), len(labels.names)
    counts = pl.DataFrame({"value": text}).group_by("value").len("count")
    if counts.height > max(_VALUES, _IDENTIFIES * n) or counts.height < 2 or n <= k:  # noqa: PLR2004
        return None
    kept = counts.top_k(
        min(_VALUES, max(2, _CELLS // k)), by=["count", "value"], reverse=[False, True]
    )["value"]
    numbers = pl.DataFrame({"value": text}).join(
        pl.DataFrame({"value": kept}).with_row_index("code"),
        on="value",
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )["code"]
    columns = numbers.cast(pl.Int64).fill_null(len(kept)).to_numpy()  # the rest is one value
    m = len(kept) + 1
    table = np.bincount(codes * m + columns, minlength=k * m).reshape(k, m).astype(np.float64)
    values = [None if value is None else value[:LONGEST_VALUE] for value in kept.to_list()]
    return Association(
        name,
        Role.CATEGORY,
        of_missing,
        Measure.CRAMERS_V,
        _cramers_v(table),
        n,
        _telling_value(table, values, labels.names),
    )


def _cramers_v(table: Floats) -> float:
    table = table[table.any(1)][:, table.any(0)]
    n, (k, m) = float(table.sum()), table.shape
    if min(k, m) < 2 or n <= 1:  # noqa: PLR2004 - one value follows nothing
        return 0.0
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
    phi = float((table * table / expected).sum()) - 1
    phi = max(0.0, phi - (k - 1) * (m - 1) / (n - 1))
    room = min(k - (k - 1) ** 2 / (n - 1), m - (m - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, phi / room))) if room > 0 else 0.0


def _telling_value(
    table: Floats, values: list[str | None], names: tuple[str, ...]
) -> Standout | None:
    """Return the class and the value with the largest phi coefficient."""
    n = table.sum()
    rows, columns = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = (table * n - rows * columns) / np.sqrt(rows * (n - rows) * columns * (n - columns))
    # What is left over is no value; and phi times the root of n is a z-score.
    phi[:, len(values) :] = -1
    counts = (table >= LEAST) & np.isfinite(phi) & (phi * np.sqrt(n) >= _SURE)
    if not counts.any():
        return None
    place = int(np.argmax(np.where(counts, phi, -1)))
    row, column = divmod(place, table.shape[1])
    mine, others = float(rows[row, 0]), float(n - rows[row, 0])
    return Standout(
        label=names[row],
        samples=int(mine),
        value=values[column] if values[column] is not None else "(none)",
        effect=float(phi[row, column]),
        inside=float(table[row, column] / mine),
        outside=float((columns[0, column] - table[row, column]) / others),
    )
