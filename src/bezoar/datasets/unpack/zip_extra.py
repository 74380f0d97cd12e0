"""The extra fields of a zip: large sizes, and names that are Unicode."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from bezoar.datasets.unpack.rules import ambiguous

_LARGE: Final = 0x0001
_UNICODE_NAME: Final = 0x7075
_ONES: Final = 0xFFFFFFFF
_ESCAPED: Final = re.compile("#U([0-9A-Fa-f]{4})")


def resolved(extra: bytes, said: tuple[int, ...]) -> tuple[int, ...]:
    """Return sizes and offset, those that are too large for their field from the extra one.

    Args:
        extra: The extra fields.
        said: What the header says, in the order of the extra field: size, packed size, offset.

    Raises:
        Refused: If the two say different things.
    """
    fields = [data for kind, data in _fields(extra) if kind == _LARGE]
    if not fields:
        return said
    if len(fields) > 1 or len(fields[0]) % 4:
        raise ambiguous("large sizes in a form that nobody writes")
    values = list(struct.unpack(f"<{len(fields[0]) // 8}Q", fields[0][: len(fields[0]) // 8 * 8]))
    found = []
    for one in said:
        if one == _ONES and not values:
            raise ambiguous("a large size is missing")
        found.append(values.pop(0) if one == _ONES else one)
    # Some programs repeat in it what the header says; more than that is another program's truth.
    if values and values != list(said[: len(values)]):
        raise ambiguous("two sizes for one entry")
    return tuple(found)


def is_large(extra: bytes) -> bool:
    """Say whether there is a field for large sizes."""
    return any(kind == _LARGE for kind, _ in _fields(extra))


def decoded(raw: bytes, extra: bytes, *, utf8: bool) -> str:
    """Return a name: UTF-8 where it says so or is so, else the code page of DOS.

    Raises:
        Refused: If it has two names.
    """
    try:
        name = raw.decode()
    except UnicodeDecodeError as error:
        if utf8:
            raise ambiguous("a name that is said to be UTF-8, and is not") from error
        name = raw.decode("cp437")
    for kind, data in _fields(extra):
        if kind == _UNICODE_NAME and data[:1] == b"\x01" and data[1:5] == _sum(raw):
            name = _unicode_name(raw, data[5:])
    return name


def _unicode_name(raw: bytes, utf8: bytes) -> str:
    """Return the name that is Unicode, if it is the same as the other one.

    Of a name in a code page that nobody knows the ASCII part must agree; `#U20ac` is how some
    programs write what their code page has not.
    """
    try:
        name = utf8.decode()
        same = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), raw.decode()) == name
    except UnicodeDecodeError:
        name = utf8.decode(errors="replace")
        same = _ascii(raw) == _ascii(utf8)
    if not same and raw != utf8:
        raise ambiguous("two names for one entry")
    return name


def _ascii(name: bytes) -> bytes:
    return bytes(byte for byte in name if byte < 0x80)  # noqa: PLR2004 - where ASCII ends


def _sum(raw: bytes) -> bytes:
    return struct.pack("<L", zlib.crc32(raw))


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    # Fewer than four bytes are what aligns the data of some programs.
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        data = extra[at + 4 : at + 4 + length]
        if len(data) < length:
            raise ambiguous("an extra field that is longer than all of them")
        yield kind, data
        at += 4 + length
