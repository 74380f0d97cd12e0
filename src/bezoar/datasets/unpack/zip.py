"""Reader: zip, by its directory; each entry must be what the directory says, and where.

The `zipfile` of Python reads what it can: entries that lie over each other, local headers that say
something else, data before and after. Here these are refused, because the next program reads them.
"""

import stat
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO, Final

from bezoar.datasets.unpack import zip_methods
from bezoar.datasets.unpack.entries import Entry
from bezoar.datasets.unpack.limits import UnpackLimits, bomb
from bezoar.datasets.unpack.rules import (
    SPECIAL_ENTRY,
    UNREADABLE_ARCHIVE,
    Refused,
    ambiguous,
    damaged,
)
from bezoar.datasets.unpack.zip_directory import UTF8, Directory, Record, find, records
from bezoar.datasets.unpack.zip_extra import decoded, resolved

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC: Final = b"PK\x03\x04"
_DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"

_ENCRYPTED, _DESCRIBED_AFTER, _PATCHED, _STRONGLY, _MASKED = 1, 1 << 3, 1 << 5, 1 << 6, 1 << 13
_COMPARED: Final = _ENCRYPTED | _DESCRIBED_AFTER | _PATCHED | _STRONGLY | _MASKED | UTF8
_LONGEST_DESCRIPTOR: Final = 24
_DEFLATED_NOTHING: Final = 2
_SET_ID: Final = 0o6000


def zip_entries(file: BinaryIO, size: int, limits: UnpackLimits) -> Iterator[Entry]:
    """Yield the entries of a zip of so many bytes.

    Raises:
        Refused: If it can be read no further.
    """
    directory = find(file, size)
    if directory.count > limits.entries:
        raise bomb(f"more than {limits.entries:,} entries")
    starts = _starts(file, directory, limits)
    for record in records(file, directory):
        after = bisect_right(starts, record.offset)
        end = starts[after] if after < len(starts) else directory.start
        yield _entry(file, record, end)


def _starts(file: BinaryIO, directory: Directory, limits: UnpackLimits) -> "array[int]":
    """Return where the entries begin, in order."""
    starts, total = array("Q"), 0
    for record in records(file, directory):
        if record.offset >= directory.start:
            raise damaged("an entry that begins behind all of them")
        starts.append(record.offset)
        total += record.size
        if len(starts) > limits.entries:
            raise bomb(f"more than {limits.entries:,} entries")
    if total > limits.total_bytes:
        raise bomb(f"it unpacks to more than {limits.total_bytes:,} bytes")
    starts = array("Q", sorted(starts))
    if any(one == other for one, other in pairwise(starts)):
        raise ambiguous("entries that lie over each other")
    if (starts[0] if starts else directory.start) != 0:
        raise ambiguous("bytes before its first entry, which other programs may read")
    return starts


def _entry(file: BinaryIO, record: Record, end: int) -> Entry:
    name = record.name
    try:
        start = _data(file, record, end)
        folder = _is_folder(record)
    except Refused as refused:
        return Entry(name, refused=refused)
    return Entry(
        name=name,
        folder=folder,
        size=record.size,
        packed=record.packed,
        pieces=() if folder else _pieces(file, record, start),
        refused=_refused(record),
        privileged=bool(record.mode & _SET_ID) and not folder,
    )


def _refused(record: Record) -> Refused | None:
    if record.flags & (_ENCRYPTED | _STRONGLY | _MASKED):
        return Refused(UNREADABLE_ARCHIVE, "it is encrypted, and cannot be checked")
    if record.flags & _PATCHED:
        return Refused(UNREADABLE_ARCHIVE, "it is a patch of another file")
    if record.link or stat.S_IFMT(record.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if record.link or stat.S_ISLNK(record.mode) else "a special file"
        return Refused(SPECIAL_ENTRY, f"it is {what}, which is not unpacked")
    return None


def _is_folder(record: Record) -> bool:
    folder = record.raw.endswith(b"/")
    # Some programs deflate the nothing that a folder holds, into two bytes.
    if folder and (record.size or record.packed > _DEFLATED_NOTHING):
        raise ambiguous("a folder with bytes", final=False)
    kind = stat.S_IFMT(record.mode)
    if (folder and kind == stat.S_IFREG) or (
        not folder and (kind == stat.S_IFDIR or record.folder)
    ):
        raise ambiguous("a file to some programs, and a folder to others", final=False)
    return folder


def _data(file: BinaryIO, record: Record, end: int) -> int:
    """Return where an entry's data begins, once all that lies before the next entry is its own."""
    start, left_open = _after_header(file, record)
    left = end - start - record.packed
    if left < 0:
        raise ambiguous("it lies over the next entry")
    after = _read(file, start + record.packed, left) if left <= _LONGEST_DESCRIPTOR else b""
    if left and not (record.flags & _DESCRIBED_AFTER and _describes(after, record)):
        raise ambiguous("bytes after it that belong to no entry")
    if not left and left_open:
        raise ambiguous("its size is missing, which some programs need")
    return start


def _after_header(file: BinaryIO, record: Record) -> tuple[int, bool]:
    """Return where an entry's own header ends, and whether it leaves its size open."""
    header: tuple[Any, ...] = _LOCAL.unpack(_read(file, record.offset, _LOCAL.size))
    magic, _, flags, method, _, _, crc, packed, size, *lengths = header
    if magic != _LOCAL_MAGIC:
        raise damaged(f"no entry at byte {record.offset:,}")
    rest = _read(file, record.offset + _LOCAL.size, sum(lengths))
    if rest[: lengths[0]] != record.raw:
        raise ambiguous("its own header has another name than the directory", final=False)
    if decoded(record.raw, rest[lengths[0] :], utf8=bool(flags & UTF8)) != record.name:
        raise ambiguous("its own header has a second name", final=False)
    if method != record.method or (flags ^ record.flags) & _COMPARED:
        raise ambiguous("its own header says another method than the directory", final=False)
    size, packed = resolved(rest[lengths[0] :], (size, packed))
    said = (crc, packed, size)
    known = (record.crc, record.packed, record.size)
    # Who writes to a pipe knows neither yet, and says so after the data.
    left_open = said != known
    if left_open and not (flags & _DESCRIBED_AFTER and _at_most(said, known)):
        raise ambiguous("its own header says another size than the directory", final=False)
    return record.offset + _LOCAL.size + sum(lengths), left_open


def _at_most(said: tuple[int, ...], known: tuple[int, ...]) -> bool:
    """Say whether each number is left open, or is the known one."""
    return all(one in (0, other) for one, other in zip(said, known, strict=True))


def _describes(after: bytes, record: Record) -> bool:
    """Say whether bytes repeat what is known: with or without a signature, in short or long."""
    known = (record.crc, record.packed, record.size)
    forms = [struct.pack("<LQQ", *known)]
    forms += [struct.pack("<3L", *known)] if max(known) < 1 << 32 else []
    return after in forms or after in [_DESCRIPTOR_MAGIC + form for form in forms]


def _pieces(file: BinaryIO, record: Record, start: int) -> Iterator[bytes]:
    crc = size = 0
    for piece in zip_methods.unpacked(_Part(file, start, record.packed), record.method):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size > record.size:
            raise ambiguous("it is longer than the directory says", final=False)
        yield piece
    if size < record.size:
        raise ambiguous("it is shorter than the directory says", final=False)
    if crc != record.crc:
        raise Refused(UNREADABLE_ARCHIVE, "it is damaged: its checksum is another one")


class _Part:
    """A part of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._at, self._left = file, start, size

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes."""
        self._file.seek(self._at)
        data = self._file.read(min(size, self._left))
        self._at += len(data)
        self._left -= len(data)
        return data


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    data = file.read(size)
    if len(data) < size:
        raise damaged("its end is missing")
    return data
