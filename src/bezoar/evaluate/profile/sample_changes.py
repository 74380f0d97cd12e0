"""Which samples differ between two tables: by their ids, or, of rows without one, by content."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bezoar.core.manifest import Entry, Manifest
from bezoar.core.manifest_diff import diff
from bezoar.evaluate.profile.reading import Columns, Hashes, mixed
from bezoar.evaluate.profile.roles import Kind


@dataclass(frozen=True, slots=True)
class Flip:
    """A sample whose label changed.

    Attributes:
        id: Its id now.
        before: Its label before.
        after: Its label now.
        old_id: Its id before.
    """

    id: str
    before: str | None
    after: str | None
    old_id: str


@dataclass(frozen=True)
class SampleChanges:
    """What differs.

    Attributes:
        added: Ids that are new; rows of a table by their number.
        removed: Ids that are gone.
        changed: Ids with other bytes; empty for rows, which have no id.
        flipped: Samples with another label.
        renamed: How many have another path, and are the same otherwise.
        added_rows: True for each row of the table that is new.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    flipped: tuple[Flip, ...]
    renamed: int
    added_rows: pl.Series


def changes_between(old: Columns, new: Columns) -> SampleChanges:
    """Compare the samples of two tables of the same kind."""
    return _of_rows(old, new) if new.kind is Kind.TABULAR else _of_samples(old, new)


def _of_samples(old: Columns, new: Columns) -> SampleChanges:
    found = diff(_manifest(old), _manifest(new))
    added = tuple(entry.path for entry in found.added)
    return SampleChanges(
        added=added,
        removed=tuple(entry.path for entry in found.removed),
        changed=tuple(one.path for _, one in found.changed),
        flipped=tuple(
            Flip(one.path, before.label, one.label, before.path) for before, one in found.relabelled
        ),
        renamed=len(found.renamed),
        added_rows=new.read("path")
        .cast(pl.String)
        .is_in(pl.Series(added, dtype=pl.String).implode()),
    )


def _manifest(columns: Columns) -> Manifest:
    labels = columns.labels
    parts = [columns.read(name).to_list() for name in ("path", "bytes", "sha256")]
    named = labels.to_list() if labels is not None else [None] * columns.height
    return Manifest.of(
        Entry(path, size or 0, sha256 or b"", label)
        for path, size, sha256, label in zip(*parts, named, strict=True)
    )


def _of_rows(old: Columns, new: Columns) -> SampleChanges:
    """Compare rows by the columns that both have; a row that changed is one gone and one new."""
    shared = [name for name in new.schema if old.schema.get(name) == new.schema[name]]
    before, after = _hashed(old, shared), _hashed(new, shared)
    key = ["row_hash", "turn"]
    added, removed = after.join(before, on=key, how="anti"), before.join(after, on=key, how="anti")
    flips: tuple[Flip, ...] = ()
    if new.label in shared:
        turn = pl.int_range(pl.len()).over("feature_hash").alias("turn")
        pair = added.with_columns(turn).join(
            removed.with_columns(turn), on=["feature_hash", "turn"], suffix=" old"
        )
        pair = pair.filter(pl.col("label").ne_missing(pl.col("label old"))).sort("row")
        ids, old_ids = new.ids(pair["row"].to_list()), old.ids(pair["row old"].to_list())
        flips = tuple(map(Flip, ids, pair["label old"], pair["label"], old_ids))
        added = added.filter(~pl.col("row").is_in(pair["row"].implode()))
        removed = removed.filter(~pl.col("row").is_in(pair["row old"].implode()))
    rows = np.zeros(new.height, np.bool_)
    rows[added["row"].to_numpy()] = True
    return SampleChanges(
        added=tuple(new.ids(added["row"].sort().to_list())),
        removed=tuple(old.ids(removed["row"].sort().to_list())),
        changed=(),
        flipped=flips,
        renamed=0,
        added_rows=pl.Series(rows),
    )


def _hashed(columns: Columns, shared: list[str]) -> pl.DataFrame:
    rows: Hashes = np.zeros(columns.height, np.uint64)
    features = rows
    for name in shared:
        series = columns.read(name)
        rows = mixed(rows, series)
        if name != columns.label:
            features = mixed(features, series)
    labels = columns.labels
    table = pl.DataFrame(
        {
            "row_hash": rows,
            "feature_hash": features,
            "label": labels
            if labels is not None
            else pl.Series([None] * len(rows), dtype=pl.String),
        }
    ).with_row_index("row")
    # Of equal rows the first is compared with the first, the second with the second.
    return table.with_columns(pl.int_range(pl.len()).over("row_hash").alias("turn"))
