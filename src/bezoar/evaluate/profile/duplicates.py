"""Samples that stand in a table more than once: within a class and a split, and over them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl

from bezoar.evaluate.profile.reading import Columns, Hashes
from bezoar.evaluate.profile.roles import Kind

SHOWN: Final = 24
MEMBERS: Final = 6


class Alike(StrEnum):
    """In what samples are alike."""

    BYTES = "same bytes"
    PIXELS = "same pixels"
    NEAR = "nearly the same picture"
    WORDS = "same words"
    ROW = "same row"
    FEATURES = "same row but for the label"


@dataclass(frozen=True, slots=True)
class Member:
    """A sample of a group of duplicates."""

    id: str
    label: str | None
    split: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Samples that are alike.

    Attributes:
        samples: How many.
        labels: How many different labels they have.
        splits: How many different splits they lie in.
        members: Some of them.
    """

    samples: int
    labels: int
    splits: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The groups of samples that are alike in one way.

    Attributes:
        alike: In what.
        groups: How many groups.
        samples: In all of them.
        over_labels: Groups with more than one label.
        over_splits: Groups in more than one split.
        shown: Some groups; those over labels first, then those over splits, then the largest.
    """

    alike: Alike
    groups: int
    samples: int
    over_labels: int
    over_splits: int
    shown: tuple[Group, ...]


_BY_COLUMN: Final = {
    Kind.IMAGES: (
        (Alike.BYTES, "sha256"),
        (Alike.PIXELS, "pixel_sha256"),
        (Alike.NEAR, "near_dup_group"),
    ),
    Kind.TEXT: ((Alike.BYTES, "sha256"), (Alike.WORDS, "text_sha256")),
    Kind.TABULAR: (),
}


def find_duplicates(columns: Columns) -> list[Duplicates]:
    """Return the groups of a table of images or texts, one kind of likeness after the other."""
    return [
        _grouped(columns.read(name), alike, columns)
        for alike, name in _BY_COLUMN[columns.kind]
        if columns.has(name)
    ]


def duplicate_rows(columns: Columns, rows: Hashes, features: Hashes | None) -> list[Duplicates]:
    """Return the groups of equal rows of a table.

    Args:
        columns: The table.
        rows: A hash of each row.
        features: A hash of each row without its label; None where there is no label.
    """
    found = [_grouped(pl.Series(rows), Alike.ROW, columns)]
    if features is not None:
        found.append(_grouped(pl.Series(features), Alike.FEATURES, columns, only_over_labels=True))
    return found


def _grouped(
    keys: pl.Series, alike: Alike, columns: Columns, *, only_over_labels: bool = False
) -> Duplicates:
    table = pl.DataFrame({"key": keys}).with_row_index("row").drop_nulls("key")
    # Most samples are alone: labels are looked up for the others only.
    table = table.filter(pl.len().over("key") > 1)
    table = table.with_columns(_of(columns.labels, table), _of(_split(columns), table, "split"))
    groups = table.group_by("key").agg(
        pl.len().alias("samples"),
        pl.col("label").drop_nulls().n_unique().alias("labels"),
        pl.col("split").drop_nulls().n_unique().alias("splits"),
        pl.col("row").min().alias("first"),
    )
    if only_over_labels:
        groups = groups.filter(pl.col("labels") > 1)
    over_labels, over_splits = groups["labels"] > 1, groups["splits"] > 1
    order = groups.with_columns(over_labels.alias("over"), over_splits.alias("apart"))
    order = order.sort(
        "over", "apart", "samples", "first", descending=[True, True, True, False]
    ).head(SHOWN)
    return Duplicates(
        alike=alike,
        groups=groups.height,
        samples=int(groups["samples"].sum()),
        over_labels=int(over_labels.sum()),
        over_splits=int(over_splits.sum()),
        shown=tuple(
            Group(
                row["samples"], row["labels"], row["splits"], _members(columns, table, row["key"])
            )
            for row in order.iter_rows(named=True)
        ),
    )


def _split(columns: Columns) -> pl.Series | None:
    known = columns.kind is not Kind.TABULAR and columns.has("split")
    return columns.read("split") if known else None


def _of(values: pl.Series | None, table: pl.DataFrame, name: str = "label") -> pl.Series:
    if values is None:
        return pl.Series(name, [None] * table.height, pl.String)
    return values.gather(table["row"]).alias(name)


def _members(columns: Columns, table: pl.DataFrame, key: object) -> tuple[Member, ...]:
    """Return some members; of several labels one sample each comes first."""
    rows = table.filter(pl.col("key") == pl.lit(key, dtype=table.schema["key"]))
    ranked = rows.with_columns(pl.int_range(pl.len()).over("label", "split").alias("turn"))
    few = ranked.sort("turn", "row").head(MEMBERS).sort("row")
    ids = columns.ids(np.asarray(few["row"]).tolist())
    return tuple(map(Member, ids, few["label"].to_list(), few["split"].to_list()))
