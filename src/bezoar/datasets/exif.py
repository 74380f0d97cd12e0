"""Reading EXIF (CIPA DC-008) as far as checks ask: bounded, and nothing is believed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_HEADER: Final = b"Exif\0\0"
_MOST_ENTRIES: Final = 500
_WIDTHS: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_EXIF: Final = 0x8769
_GPS: Final = 0x8825
MAKER_NOTE: Final = 0x927C
DATES: Final = frozenset({0x0132, 0x9003, 0x9004})
_THUMBNAIL: Final = 0x0201
_THUMBNAIL_SIZE: Final = 0x0202


@dataclass(slots=True)
class Exif:
    """What the EXIF of a picture says.

    Attributes:
        fields: Tag to its bytes, of the picture itself.
        gps: Whether it holds a position.
        thumbnail: The embedded picture; empty where there is none.
        damaged: Whether an entry points outside, or there are too many.
    """

    fields: dict[int, bytes] = field(default_factory=dict)
    gps: bool = False
    thumbnail: bytes = b""
    damaged: bool = False


def exif_block(data: bytes, kind: str) -> bytes:
    """Return the TIFF structure that a picture carries as EXIF; empty where it has none."""
    if kind == "jpeg":
        return _in_jpeg(data)
    if kind == "png":
        at = data.find(b"eXIf", 8, 1 << 16)
        return data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")] if at > 0 else b""
    if kind == "webp":
        at = data.find(b"EXIF", 12)
        if at < 0:
            return b""
        block = data[at + 8 : at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")]
        return block.removeprefix(_HEADER)
    return b""


def jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield code and content of each segment before the first scan."""
    at = 2
    while len(data) >= at + 4 and data[at] == 0xFF:  # noqa: PLR2004 - a marker
        code, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if code == 0xDA or size < 2:  # noqa: PLR2004 - a scan, or no segment
            return
        yield code, data[at + 4 : at + 2 + size]
        at += 2 + size


def _in_jpeg(data: bytes) -> bytes:
    for code, content in jpeg_segments(data):
        if code == 0xE1 and content.startswith(_HEADER):  # noqa: PLR2004 - APP1
            return content[len(_HEADER) :]
    return b""


def read_exif(block: bytes) -> Exif:
    """Read a TIFF structure: the picture's own fields, and its thumbnail."""
    found = Exif()
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:  # noqa: PLR2004 - the header
        found.damaged = bool(block)
        return found
    (start,) = struct.unpack_from(order + "I", block, 4)
    after = _directory(block, start, order, found, found.fields)
    for tag in (_EXIF, _GPS):
        if tag in found.fields:
            below: dict[int, bytes] = {}
            _directory(block, _number(found.fields[tag], order), order, found, below)
            if tag == _GPS:
                found.gps = any(one in below for one in (2, 4))
            else:
                found.fields |= below
    if after:
        second: dict[int, bytes] = {}
        _directory(block, after, order, found, second)
        at = _number(second.get(_THUMBNAIL, b""), order)
        size = _number(second.get(_THUMBNAIL_SIZE, b""), order)
        found.thumbnail = block[at : at + size] if at else b""
    return found


def _directory(block: bytes, at: int, order: str, found: Exif, into: dict[int, bytes]) -> int:
    """Read one directory; return where the next one starts, 0 where there is none."""
    if not 8 <= at <= len(block) - 2:  # noqa: PLR2004 - behind the header
        found.damaged = True
        return 0
    (count,) = struct.unpack_from(order + "H", block, at)
    if count > _MOST_ENTRIES or at + 2 + 12 * count > len(block):
        found.damaged = True
        return 0
    for number in range(count):
        tag, kind, length = struct.unpack_from(order + "HHI", block, at + 2 + 12 * number)
        size = _WIDTHS.get(kind, 1) * length
        where = at + 10 + 12 * number
        if size > 4:  # noqa: PLR2004 - what fits into the entry itself
            (where,) = struct.unpack_from(order + "I", block, where)
        if where + size > len(block):
            found.damaged = True
            continue
        into[tag] = block[where : where + size]
    end = at + 2 + 12 * count
    return struct.unpack_from(order + "I", block, end)[0] if end + 4 <= len(block) else 0


def _number(data: bytes, order: str) -> int:
    return int.from_bytes(data[:4], "little" if order == "<" else "big")
