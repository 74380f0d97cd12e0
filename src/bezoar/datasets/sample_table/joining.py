"""Joining the parts of a sample table, and adding what only the whole can tell."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from bezoar.core.errors import BezoarError
from bezoar.datasets.sample_table.columns import (
    IMAGE_COLUMNS,
    PERCEPTUAL_HASH,
    PIXEL_DIGEST,
    SCHEMA_VERSION,
    schema,
)
from bezoar.datasets.sample_table.near_duplicates import TOLERANCES, near_groups, traits_of
from bezoar.datasets.sample_table.splits import split_of

METADATA: Final = b"bezoar.sample_table"
_PROVENANCE: Final = ("source", "uploader", "added_at", "split")


def join_parts(names: Sequence[Path], target: Path, provenance: pl.DataFrame | None) -> None:
    """Write one table of all parts, a row group each, whole or not at all.

    Args:
        names: The parts, in order.
        target: The table.
        provenance: See `build_table`.

    Raises:
        BezoarError: If it cannot be written.
    """
    groups, start = _groups(names), 0
    with writing_table(target, schema(IMAGE_COLUMNS)) as write:
        for name in names:
            part = pl.read_parquet(name)
            numbers = groups[start : start + len(part)]
            start += len(part)
            part = part.with_columns(numbers.alias("near_dup_group"), split_of("path"))
            write(part if provenance is None else _with_provenance(part, provenance))


@contextmanager
def writing_table(target: Path, kinds: pl.Schema) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield what writes rows, a row group each time; the table appears when the block ends well.

    Args:
        target: The Parquet file.
        kinds: Its columns.

    Raises:
        BezoarError: If it cannot be written.
    """
    about = {"schema_version": SCHEMA_VERSION, "pixels": PIXEL_DIGEST, "phash": PERCEPTUAL_HASH}
    arrow = pl.DataFrame(schema=kinds).to_arrow().schema
    arrow = arrow.with_metadata({METADATA: json.dumps(about)})
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(draft, arrow, compression="zstd") as writer:
            yield lambda rows: writer.write_table(
                rows.select(kinds.names()).cast(kinds).to_arrow().cast(arrow)
            )
        draft.replace(target)
    except OSError as error:
        raise BezoarError(
            f"cannot write {target}: {error.strerror}", next=f"ls -ld {target.parent}"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def _groups(names: Sequence[Path]) -> pl.Series:
    """Return the near-duplicate group of each row; null for what is alone or was not decoded."""
    if not names:
        return pl.Series([], dtype=pl.Int64)
    wanted = ("phash", "width", "height", *TOLERANCES)
    table = pl.concat([pl.read_parquet(name, columns=list(wanted)) for name in names])
    table = table.with_row_index("#")
    known = table.filter(pl.col("phash").is_not_null())
    numbers = near_groups(known["phash"].to_numpy(), traits_of(known))
    # Rows are numbered as in the whole table.
    first = known["#"].to_numpy().astype(np.int64)[numbers]
    grouped = known.select("#", pl.Series("group", first)).with_columns(
        pl.when(pl.len().over("group") > 1).then("group").alias("group")
    )
    return table.join(grouped, on="#", how="left", maintain_order="left")["group"]


def _with_provenance(part: pl.DataFrame, provenance: pl.DataFrame) -> pl.DataFrame:
    """Put in what a provenance table says; where it is silent, what was known stays."""
    said = [name for name in _PROVENANCE if name in provenance.columns]
    joined = part.join(provenance, on="path", how="left", suffix=" said", maintain_order="left")
    return joined.with_columns(
        pl.coalesce(f"{name} said", name).cast(part.schema[name]).alias(name) for name in said
    )
