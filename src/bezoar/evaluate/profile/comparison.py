"""`compare`: what changed since another version: labels, samples, classes, columns, and by whom."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from bezoar.evaluate.profile.drift import Drift, drift
from bezoar.evaluate.profile.profiling import MOST_COLUMNS
from bezoar.evaluate.profile.reading import Columns
from bezoar.evaluate.profile.roles import Role
from bezoar.evaluate.profile.sample_changes import SampleChanges, changes_between

MOST_CLASSES: Final = 10_000
_BROUGHT_BY: Final = ("uploader", "source")
_MEMORABLE: Final = 5  # new samples from which on it says something that one hand brought them
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Brought:
    """Who brought most of the new samples.

    Attributes:
        column: `uploader` or `source`.
        value: Its name.
        samples: How many of the new samples.
        of: How many new samples there are.
    """

    column: str
    value: str
    samples: int
    of: int


@dataclass(frozen=True, slots=True)
class ClassChange:
    """How a class changed.

    Attributes:
        label: Its name; None for the samples without one.
        before: Samples in the version before.
        after: Samples now.
        surprise: How far its share moved, in standard deviations of a count.
        brought: Who brought most of what is new in it, where it is known and one did.
    """

    label: str | None
    before: int
    after: int
    surprise: float
    brought: Brought | None

    @property
    def growth(self) -> float | None:
        """By which share it grew; None for a new class."""
        return self.after / self.before - 1 if self.before else None


@dataclass(frozen=True)
class Comparison:
    """What changed.

    Attributes:
        against: The version before.
        whole: False where only the manifest of the version before was at hand.
        samples_before: How many samples it has.
        samples: Which samples differ; None where the two are not of the same kind.
        classes: Each class that changed, the most surprising first.
        flips: (before, after, how many) of labels, the commonest first.
        brought: Who brought most of all new samples.
        new_columns: Columns that the version before lacks.
        vanished_columns: Columns that are gone.
        retyped_columns: (name, type before, type now).
        drifts: Of each column, the one that moved furthest first.
    """

    against: str
    whole: bool
    samples_before: int
    samples: SampleChanges | None
    classes: tuple[ClassChange, ...]
    flips: tuple[tuple[str | None, str | None, int], ...]
    brought: Brought | None
    new_columns: tuple[str, ...]
    vanished_columns: tuple[str, ...]
    retyped_columns: tuple[tuple[str, str, str], ...]
    drifts: tuple[Drift, ...]

    @property
    def new_labels(self) -> list[ClassChange]:
        """The classes that the version before lacks."""
        return [one for one in self.classes if not one.before and one.label is not None]

    @property
    def vanished_labels(self) -> list[ClassChange]:
        """The classes that are gone."""
        return [one for one in self.classes if not one.after and one.label is not None]


def compare(old: Columns, new: Columns, against: str, *, whole: bool = True) -> Comparison:
    """Say what changed since another version.

    Args:
        old: The version before.
        new: This version.
        against: What the version before is called.
        whole: False where `old` was made of its manifest alone: columns are not compared then.
    """
    samples = changes_between(old, new) if old.kind is new.kind else None
    shared = [name for name in new.schema if name in old.schema]
    flips = Counter((one.before, one.after) for one in samples.flipped) if samples else Counter()
    return Comparison(
        against=against,
        whole=whole,
        samples_before=old.height,
        samples=samples,
        classes=tuple(_classes(old, new, samples)),
        flips=tuple((before, after, count) for (before, after), count in flips.most_common(100)),
        brought=_brought(new, samples.added_rows) if samples else None,
        new_columns=tuple(name for name in new.schema if name not in old.schema),
        vanished_columns=tuple(name for name in old.schema if name not in new.schema),
        retyped_columns=tuple(
            (name, str(old.schema[name]), str(new.schema[name]))
            for name in shared
            if old.schema[name] != new.schema[name]
        ),
        drifts=tuple(_drifts(old, new, shared, samples)) if whole else (),
    )


def _classes(old: Columns, new: Columns, samples: SampleChanges | None) -> list[ClassChange]:
    if old.labels is None or new.labels is None:
        return []
    before, after = (
        dict(pl.DataFrame({"label": one}).group_by("label").len().iter_rows())
        for one in (old.labels, new.labels)
    )
    ratio = new.height / max(1, old.height)
    found = []
    for label in before.keys() | after.keys():
        was, now = before.get(label, 0), after.get(label, 0)
        if was != now:
            expected = was * ratio
            surprise = (now - expected) / float(np.sqrt(max(1.0, expected)))
            found.append(ClassChange(label, was, now, surprise, None))
    found.sort(key=lambda one: (bool(one.before), -abs(one.surprise), one.label or ""))
    found = found[:MOST_CLASSES]
    by = _by_class(new, samples.added_rows) if samples else {}
    return [
        ClassChange(one.label, one.before, one.after, one.surprise, by.get(one.label))
        for one in found
    ]


def _by_class(new: Columns, added: pl.Series) -> dict[str | None, Brought]:
    """Return who brought most of the new samples of each class, where one brought most of them."""
    column = _provenance(new)
    if column is None or new.labels is None:
        return {}
    rows = pl.DataFrame({"label": new.labels, "by": new.read(column).cast(pl.String)}).filter(added)
    counts = (
        rows.group_by("label", "by")
        .len("samples")
        .with_columns(pl.col("samples").sum().over("label").alias("of"))
    )
    most = counts.drop_nulls("by").filter(
        (pl.col("samples") > _HALF * pl.col("of")) & (pl.col("samples") >= _MEMORABLE)
    )
    return {
        label: Brought(column, by, samples, of)
        for label, by, samples, of in most.select("label", "by", "samples", "of").iter_rows()
    }


def _brought(new: Columns, added: pl.Series) -> Brought | None:
    column = _provenance(new)
    total = int(added.sum())
    if column is None or total < _MEMORABLE:
        return None
    names = new.read(column).cast(pl.String).filter(added).drop_nulls()
    counts = pl.DataFrame({"by": names}).group_by("by").len("samples")
    first = counts.top_k(1, by=["samples", "by"], reverse=[False, True])
    for by, samples in first.iter_rows():
        return Brought(column, by, samples, total) if samples > _HALF * total else None
    return None


def _provenance(columns: Columns) -> str | None:
    """Return the column that says who brought a sample."""
    for name in _BROUGHT_BY:
        if columns.roles.get(name) is Role.CATEGORY and columns.read(name).drop_nulls().len():
            return name
    return None


def _drifts(
    old: Columns, new: Columns, shared: list[str], samples: SampleChanges | None
) -> list[Drift]:
    added = samples.added_rows if samples else None
    found = [
        drift(old.read(name), new.read(name), name, new.roles[name], added)
        for name in shared[:MOST_COLUMNS]
        if old.roles[name] is new.roles[name]
    ]
    # A column that names rows, as one of serial numbers does, moves by itself: it comes with rows.
    told = [one for one in found if one is not None]
    return sorted(told, key=lambda one: (not one.moved, -one.distance, one.column))
