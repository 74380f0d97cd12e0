"""The directory at the end of a zip: where it is, and what it says of each entry.

A zip has no gaps when an ordinary program wrote it: entries, directory, end. Whatever else lies
in the file is found by one program and not by the next, and is refused.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from bezoar.datasets.unpack.rules import ambiguous, damaged
from bezoar.datasets.unpack.zip_extra import decoded, resolved

_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_LOCATOR: Final = struct.Struct("<4sLQL")
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_END64_MAGIC: Final = b"PK\x06\x06"
_END64_REST: Final = _END64.size - 12
_RECORD: Final = struct.Struct("<4s4B4HL2L5H2L")
_RECORD_MAGIC: Final = b"PK\x01\x02"
_LONGEST_COMMENT: Final = 0xFFFF
_ONES16, _ONES32 = 0xFFFF, 0xFFFFFFFF

_DOS_FOLDER, _DOS_LINK = 0x10, 0x400

UTF8: Final = 1 << 11
"""The flag that says that a name is UTF-8."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory is.

    Attributes:
        start: Its first byte, and so the end of the last entry.
        end: The byte after its last.
        count: How many entries it has, as its end says.
    """

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class Record:
    """What the directory says of an entry.

    Attributes:
        raw: Its name, as bytes.
        name: Its name.
        flags: Its flags.
        method: How it is compressed.
        crc: CRC-32 of its bytes.
        packed: Its compressed size.
        size: Its size.
        offset: Where it begins.
        mode: Its permissions and kind, as on Unix; 0 where it has none.
        folder: Whether it is marked as a folder, as on DOS.
        link: Whether it is marked as a link, as on Windows.
    """

    raw: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    folder: bool
    link: bool


def find(file: BinaryIO, size: int) -> Directory:
    """Find the directory of a zip of so many bytes.

    Raises:
        Refused: If there is none, or more than one might be meant.
    """
    tail = _read(file, max(0, size - _END.size - _LONGEST_COMMENT), size)
    at = tail.rfind(_END_MAGIC)
    if at < 0 or at + _END.size > len(tail):
        raise damaged("its end is missing")
    fields = _END.unpack_from(tail, at)
    if at + _END.size + fields[7] != len(tail):
        raise ambiguous("bytes after its end, which other programs may read")
    position = size - len(tail) + at
    _, disk, disk_of_start, here, count, length, start, _ = fields
    if (disk, disk_of_start) not in ((0, 0), (_ONES16, _ONES16)) or here != count:
        raise damaged("a part of a zip of several files")
    position, here, length, start = _end64(file, position, (count, length, start))
    if start + length != position:
        raise ambiguous("bytes before or after its directory, which other programs may read")
    return Directory(start, position, here)


def _end64(file: BinaryIO, position: int, said: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return where the directory ends, its count, length and start; of zip64, if it is there."""
    before = _read(file, max(0, position - _LOCATOR.size), position)
    if not before.startswith(_LOCATOR_MAGIC):
        return position, *said
    _, disk, at, disks = _LOCATOR.unpack(before)
    block = _read(file, position - _LOCATOR.size - _END64.size, position - _LOCATOR.size)
    if at + len(block) + _LOCATOR.size != position or not block.startswith(_END64_MAGIC):
        raise ambiguous("a large zip whose end is not where it says")
    _, rest, _, _, disk64, disk_of_start, here, *values = _END64.unpack(block)
    if rest != _END64_REST or (disk, disk64, disk_of_start) != (0, 0, 0) or disks > 1:
        raise ambiguous("a large zip with an end of a form that nobody writes")
    ones = (_ONES16, _ONES32, _ONES32)
    agree = all(old in (one, new) for old, one, new in zip(said, ones, values, strict=True))
    if here != values[0] or not agree:
        raise ambiguous("a large zip that says two things about its directory")
    count, length, start = values
    return at, count, length, start


def records(file: BinaryIO, directory: Directory) -> Iterator[Record]:
    """Yield what a directory says of each entry.

    Raises:
        Refused: If it is not one.
    """
    at, count = directory.start, 0
    while at < directory.end:
        fields = _RECORD.unpack(_read(file, at, at + _RECORD.size, directory.end))
        if fields[0] != _RECORD_MAGIC:
            raise damaged(f"no entry of its directory at byte {at:,}")
        lengths = fields[12:15]
        rest = _read(file, at + _RECORD.size, at + _RECORD.size + sum(lengths), directory.end)
        yield _record(fields, rest[: lengths[0]], rest[lengths[0] : lengths[0] + lengths[1]])
        at, count = at + _RECORD.size + sum(lengths), count + 1
    if count != directory.count:
        raise ambiguous(f"it says that it has {directory.count:,} entries, and has {count:,}")


def _record(fields: tuple[int, ...], raw: bytes, extra: bytes) -> Record:
    flags, method, crc, packed, size = fields[5], fields[6], fields[9], fields[10], fields[11]
    disk, attributes, offset = fields[15], fields[17], fields[18]
    size, packed, offset = resolved(extra, (size, packed, offset))
    if disk not in (0, _ONES16):
        raise damaged("a part of a zip of several files")
    return Record(
        raw=raw,
        name=decoded(raw, extra, utf8=bool(flags & UTF8)),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset,
        mode=attributes >> 16,
        folder=bool(attributes & _DOS_FOLDER),
        link=bool(attributes & _DOS_LINK),
    )


def _read(file: BinaryIO, start: int, end: int, most: int | None = None) -> bytes:
    if start < 0 or (most is not None and end > most):
        raise damaged("its directory breaks off")
    file.seek(start)
    data = file.read(end - start)
    if len(data) < end - start:
        raise damaged("its end is missing")
    return data
