"""Reader: NumPy archives with `x` (images), `y` (labels) and optionally `name`. No pickle."""

import math
import zipfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.lib import format as npy

from bezoar.core.digest import Digest
from bezoar.datasets.blob import Blob, BombError
from bezoar.datasets.containers import UNREADABLE_CONTAINER, UNSAFE_NAME, damaged, readable
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.rows import row_ids
from bezoar.datasets.zips import DAMAGE

_ALIASES: Final = {
    "x": ("x", "x_train", "images"),
    "y": ("y", "y_train", "labels"),
    "name": ("name", "name_train", "names"),
}
_MAX_COLUMN: Final = 1 << 30
_PIECE: Final = 1 << 20

Dtype = np.dtype[np.generic]


class DamagedArrayError(ValueError):
    """An array that is missing, damaged, or would need pickle."""


def open_npz(path: Path) -> IndexedDataset:
    """Open a NumPy archive; a row is fetched as a `.npy` array of its own.

    Ids are the rows' names (see `rows`); labels are `y` as text, so that class 14 is `14`.
    """
    checked = (UNSAFE_NAME, UNREADABLE_CONTAINER)
    try:
        with zipfile.ZipFile(path) as archive:
            read, count = _images(archive, path)
            labels = _column(archive, "y", count)
            names = _column(archive, "name", count)
    except (*DAMAGE, OSError, BombError) as error:
        problems = (damaged(path.name, readable(str(error))),)
        return IndexedDataset(
            name=path.name, ids=(), labels=(), keys=(), read=_nothing, problems=problems
        )
    ids, found = row_ids(names, labels, lambda row: Digest.of(read(row)))
    return IndexedDataset(
        name=path.name,
        ids=ids,
        labels=labels,
        keys=range(count),
        read=read,
        problems=tuple(found),
        checked=checked,
    )


def _nothing(row: int) -> bytes:
    raise DamagedArrayError(f"row {row} is in an archive that cannot be read")


def _images(archive: zipfile.ZipFile, path: Path) -> tuple[Callable[[int], bytes], int]:
    """Return how to read one row, and how many there are."""
    entry = _entry(archive, "x")
    if entry is None:
        raise DamagedArrayError("it has no array x (or x_train)")
    with archive.open(entry) as file:
        dtype, shape, fortran = _header(file, entry.filename)
        if len(shape) not in (3, 4) or 0 in shape[1:] or dtype.kind not in "uif" or fortran:
            raise DamagedArrayError(
                f"x is {dtype} of shape {shape}; want numbers of shape "
                "(n, height, width) or (n, height, width, channels) in C order"
            )
        packed = path.stat().st_size
        blob = Blob.unpacked(iter(partial(file.read, _PIECE), b""), packed)
    row_size = dtype.itemsize * math.prod(shape[1:])
    if blob.size != shape[0] * row_size:
        raise DamagedArrayError(f"x is longer or shorter than its shape {shape} says")
    return partial(_row, blob, _row_header(dtype, shape[1:]), row_size), shape[0]


def _row(blob: Blob, header: bytes, size: int, row: int) -> bytes:
    return header + blob.read((row * size, size))


def _row_header(dtype: Dtype, shape: tuple[int, ...]) -> bytes:
    """Return a .npy header (NEP 1, format 1.0) in one fixed form: samples' digests rest on it."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    padded = text.ljust(-(-(len(text) + 11) // 64) * 64 - 11) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode("ascii")


def _entry(archive: zipfile.ZipFile, column: str) -> zipfile.ZipInfo | None:
    for name in _ALIASES[column]:
        found = [entry for entry in archive.infolist() if entry.filename == f"{name}.npy"]
        if len(found) > 1:
            raise DamagedArrayError(f"it has {len(found)} arrays {name}")
        if found:
            return found[0]
    return None


def _header(file: IO[bytes], name: str) -> tuple[Dtype, tuple[int, ...], bool]:
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise DamagedArrayError(f"{name} holds Python objects: reading them would run pickle")
    if min(shape, default=0) < 0:
        raise DamagedArrayError(f"{name} has shape {shape}")
    return dtype, shape, fortran


def _column(archive: zipfile.ZipFile, column: str, count: int) -> list[str | None]:
    """Return an array of one value per row as text; None for each row where it is absent."""
    entry = _entry(archive, column)
    if entry is None:
        return [None] * count
    with archive.open(entry) as file:
        dtype, shape, _ = _header(file, entry.filename)
        size = dtype.itemsize * math.prod(shape)
        if shape not in ((count,), (count, 1)) or size > _MAX_COLUMN:
            raise DamagedArrayError(f"{column} has shape {shape}, but x has {count} rows")
        data = file.read(size)
    if len(data) < size:
        raise DamagedArrayError(f"{column} is shorter than its shape says")
    values = np.frombuffer(data, dtype).tolist() if size else [""] * count
    # Equal labels share one string.
    return list(map(lru_cache(maxsize=4096)(_text), values))


def _text(value: object) -> str:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, bytes):
        return readable(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    raise DamagedArrayError(f"{value!r} is neither text nor a whole number")
