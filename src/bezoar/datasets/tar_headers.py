"""The headers of a tar: ustar, GNU long names, POSIX extended headers."""

from collections.abc import Iterator
from typing import Final

BLOCK: Final = 512
LARGEST_HEADER: Final = 1 << 20
"""Bytes of an extended header."""
_LONGEST_NUMBER: Final = 18


class DamagedTarError(ValueError):
    """The archive cannot be read from here on."""


def check_sum(head: bytes, offset: int) -> None:
    """Compare a header with its own sum.

    Raises:
        DamagedTarError: If it is none.
    """
    said = number(head[148:156], offset)
    if sum(head) - sum(head[148:156]) + 8 * 32 != said:
        raise DamagedTarError(f"no header at byte {offset:,}")


def number(field: bytes, offset: int) -> int:
    """Read an octal number, or a big-endian one whose first bit is set (never a negative one).

    Raises:
        DamagedTarError: If it is neither.
    """
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        raise DamagedTarError(f"a header with a damaged number at byte {offset:,}")
    return int(digits, 8)


def decimal(digits: str) -> int:
    """Read a number of an extended header.

    Raises:
        DamagedTarError: If it is none.
    """
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _LONGEST_NUMBER:
        raise DamagedTarError("a damaged number in an extended header")
    return int(digits)


def name(head: bytes) -> str:
    """Return the name that a header itself has."""
    last, prefix = text(head[:100]), text(head[345:500])
    return f"{prefix}/{last}" if prefix and head[257:263] == b"ustar\0" else last


def text(field: bytes) -> str:
    """Return a field's text up to the first NUL; what is not UTF-8 as lone surrogates."""
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def records(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a POSIX extended header: "length key=value", a line end.

    Raises:
        DamagedTarError: If it is none.
    """
    at, end = 0, len(data.rstrip(b"\0"))
    while at < end:
        digits = data[at : at + _LONGEST_NUMBER + 1].partition(b" ")[0]
        length = decimal(digits.decode("latin-1"))
        if not len(digits) < length <= len(data) - at:
            raise DamagedTarError("a damaged extended header")
        record = data[at + len(digits) + 1 : at + length]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or record[-1:] != b"\n":
            raise DamagedTarError("a damaged extended header")
        yield key.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")
        at += length
