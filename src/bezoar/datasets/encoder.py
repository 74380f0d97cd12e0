"""What an encoder leaves in every picture that it writes, and where the picture ends."""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Final

from bezoar.datasets.exif import jpeg_segments

_CHUNK_HEADER: Final = 8
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


def signature(data: bytes, kind: str) -> str:
    """Return what an encoder leaves in every file it writes; empty where nothing is known.

    Of a JPEG the quantisation tables, the sampling of the colours, and the order of its segments;
    of a PNG depth, colour type, interlacing, and the order of its chunks.

    Args:
        data: The file, or its head.
        kind: `jpeg` or `png`.
    """
    if kind == "jpeg":
        return "jpeg " + _short(_jpeg_parts(data))
    if kind == "png":
        return "png " + _short(_png_parts(data))
    return ""


def end_of_picture(data: bytes, kind: str) -> int | None:
    """Return where a picture ends; None where that is not known.

    Args:
        data: The whole file.
        kind: `png`, `jpeg`, `gif`, `webp` or `bmp`.
    """
    measure = _ENDS.get(kind)
    return measure(data) if measure else None


def _short(parts: Iterator[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    for code, content in jpeg_segments(data):
        yield bytes([code])
        if code == 0xDB:  # noqa: PLR2004 - quantisation tables
            yield content
        elif 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):  # noqa: PLR2004 - a frame
            yield content[:1] + content[5:]


def _png_parts(data: bytes) -> Iterator[bytes]:
    yield data[24:29]
    at, before = 8, b""
    while len(data) >= at + _CHUNK_HEADER:
        kind = data[at + 4 : at + 8]
        if kind != before:
            yield kind
        before = kind
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _png(data: bytes) -> int | None:
    """Return where the last chunk ends (PNG, 5.3); None where it is damaged."""
    at = 8
    while len(data) >= at + 12:
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + size
        if kind == b"IEND":
            return at
    return None


def _jpeg(data: bytes) -> int | None:
    """Return where the image ends (T.81, B.1): segments by their length, scans by their mark."""
    at = 2
    while match := _MARKER.search(data, at):
        code = data[match.start() + 1]
        if code == 0xD9:  # noqa: PLR2004 - end of image
            return match.end()
        at = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
    return None


def _gif(data: bytes) -> int | None:
    """Return where the trailer ends (GIF89a, 27)."""
    if len(data) < 13:  # noqa: PLR2004 - the screen descriptor
        return None
    at = 13 + _colours(data[10])
    while at < len(data):
        block = data[at]
        if block == 0x3B:  # noqa: PLR2004 - the trailer
            return at + 1
        if block == 0x21:  # noqa: PLR2004 - an extension
            at = _blocks(data, at + 2)
        elif block == 0x2C and len(data) > at + 9:  # noqa: PLR2004 - an image
            at = _blocks(data, at + 11 + _colours(data[at + 9]))
        else:
            return None
    return None


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> int | None:
    size = int.from_bytes(data[4:8], "little")
    return 8 + size + size % 2


def _bmp(data: bytes) -> int | None:
    size = int.from_bytes(data[2:6], "little")
    return size or None


_ENDS: Final[dict[str, Callable[[bytes], int | None]]] = {
    "png": _png,
    "jpeg": _jpeg,
    "gif": _gif,
    "webp": _webp,
    "bmp": _bmp,
}
