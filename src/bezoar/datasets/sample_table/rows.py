"""`build_rows`: the sample table of texts, or of a table that is its own."""

import io
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from bezoar.datasets.sample_table.building import Progress
from bezoar.datasets.sample_table.columns import TEXT_COLUMNS, schema
from bezoar.datasets.sample_table.data_files import (
    data_files,
    label_column,
    reading,
    scan,
    text_column,
)
from bezoar.datasets.sample_table.joining import writing_table
from bezoar.datasets.sample_table.texts import text_rows
from bezoar.datasets.writing import write_whole

_BATCH: Final = 2048
TEXT: Final = "text"
TABULAR: Final = "tabular"


def kind_of_rows(path: Path) -> str:
    """Tell whether the rows at a path are `text` or `tabular`.

    Raises:
        NothingToInspectError: If there is no file of rows.
        BezoarError: If they cannot be read.
    """
    with reading(path):
        return TEXT if text_column(scan(data_files(path)).collect_schema()) else TABULAR


def build_rows(path: Path, target: Path, progress: Progress | None = None) -> Path:
    """Write the sample table of Parquet, CSV or JSON lines.

    Tabular data keeps its columns as they are. Of texts each row is measured; a build that was
    ended goes on behind what is there.

    Args:
        path: A file, or a folder of them.
        target: The Parquet file to write, whole or not at all; it must name the content.
        progress: Called now and then with (done, total).

    Raises:
        NothingToInspectError: If there is no file of rows.
        BezoarError: If they cannot be read, or the table not be written.
    """
    parts = target.with_name(f"{target.name}.parts")
    plain = parts / "rows.parquet"
    parts.mkdir(parents=True, exist_ok=True)
    with reading(path):
        rows = scan(data_files(path))
        text = text_column(kinds := rows.collect_schema())
        if text is None:
            rows.sink_parquet(plain, compression="zstd")
            plain.replace(target)
        else:
            label = label_column(kinds)
            wanted = [
                pl.col(text).alias("text"),
                *([pl.col(label).alias("label")] if label else []),
            ]
            rows.select(wanted).sink_parquet(plain, compression="lz4")
            _join(list(_text_parts(plain, parts, progress)), target)
    shutil.rmtree(parts, ignore_errors=True)
    return target


def _text_parts(plain: Path, parts: Path, progress: Progress | None) -> Iterator[Path]:
    with pq.ParquetFile(plain) as file:
        total, start = file.metadata.num_rows, 0
        for number, batch in enumerate(file.iter_batches(_BATCH)):
            name = parts / f"{number:06d}.parquet"
            if not name.is_file():
                rows = pl.DataFrame(batch)
                labels = rows["label"] if "label" in rows.columns else None
                buffer = io.BytesIO()
                text_rows(rows["text"], labels, start).write_parquet(buffer, compression="zstd")
                write_whole(name, buffer.getvalue())
            start += batch.num_rows
            if progress is not None:
                progress(start, total)
            yield name


def _join(names: Sequence[Path], target: Path) -> None:
    """Join the parts; a text's id is its digest and its ordinal among its equals."""
    kinds = schema(TEXT_COLUMNS)
    whole = pl.concat([pl.read_parquet(name, columns=["sha256", "text_sha256"]) for name in names])
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    known = whole.select(
        row.rank("ordinal").over("sha256").cast(pl.Int64).alias("ordinal"),
        pl.when(pl.len().over("text_sha256") > 1)
        .then(row.first().over("text_sha256"))
        .alias("near_dup_group"),
    )
    start = 0
    with writing_table(target, kinds) as write:
        for name in names:
            part = pl.read_parquet(name)
            mine = known.slice(start, len(part))
            start += len(part)
            hexadecimal = pl.col("sha256").bin.encode("hex")
            ident = pl.format("sha256:{}#{}", hexadecimal, mine["ordinal"] - 1).alias("path")
            write(part.with_columns(ident, mine["near_dup_group"]))
