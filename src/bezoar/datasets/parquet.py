"""Reader: Parquet with image bytes and a label (the Hugging Face layout), one file or many."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.datasets.blob import Blob, BombError
from bezoar.datasets.containers import UNREADABLE_CONTAINER, UNSAFE_NAME, damaged, readable
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.labelling import UNLABELLED, unlabelled
from bezoar.datasets.rows import row_ids

_IMAGES: Final = ("image", "img", "image_bytes", "bytes", "data", "x")
_LABELS: Final = ("label", "labels", "fine_label", "class", "class_id", "category", "target", "y")
_NAMES: Final = ("path", "file_name", "filename", "image_path", "name", "id")
_BATCH: Final = 64


class NoImagesError(ValueError):
    """The table has no column of image bytes."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, and the class names of the schema's metadata."""

    image: str
    label: str | None
    name: str | None
    classes: Sequence[str] = ()


@dataclass
class Rows:
    """What was read so far: places of the images in the blob, labels, names."""

    places: list[tuple[int, int]] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    size: int = 0


def open_parquet(
    paths: Sequence[Path], name: str, problems: Sequence[Finding] = ()
) -> IndexedDataset:
    """Open one dataset of one or many Parquet files.

    Ids are the images' paths (see `rows`). Labels are text: the class name where the schema's
    metadata lists class names (`ClassLabel`), else the value.

    Args:
        paths: The files.
        name: A short name for people.
        problems: What was odd about the folder that they lie in.
    """
    rows, found = Rows(), list(problems)
    try:
        packed = sum(path.stat().st_size for path in paths)
        blob = Blob.unpacked(_images(paths, rows, found), packed)
    except BombError as error:
        rows, blob = Rows(), Blob.unpacked((), 0)
        found.append(damaged(name, str(error)))
    ids, odd = row_ids(rows.names, rows.labels, lambda i: Digest.of(blob.read(rows.places[i])))
    return IndexedDataset(
        name=name,
        ids=ids,
        labels=rows.labels,
        keys=rows.places,
        read=blob.read,
        problems=(*found, *odd, *unlabelled(ids, rows.labels)),
        checked=(UNSAFE_NAME, UNREADABLE_CONTAINER, UNLABELLED),
    )


def _images(paths: Sequence[Path], rows: Rows, problems: list[Finding]) -> Iterator[bytes]:
    """Yield the bytes of each image; note where they end up, and what they are called."""
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                columns = _columns(file.schema_arrow)
                wanted = [name for name in (columns.image, columns.label, columns.name) if name]
                for batch in file.iter_batches(_BATCH, columns=wanted):
                    for row in batch.to_pylist():
                        yield _add(row, columns, rows)
        except (pa.ArrowException, OSError, ValueError) as error:
            problems.append(damaged(path.name, readable(str(error).partition("\n")[0])))


def _add(row: dict[str, Any], columns: Columns, rows: Rows) -> bytes:
    image, path = row[columns.image], None
    if isinstance(image, dict):
        image, path = image["bytes"], image.get("path")
    if columns.name:
        path = row[columns.name]
    image = image or b""
    rows.places.append((rows.size, len(image)))
    rows.size += len(image)
    rows.names.append(None if path is None else str(path))
    rows.labels.append(label_of(row[columns.label], columns.classes) if columns.label else None)
    return bytes(image)


def label_of(value: object, classes: Sequence[str]) -> str | None:
    """Return a label as text: the class name where there is a list of them, else the value."""
    if isinstance(value, int) and classes:
        # Hugging Face writes -1 where there is no label.
        return classes[value] if 0 <= value < len(classes) else None if value < 0 else str(value)
    return None if value is None else readable(str(value))


def _columns(schema: pa.Schema) -> Columns:
    image = _first(schema, _IMAGES, _is_image)
    if image is None:
        raise NoImagesError("no column of image bytes")
    label, classes = label_column(schema)
    name = _first([f for f in schema if f.name in _NAMES], _NAMES, _is_label)
    return Columns(image, label, name, classes)


def label_column(schema: pa.Schema) -> tuple[str | None, tuple[str, ...]]:
    """Return the column of labels, None where there is none, and the names of the classes."""
    label = _first([f for f in schema if f.name in _LABELS], _LABELS, _is_label)
    return label, _class_names(schema, label)


def _first(
    fields: Iterable[pa.Field], preferred: Sequence[str], fits: Callable[[pa.DataType], bool]
) -> str | None:
    """Return the first fitting column, those with a usual name before all others."""
    rank = {name: i for i, name in enumerate(preferred)}
    names = [column.name for column in fields if fits(column.type)]
    return min(names, key=lambda name: rank.get(name, len(rank)), default=None)


def _is_image(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _is_image(kind.field(index).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_label(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(text or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _class_names(schema: pa.Schema, label: str | None) -> tuple[str, ...]:
    try:
        metadata = json.loads((schema.metadata or {})[b"huggingface"])
        names = [readable(name) for name in metadata["info"]["features"][label]["names"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()
    return tuple(names) if len(set(names)) == len(names) else ()
