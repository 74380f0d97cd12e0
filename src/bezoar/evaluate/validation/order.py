"""BZ259: a block of uploads that differs from what was added before and after it.

Samples are put in the order in which they were added, class by class, and cut into blocks. A
block's mean is compared with the means of all other blocks, never with single samples: frames of
one film are alike, and what is natural between blocks is what the blocks themselves show.
"""

import itertools
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bezoar.core.arrays import Floats, Ints
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.subject import Subject, not_applicable

ORDER_ANOMALY: Final = Rule(
    code="BZ259",
    name="order-anomaly",
    title="Block of uploads that differs",
    severity=Severity.MEDIUM,
    why="Data that is poisoned later comes as a block: from one hand, one program, one evening.",
    taxonomy=("ATLAS:AML.T0020",),
)

BLOCK: Final = 32
"""Samples of one class, added one after another, that are looked at together."""
ALARMS: Final = 0.001
"""Of tables whose block means are normal, the share with any finding."""
_FEWEST: Final = 30
_MARGIN: Final = 1.5
"""Tails of real data are heavier than a normal one's: the limit is so many times as far out."""
_LARGEST: Final = 0.1
_PURE: Final = 0.9

_FEATURES: Final = {
    "brightness": pl.col("brightness"),
    "contrast": pl.col("contrast"),
    "saturation": pl.col("saturation"),
    "sharpness": (pl.col("sharpness") + 1).log(),
    "length": (pl.col("characters") + 1).log(),
}
_MARKS: Final = ("format", "mode", "encoder", "exif_software", "uploader", "source")


def order_anomalies(subject: Subject) -> Outcome:
    """Find blocks of uploads that differ in how they look, or in what made them."""
    order = _order(subject)
    if order is None or not subject.has("label"):
        why = "nothing says in which order its samples were added"
        return not_applicable(ORDER_ANOMALY, why if order is None else "there are no labels")
    findings = list(_marked(subject, order))
    features = [name for name, how in _FEATURES.items() if subject.has(*how.meta.root_names())]
    if features:
        findings += _differing(subject, order, features)
    return Outcome.of(ORDER_ANOMALY, findings)


def _order(subject: Subject) -> str | None:
    """Return what tells the order: times of which there are several, else places."""
    if subject.has("added_at") and subject.table["added_at"].n_unique() > len(subject.table) // 2:
        return "added_at"
    return "position" if subject.has("position") else None


def _marked(subject: Subject, order: str) -> Iterator[Finding]:
    """Yield marks that stand in one class alone, one after another, where others are mixed.

    A mark has a tenth of the samples at most, nine in ten of them in one class, and the chance of
    that, given the class's share, is below `ALARMS` over all marks. Where most marks belong to one
    class each, that is how the set was made, and nothing is said.
    """
    rows = len(subject.table)
    shares = dict(subject.table["label"].drop_nulls().value_counts(normalize=True).iter_rows())
    for mark in (name for name in _MARKS if subject.has(name)):
        values = subject.table[mark]
        if bool((values == values[0]).all()):
            continue
        counted = subject.table.lazy().group_by(mark, "label").len().collect().drop_nulls()
        per_mark = counted.group_by(mark).agg(
            pl.col("len").sum().alias("all"),
            pl.col("len").max().alias("most"),
            pl.col("label").sort_by("len").last(),
        )
        odd = per_mark.filter(
            pl.col("all") >= 5,  # noqa: PLR2004 - fewer are BZ255's
            pl.col("all") <= _LARGEST * rows,
            pl.col("most") >= _PURE * pl.col("all"),
        )
        if int(odd["all"].sum()) > _LARGEST * rows:
            continue
        for value, count, most, label in odd.select(mark, "all", "most", "label").iter_rows():
            chance = shares.get(label, 0) ** most * len(per_mark) * len(shares)
            if chance < ALARMS and _together(subject, pl.col(mark) == value, order, count):
                message = f"{count:,} samples of one {mark}, {value!r}, {most:,} of them {label!r}"
                yield _finding(label, message, {mark: value, "samples": count})


def _together(subject: Subject, wanted: pl.Expr, order: str, count: int) -> bool:
    """Tell whether samples stand one after another, with fewer strangers between than they are."""
    ranks = subject.table.select(pl.col(order).rank("min").alias("#"), wanted.alias("is"))
    mine = ranks.filter("is")["#"]
    low, high = mine.min(), mine.max()
    return isinstance(low, int) and isinstance(high, int) and high - low < 2 * count


def _differing(subject: Subject, order: str, features: list[str]) -> list[Finding]:
    """Return the blocks whose mean of a feature lies far from those of all blocks."""
    blocks = _blocks(subject, order, features)
    if len(blocks) < _FEWEST:  # empty, or too few to know what is usual
        return []
    means = blocks.select(features).to_numpy()
    scores = _robust(means) * np.sqrt(np.minimum(1.0, blocks["len"].to_numpy() / BLOCK))[:, None]
    limit = _MARGIN * NormalDist().inv_cdf(1 - ALARMS / (2 * scores.size))
    found = []
    for row in np.flatnonzero((np.abs(scores) > limit).any(1)):
        block, best = blocks.row(int(row), named=True), int(np.abs(scores[row]).argmax())
        message = (
            f"{block['len']} samples added one after another, from {block['first']} to"
            f" {block['last']}, differ in {features[best]}: {scores[row, best]:+.1f} spreads of"
            " what blocks of a class do"
        )
        evidence = {"first": block["first"], "last": block["last"], "feature": features[best]}
        evidence["samples"] = block["len"]
        # Real films have blocks like that now and then: a place to look at, no reason to stop.
        found.append(_finding(block["label"], message, evidence, Severity.LOW))
    return found


def _blocks(subject: Subject, order: str, features: list[str]) -> pl.DataFrame:
    """Return the mean of each feature, less its class's median, of each block of each class."""
    table = subject.table
    if not table[order].is_sorted():
        table = table.sort(order, maintain_order=True)
    columns = [_FEATURES[name].cast(pl.Float32).alias(name) for name in features]
    known = pl.all_horizontal([pl.col(name).is_not_null() for name in (*features, "label")])
    rows = table.select(pl.int_range(pl.len()).alias("#"), "label", *columns).filter(known)
    labels = rows["label"].cast(pl.Categorical).to_physical().to_numpy()
    # A stable sort of small numbers keeps each class in order, and takes linear time.
    where = np.argsort(
        labels.astype(np.uint16 if labels.max(initial=0) < 1 << 16 else np.uint32), kind="stable"
    )
    starts, sizes = _cut(labels[where])
    if not len(starts):
        return pl.DataFrame()
    values = rows.select(features).to_numpy()[where]
    means = np.add.reduceat(values, starts, axis=0, dtype=np.float64) / sizes[:, None]
    numbers = rows["#"].to_numpy()[where]
    blocks = pl.DataFrame(
        {
            "label": rows["label"].gather(where[starts]),
            "len": sizes,
            "first": table["path"].gather(numbers[starts]),
            "last": table["path"].gather(numbers[starts + sizes - 1]),
            **{name: means[:, i] for i, name in enumerate(features)},
        }
    )
    own = [pl.col(name) - pl.col(name).median().over("label") for name in features]
    several = pl.len().over("label") > 2  # noqa: PLR2004 - a median of two is their mean
    return blocks.filter(several, pl.col("len") >= BLOCK // 2).with_columns(own)


def _cut(labels: NDArray[Any]) -> tuple[Ints, Ints]:
    """Return where each block starts, and how many rows it has; `labels` is sorted."""
    changes = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    bounds = np.concatenate([[0], changes, [len(labels)]])
    pieces = [np.arange(start, end, BLOCK) for start, end in itertools.pairwise(bounds)]
    starts = np.concatenate(pieces).astype(np.int64)
    return starts, np.diff(np.append(starts, len(labels)))


def _robust(means: Floats) -> Floats:
    """Return each column in units of its spread: 1.4826 times the median absolute deviation."""
    centred = means - np.median(means, axis=0)
    spread = 1.4826 * np.median(np.abs(centred), axis=0)
    scores: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return scores


def _finding(
    label: str,
    message: str,
    evidence: dict[str, object],
    severity: Severity = ORDER_ANOMALY.severity,
) -> Finding:
    place = Place(PlaceKind.CLASS, label or "(empty)")
    return Finding(ORDER_ANOMALY, place, message, severity, evidence=evidence)
