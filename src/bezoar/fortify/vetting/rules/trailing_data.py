"""BZ326: bytes behind the end of a picture."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.specimen import Seen, Specimen

RULE: Final = Rule(
    code="BZ326",
    name="trailing-data",
    title="Bytes behind the end of a picture",
    severity=Severity.MEDIUM,
    why="No viewer shows them, every copy carries them: room for a second file.",
)

_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_CAMERA: Final = (b"\xff\xd8\xff", b"SEFH", b"MotionPhoto", b"\0\0\0\x18ftyp", b"\0\0\0\x1cftyp")
"""A second picture or a clip of the same moment, as cameras write it."""
_FEW: Final = 16
_PADDING: Final = b"\0\r\n \xff"


def findings(specimen: Specimen) -> Iterator[Seen]:
    """Yield how much lies behind the end of a picture."""
    measure = _ENDS.get(specimen.kind)
    if measure is None or not specimen.complete:
        return
    data = specimen.head
    end = measure(data)
    if end is None or end >= len(data):
        return
    rest = data[end:]
    if not rest.strip(_PADDING):
        return
    count = len(rest)
    mild = count < _FEW or any(mark in rest[:64] or mark in rest[-64:] for mark in _CAMERA)
    message = f"{count:,} bytes behind its end, starting with {rest[:8].hex(' ')}"
    severity = Severity.LOW if mild else Severity.MEDIUM
    yield Seen(message, severity, evidence={"bytes": count, "offset": end})


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
