"""BZ255: samples of another size, format or mode than all others."""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Final

import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.subject import Subject, at_samples, not_applicable

OUTLIER: Final = Rule(
    code="BZ255",
    name="form-outlier",
    title="Sample of another size, format or mode",
    severity=Severity.MEDIUM,
    why="Where one way of making samples made them all, the few that were made another way were"
    " put in later.",
)

FEWEST: Final = 50
"""Samples from which on a table says something about one of them."""
ALARMS: Final = 0.01
"""Of tables whose sizes are log-normal, the share with any finding about a size."""
_DOMINANT: Final = 0.95
_RARE: Final = 0.002
_ENOUGH: Final = 100_000
_MOST: Final = 0.01
_REACH: Final = 4.0
"""Interquartile ranges beyond the quartiles: sizes of real pictures have heavier tails."""
_FACTOR: Final = 2.0
_IQR: Final = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""

_FORMS: Final = ("format", "mode")
_SIZES: Final = {
    "width": pl.col("width"),
    "height": pl.col("height"),
    "bytes per pixel": pl.col("bytes") / (pl.col("width") * pl.col("height")),
    "characters": pl.col("characters"),
}


def outliers(subject: Subject) -> Outcome:
    """Find forms that are unknown to the version before, or rare where nearly all have one.

    A form (format, mode, width x height) is rare where 95 of 100 samples have the same and it has
    at most 2 of 1,000. A size stands out where its logarithm lies outside Tukey's fences, which
    are as wide as `ALARMS` asks of a table of so many rows; sizes that more than one sample in a
    hundred has are the data's own, and no outlier. Against a version, what lies outside its range
    by a factor of two stands out.
    """
    columns = [name for name in (*_FORMS, "width", "characters") if subject.has(name)]
    if not columns:
        return not_applicable(OUTLIER, "its rows have no size and no format")
    if subject.against is None and len(subject.table) < FEWEST:
        return not_applicable(OUTLIER, f"{FEWEST} samples are the fewest that show what is usual")
    findings = list(_forms(subject))
    for name, size in _SIZES.items():
        if subject.has(*size.meta.root_names()):
            findings += _sizes(subject, name, size.cast(pl.Float64))
    return Outcome.of(OUTLIER, findings)


def _forms(subject: Subject) -> Iterator[Finding]:
    for name in (name for name in _FORMS if subject.has(name)):
        counts = dict(subject.table[name].drop_nulls().value_counts().iter_rows())
        odd, why = _odd(counts), "nearly all have another"
        if known := _known(subject, name):
            odd, why = counts.keys() - known, f"{subject.version} has none"
        yield from _with(subject, pl.col(name).is_in(list(odd)), name, odd, why)
    if subject.against is None and subject.has("width", "height"):
        area = pl.col("width").cast(pl.Int64) * (1 << 32) + pl.col("height").cast(pl.Int64)
        counts = dict(
            subject.table.select(area.alias("s"))["s"].drop_nulls().value_counts().iter_rows()
        )
        odd = _odd(counts)
        why = "nearly all have another"
        yield from _with(subject, area.is_in(list(odd)), "size", odd, why)


def _known(subject: Subject, name: str) -> set[str]:
    if subject.against is None or name not in subject.against.columns:
        return set()
    return set(subject.against[name].drop_nulls().unique())


def _odd(counts: dict[object, int]) -> set[object]:
    total = sum(counts.values())
    if total < FEWEST or max(counts.values()) < _DOMINANT * total:
        return set()
    return {form for form, count in counts.items() if count <= max(1, _RARE * total)}


def _with(
    subject: Subject,
    wanted: pl.Expr,
    name: str,
    odd: set[object],
    why: str,
) -> list[Finding]:
    if not odd:
        return []
    severity = Severity.LOW if name == "size" else None
    rows = subject.table.filter(wanted)
    value = pl.format("{}x{}", "width", "height") if name == "size" else pl.col(name)
    named = rows.head(60).select("path", value.alias("value"))
    told = (
        (path, f"its {name} is {value}, and {why}", {name: value})
        for path, value in named.iter_rows()
    )
    return at_samples(OUTLIER, told, len(rows), severity)


def _sizes(subject: Subject, name: str, size: pl.Expr) -> list[Finding]:
    values = subject.table.select(size.alias("size"))["size"]
    low, high = _against(subject, size) or _fences(values)
    odd = (values.gt(0) & values.lt(low)) | values.gt(high)
    count = int(odd.sum())
    compared = subject.against is not None
    if not count or (not compared and count > _MOST * len(values)):
        return []
    rows = subject.table.select("path", size.alias("size")).filter(odd.fill_null(value=False))
    span = f"{low:.4g} to {high:.4g}"
    told = (
        (path, f"its {name} is {value:.4g}, and {span} is usual", {name: value})
        for path, value in rows.head(60).iter_rows()
    )
    return at_samples(OUTLIER, told, count, None if compared else Severity.LOW)


def _against(subject: Subject, size: pl.Expr) -> tuple[float, float] | None:
    """Return the range of the version before, widened; None where it says none."""
    before = subject.against
    if before is None or not set(size.meta.root_names()) <= set(before.columns):
        return None
    low, high = before.select(size.min().alias("low"), size.max().alias("high")).row(0)
    if low is None or low <= 0:
        return None
    return low / _FACTOR, high * _FACTOR


def _fences(values: pl.Series) -> tuple[float, float]:
    """Return Tukey's fences of the logarithms; none where half of the values are the same."""
    # Quartiles of a hundred thousand are those of a million; sorting them is not as dear.
    some = values.gather_every(max(1, len(values) // _ENOUGH))
    some = some.filter(some > 0).log()
    first, third = some.quantile(0.25), some.quantile(0.75)
    if first is None or third is None or third <= first:
        return 0.0, math.inf
    tail = NormalDist().inv_cdf(1 - ALARMS / (2 * len(values)))
    reach = max(_REACH, tail / _IQR - 0.5) * (third - first)
    return math.exp(first - reach), math.exp(third + reach)
