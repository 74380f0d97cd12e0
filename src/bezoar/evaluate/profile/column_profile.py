"""What one column holds: nulls, values, quantiles, a histogram that outliers cannot squeeze."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from bezoar.core.arrays import Floats
from bezoar.evaluate.profile.reading import as_text
from bezoar.evaluate.profile.roles import Role

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TOP: Final = 20
LONGEST_VALUE: Final = 200
BINS: Final = 40
# The range of a histogram ends this many times the spread of the middle 98 % outside of it.
_ROOM: Final = 0.5
_ONE_GO: Final = 3600.0
_EXACT: Final = 2.0**52  # above it, a half is lost beside a whole number


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges, and of what lies outside of them.

    Attributes:
        edges: Ascending, one more than counts.
        counts: Samples in each bin; the last one includes its upper edge.
        below: Samples below the first edge.
        above: Samples above the last edge.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int
    above: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The finite numbers of a column, or its times as seconds since 1970.

    Attributes:
        count: How many are finite.
        mean: None where it overflows.
        deviation: Standard deviation; None where it overflows.
        low: The smallest.
        high: The largest.
        quantiles: At `QUANTILES`.
        histogram: Over a robust range.
    """

    count: int
    mean: float | None
    deviation: float | None
    low: float
    high: float
    quantiles: tuple[float, ...]
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column.

    Attributes:
        name: As in the table.
        kind: Its type, in Polars' words.
        role: How it is described.
        rows: Of the table.
        nulls: Rows without a value.
        unique: Different values, nulls left aside; None where they were not counted.
        nan: Rows that hold no number, but say so (NaN).
        infinite: Rows that are infinite.
        numbers: For numbers and times; None where none is finite.
        top: The commonest values with their counts, as text; long ones are cut.
        lengths: Shortest, mean and longest length in bytes, for text.
    """

    name: str
    kind: str
    role: Role
    rows: int
    nulls: int
    unique: int | None = None
    nan: int = 0
    infinite: int = 0
    numbers: Numbers | None = None
    top: tuple[tuple[str, int], ...] = ()
    lengths: tuple[int, float, int] | None = None

    @property
    def remark(self) -> str:
        """What is odd about it at first sight; may be empty."""
        known = self.rows - self.nulls
        if not known:
            return "all null"
        if self.nan + self.infinite:
            return "not all finite"
        if self.unique == 1 and known > 1:
            return "constant"
        if self.unique == known and known > 1 and self.role is Role.CATEGORY:
            return "each value once"
        return ""


def profile_column(
    series: pl.Series, name: str, role: Role, in_order: "Ordered | None" = None
) -> ColumnProfile:
    """Describe a column.

    Args:
        series: Its values.
        name: What it is called.
        role: How to describe it.
        in_order: Its numbers, for numbers and times, where they were sorted already.
    """
    kind, rows, nulls = str(series.dtype), len(series), series.null_count()
    if role in {Role.NUMBER, Role.TIME}:
        found = in_order or ordered(series)
        # Where nothing is finite, NaN and infinities are all that there is to tell apart.
        unique = found.unique or series.drop_nulls().n_unique()
        top = _top(as_text(series))[0] if unique <= TOP and role is Role.NUMBER else ()
        odd = found.nan, found.infinite
        return ColumnProfile(name, kind, role, rows, nulls, unique, *odd, _numbers(found), top)
    if role is Role.CATEGORY:
        top, unique = _top(as_text(series))
        lengths = _lengths(series)
        return ColumnProfile(name, kind, role, rows, nulls, unique, top=top, lengths=lengths)
    if role is Role.IDENTITY:
        return ColumnProfile(name, kind, role, rows, nulls, series.drop_nulls().n_unique())
    return ColumnProfile(name, kind, role, rows, nulls)


@dataclass(frozen=True, slots=True)
class Ordered:
    """The numbers of a column.

    Attributes:
        numbers: Of each row; NaN where there is none.
        ranks: Of each row, from 1, equal ones their mean; NaN where it is not finite.
        values: The finite ones, ascending.
        unique: How many different ones.
        nan: How many are not a number.
        infinite: How many are infinite.
    """

    numbers: Floats
    ranks: Floats
    values: Floats
    unique: int
    nan: int
    infinite: int


def in_one_go(times: Ordered) -> bool:
    """Tell whether times, but for the outermost, lie within an hour.

    They say when data was unpacked, then, and not when it was made.
    """
    return bool(times.values.size) and (
        quantile(times.values, 0.99) - quantile(times.values, 0.01) < _ONE_GO
    )


def as_numbers(series: pl.Series) -> pl.Series:
    """Return numbers, or times as seconds since 1970, as 64-bit floats."""
    if isinstance(series.dtype, pl.Date | pl.Datetime):
        return series.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / 1e6
    if isinstance(series.dtype, pl.Duration):
        return series.cast(pl.Duration("us")).to_physical().cast(pl.Float64) / 1e6
    if isinstance(series.dtype, pl.Time):
        return series.to_physical().cast(pl.Float64) / 1e9
    return series.cast(pl.Float64, strict=False)


def ordered(series: pl.Series) -> Ordered:
    """Sort the finite numbers of a column; everything else about it follows from that."""
    values = as_numbers(series)
    nan, infinite = int(values.is_nan().sum()), int(values.is_infinite().sum())
    numbers = values.to_numpy()
    rows = np.flatnonzero(np.isfinite(numbers))
    finite = numbers[rows]
    order = np.argsort(finite)
    ascending = finite[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]]))
    starts = starts[: len(ascending)]
    counts = np.diff(np.append(starts, len(ascending)))
    ranks = np.full(len(numbers), np.nan)
    ranks[rows[order]] = np.repeat(starts + (counts + 1) / 2, counts)
    return Ordered(numbers, ranks, ascending, len(starts), nan, infinite)


def _numbers(found: Ordered) -> Numbers | None:
    values = found.values
    if not values.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = float(values.mean()), float(values.std())
    return Numbers(
        count=values.size,
        mean=mean if np.isfinite(mean) else None,
        deviation=deviation if np.isfinite(deviation) else None,
        low=float(values[0]),
        high=float(values[-1]),
        quantiles=tuple(quantile(values, q) for q in QUANTILES),
        histogram=count_between(values, robust_edges(values)),
    )


def quantile(values: Floats, q: float) -> float:
    """Return a quantile of ascending numbers: one of them, so that nothing overflows."""
    return float(values[round(q * (len(values) - 1))])


def middle(values: Floats) -> float:
    """Return the median of numbers in any order: one of them, so that nothing overflows."""
    place = (len(values) - 1) // 2
    return float(np.partition(values, place)[place])


def robust_edges(*parts: Floats, bins: int = BINS) -> Floats:
    """Return edges that cover the middle 98 % of each part with some room, but never much more.

    Args:
        *parts: Ascending, finite; the ones that are empty have no say.
        bins: How many; whole numbers of a small range get a bin each.
    """
    parts = tuple(part for part in parts if part.size)
    low, high = min(quantile(p, 0.01) for p in parts), max(quantile(p, 0.99) for p in parts)
    least, most = min(float(p[0]) for p in parts), max(float(p[-1]) for p in parts)
    room = _ROOM * (high / 2 - low / 2) * 2 if np.isfinite(high - low) else 0.0
    if room == 0.0:  # nearly all are equal
        room = most / 2 - least / 2
    low, high = max(least, low - room), min(most, high + room)
    whole = all(bool((p[:: max(1, p.size // 1000)] % 1 == 0).all()) for p in parts)
    if whole and high - low < bins and max(-low, high) < _EXACT:
        return np.arange(np.floor(low), np.ceil(high) + 2) - 0.5
    if not high > low:
        pad = max(0.5, abs(high) * 1e-6)
        low, high = low - pad, high + pad
    steps = np.arange(bins + 1) / bins
    return np.asarray(low * (1 - steps) + high * steps, np.float64)


def count_between(values: Floats, edges: Floats) -> Histogram:
    """Count ascending numbers between edges."""
    places = np.searchsorted(values, edges, "left")
    places[-1] = np.searchsorted(values, edges[-1], "right")
    counts = np.diff(places)
    return Histogram(
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
        below=int(places[0]),
        above=int(len(values) - places[-1]),
    )


def _top(text: pl.Series) -> tuple[tuple[tuple[str, int], ...], int]:
    """Return the commonest values, and how many there are; of equal counts in their order."""
    counts = pl.DataFrame({"value": text.drop_nulls()}).group_by("value").len("count")
    best = counts.top_k(TOP, by=["count", "value"], reverse=[False, True])
    best = best.sort("count", "value", descending=[True, False])
    cut = best["value"].str.slice(0, LONGEST_VALUE)
    return tuple(zip(cut.to_list(), best["count"].to_list(), strict=True)), counts.height


def _lengths(series: pl.Series) -> tuple[int, float, int] | None:
    if series.dtype != pl.String or series.null_count() == len(series):
        return None
    lengths = series.str.len_bytes().drop_nulls().to_numpy()
    return int(lengths.min()), float(lengths.mean()), int(lengths.max())


def as_time(seconds: float) -> str:
    """Return seconds since 1970 as RFC 3339; a year that nobody has as the number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return f"{seconds:.6g} s"
