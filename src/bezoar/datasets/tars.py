"""Reader: class folders inside a .tar (plain, gzip, bzip2, xz), without unpacking.

The headers are parsed here: `tarfile` of the Python versions in use reads extended headers of any
size into memory and can be sent into an endless loop by a negative size (CVE-2025-8194).
"""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from bezoar.datasets import tar_headers as headers
from bezoar.datasets.blob import Blob, BombError
from bezoar.datasets.containers import (
    SPECIAL_FILE,
    UNSAFE_NAME,
    at_file,
    damaged,
    why_unsafe,
)
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.tar_headers import BLOCK, LARGEST_HEADER, DamagedTarError
from bezoar.datasets.tree import Tree, tree_dataset

_PIECE: Final = 1 << 20
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, BombError)
_OPENERS: Final[tuple[tuple[bytes, Callable[[Path], object]], ...]] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\0", lzma.open),
)


class Bytes(Protocol):
    """What an archive is read from: a `Blob`, or a stream that is read at growing offsets."""

    size: int

    def read(self, place: tuple[int, int], /) -> bytes:
        """Return (offset, size); a ValueError where there is less."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its name, where its bytes lie, and whether it is a plain file or a folder.

    `kind` is the header's type flag, `link` what a link leads to.
    """

    name: str
    place: tuple[int, int]
    is_file: bool
    is_folder: bool
    kind: bytes = b"0"
    link: str = ""


def open_tar(path: Path) -> IndexedDataset:
    """Open class folders inside a .tar; the samples' ids are the names of its entries."""
    places: dict[str, tuple[int, int]] = {}
    tree = Tree(name=path.name, read=lambda name: blob.read(places[name]))
    try:
        blob = _blob(path)
        for entry in entries(blob):
            _add(entry, tree, places)
    except (*_DAMAGE, DamagedTarError) as error:
        tree.problems.append(damaged(path.name, str(error)))
    return tree_dataset(tree)


def _blob(path: Path) -> Blob:
    with path.open("rb") as file:
        magic = file.read(6)
    for start, opener in _OPENERS:
        if magic.startswith(start):
            with cast("BinaryIO", opener(path)) as packed:
                pieces = iter(partial(packed.read, _PIECE), b"")
                return Blob.unpacked(pieces, path.stat().st_size)
    return Blob.of_file(path)


def _add(entry: Entry, tree: Tree, places: dict[str, tuple[int, int]]) -> None:
    name = entry.name.removeprefix("./")
    if entry.is_folder:
        name = name.rstrip("/")
    if entry.is_folder and name in ("", "."):
        return
    if why := why_unsafe(name):
        tree.problems.append(at_file(UNSAFE_NAME, name, f"not safe to unpack: {why}"))
    elif not entry.is_file and not entry.is_folder:
        message = "it is a link or special file, which is not read"
        tree.problems.append(at_file(SPECIAL_FILE, name, message))
    elif entry.is_file:
        # Of two entries with one name the last counts, as for tar itself; the tree reports both.
        tree.add(name)
        places[name] = entry.place


def entries(blob: Bytes) -> Iterator[Entry]:
    """List an archive: ustar, with GNU long names and POSIX extended headers.

    Raises:
        DamagedTarError: Where it can be read no further.
    """
    offset, extended = 0, dict[str, str]()
    while (head := _block(blob, offset)) != bytes(BLOCK):
        headers.check_sum(head, offset)
        kind, size = head[156:157], headers.number(head[124:136], offset)
        data = offset + BLOCK
        if kind in b"xgLK":
            extended |= _extended(kind, _small(blob, data, size))
        else:
            size = headers.decimal(extended.get("size", str(size)))
            name = extended.get("path") or headers.name(head)
            sparse = any(key.startswith("GNU.sparse") for key in extended)
            is_file = kind in b"07\0" and not sparse
            link = extended.get("linkpath") or headers.text(head[157:257])
            yield Entry(name, (data, size), is_file, kind == b"5", kind, link)
            extended = {}
        if data + size > blob.size:
            raise DamagedTarError(f"truncated after byte {offset:,}")
        offset = data + -(-size // BLOCK) * BLOCK


def _block(blob: Bytes, offset: int) -> bytes:
    try:
        return blob.read((offset, BLOCK))
    except ValueError as error:
        raise DamagedTarError("its end is missing") from error


def _small(blob: Bytes, offset: int, size: int) -> bytes:
    if size > LARGEST_HEADER:
        raise DamagedTarError("an extended header of more than 1 MiB")
    try:
        return blob.read((offset, size))
    except ValueError as error:
        raise DamagedTarError("its end is missing") from error


def _extended(kind: bytes, data: bytes) -> dict[str, str]:
    """Read a GNU long name (`L`; `K`: of a link's target) or POSIX records (`x`)."""
    if kind in b"LK":
        return {"path" if kind == b"L" else "linkpath": headers.text(data)}
    return dict(headers.records(data)) if kind == b"x" else {}
