"""How many samples each class has, and which of them to look at."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from bezoar.evaluate.profile.reading import Columns

MOST_CLASSES: Final = 10_000
EXAMPLES: Final = 6
# More different values than this share of the samples are no classes.
_TOO_MANY: Final = 0.5


@dataclass(frozen=True, slots=True)
class ClassProfile:
    """One class.

    Attributes:
        label: Its name; None for the samples that have none.
        samples: How many.
        share: Of all samples.
        splits: Samples of each split.
        examples: Ids of some, spread evenly over the class.
    """

    label: str | None
    samples: int
    share: float
    splits: tuple[tuple[str | None, int], ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a table.

    Attributes:
        listed: The largest ones, the largest first; at most `MOST_CLASSES`.
        total: How many there are, samples without a label counted as one.
        discrete: False where nearly each sample has a label of its own: no classes, then.
    """

    listed: tuple[ClassProfile, ...]
    total: int
    discrete: bool


def profile_classes(columns: Columns) -> Classes | None:
    """Count classes and pick examples; None where there is no label."""
    labels = columns.labels
    if labels is None:
        return None
    rows = pl.DataFrame({"label": labels}).with_row_index("row")
    counts = rows.group_by("label").agg(pl.len().alias("samples"), pl.col("row"))
    discrete = counts.height <= max(MOST_CLASSES / 100, _TOO_MANY * len(labels))
    listed = counts.top_k(MOST_CLASSES, by=["samples", "label"], reverse=[False, True])
    listed = listed.sort("samples", "label", descending=[True, False], nulls_last=True)
    splits = _splits(columns, labels)
    profiles = tuple(
        ClassProfile(
            label=label,
            samples=samples,
            share=samples / len(labels),
            splits=splits.get(label, ()),
            examples=tuple(columns.ids(_spread(members.to_numpy()))),
        )
        for label, samples, members in zip(
            listed["label"], listed["samples"], listed["row"], strict=True
        )
    )
    return Classes(profiles, counts.height, discrete)


def _spread(rows: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> list[int]:
    """Return a few of the rows, evenly: files beside each other are often near-duplicates."""
    places = (np.arange(min(EXAMPLES, len(rows))) + 0.5) * len(rows) / min(EXAMPLES, len(rows))
    return [int(row) for row in rows[places.astype(np.int64)]]


def _splits(
    columns: Columns, labels: pl.Series
) -> dict[str | None, tuple[tuple[str | None, int], ...]]:
    if not columns.has("split"):
        return {}
    split = columns.read("split")
    if split.null_count() == len(split):
        return {}
    table = pl.DataFrame({"label": labels, "split": split.cast(pl.String)})
    counts = table.group_by("label", "split").len("samples").sort("label", "split")
    found: dict[str | None, tuple[tuple[str | None, int], ...]] = {}
    for label, name, samples in counts.iter_rows():
        found[label] = (*found.get(label, ()), (name, samples))
    return found
