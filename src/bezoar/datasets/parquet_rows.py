"""Reader: Parquet of texts or of anything else, each row a sample that people can look at.

What such data is pinned by are its files; rows are for those who look at a few of them.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.finding import Finding
from bezoar.datasets.blob import Blob, BombError
from bezoar.datasets.containers import UNREADABLE_CONTAINER, damaged, readable
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.parquet import label_column, label_of

MOST_ROWS: Final = 2_000_000
"""Rows that are held to be drawn from: more would fill the memory of a small machine."""

_BATCH: Final = 64


def open_parquet_rows(paths: Sequence[Path], root: Path) -> IndexedDataset:
    """Open the rows of Parquet files.

    A sample is called by its file and the number of its row, so that people find again what they
    marked. Its bytes are a JSON object with the columns in their order; bytes in it stand as their
    size and digest.

    Args:
        paths: The files.
        root: The folder that the names of files are relative to.

    Raises:
        UsageError: If there are more rows than are held.
    """
    rows = _Rows()
    problems: list[Finding] = []
    try:
        packed = sum(path.stat().st_size for path in paths)
        blob = Blob.unpacked(_written(paths, root, rows, problems), packed)
    except BombError as error:
        rows, blob = _Rows(), Blob.unpacked((), 0)
        problems.append(damaged(root.name or "rows", str(error)))
    return IndexedDataset(
        name=root.name,
        ids=rows.ids,
        labels=rows.labels,
        keys=rows.places,
        read=blob.read,
        problems=tuple(problems),
        checked=(UNREADABLE_CONTAINER,),
    )


class _Rows:
    """What was read so far."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.labels: list[str | None] = []
        self.places: list[tuple[int, int]] = []
        self.size = 0

    def add(self, name: str, label: str | None, size: int) -> None:
        if len(self.ids) >= MOST_ROWS:
            raise UsageError(
                f"more than {MOST_ROWS:,} rows", next="bezoar review ONE-FILE-OF-IT.parquet"
            )
        self.ids.append(name)
        self.labels.append(label)
        self.places.append((self.size, size))
        self.size += size


def _written(
    paths: Sequence[Path], root: Path, rows: _Rows, problems: list[Finding]
) -> Iterator[bytes]:
    """Yield each row as JSON; note where it ends up."""
    for path in paths:
        name = readable(path.relative_to(root).as_posix())
        number = 0
        try:
            with pq.ParquetFile(path) as file:
                label, classes = label_column(file.schema_arrow)
                for batch in file.iter_batches(_BATCH):
                    for pairs in _pairs(batch):
                        data = _json(pairs).encode("utf-8", "backslashreplace")
                        value = next((value for key, value in pairs if key == label), None)
                        rows.add(f"{name}#{number}", label_of(value, classes), len(data))
                        number += 1
                        yield data
        except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
            problems.append(damaged(name, readable(str(error).partition("\n")[0])))


def _pairs(batch: pa.RecordBatch) -> Iterator[list[tuple[str, Any]]]:
    """Yield name and value of each field, row by row; a name may stand twice."""
    names = [readable(name) for name in batch.schema.names]
    columns = [column.to_pylist() for column in batch.columns]
    for number in range(batch.num_rows):
        yield [(name, column[number]) for name, column in zip(names, columns, strict=True)]


def _json(pairs: Sequence[tuple[str, Any]]) -> str:
    fields = (f"{_dumps(name)}: {_dumps(value)}" for name, value in pairs)
    return "{" + ", ".join(fields) + "}"


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """Return what JSON has for a value of Parquet that it has no kind for."""
    if isinstance(value, bytes):
        return f"{len(value):,} bytes, {Digest.of(value)}"
    return str(value)
