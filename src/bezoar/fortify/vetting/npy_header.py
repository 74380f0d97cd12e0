"""The header of a `.npy` array (NEP 1), read without evaluating it."""

import re
from dataclasses import dataclass
from typing import Final

MARK: Final = b"\x93NUMPY"
_LONGEST: Final = 1 << 16
_DESCR: Final = re.compile(r"'descr':\s*(\[.*\]|'[^']*'|\"[^\"]*\")\s*,\s*'", re.DOTALL)
_SHAPE: Final = re.compile(r"'shape':\s*\(([\d\sL,]*)\)")
_ITEM: Final = r"'[<>|=]?([a-zA-Z])(\d*)(?:\[[^\]']*\])?'"
_PLAIN: Final = re.compile(_ITEM)
_IN_RECORD: Final = re.compile(rf",\s*{_ITEM}")
"""A field's type stands behind its name."""


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What the header of an array says.

    Attributes:
        start: Where the values start.
        types: The letters of its types; `O` is any Python object.
        item_size: Bytes of one value; None where it is a record.
        shape: Its shape.
    """

    start: int
    types: frozenset[str]
    item_size: int | None
    shape: tuple[int, ...]


def array_start(data: bytes) -> int:
    """Return where the values of an array start; 0 where its header is damaged."""
    if not data.startswith(MARK) or len(data) < 12:  # noqa: PLR2004 - the longest fixed part
        return 0
    wide = data[6] != 1
    length = int.from_bytes(data[8 : 12 if wide else 10], "little")
    return (12 if wide else 10) + length if length <= _LONGEST else 0


def read_header(data: bytes) -> ArrayHeader | None:
    """Return what the header says; None where it is damaged."""
    start = array_start(data)
    if not start or start > len(data):
        return None
    text = data[10:start].decode("latin-1")
    descr, shape = _DESCR.search(text), _SHAPE.search(text)
    if descr is None or shape is None:
        return None
    written = descr[1]
    plain = not written.startswith("[")
    types = (_PLAIN if plain else _IN_RECORD).findall(written)
    # Python 2 wrote long numbers as 3L.
    sizes = [one.strip().removesuffix("L") for one in shape[1].split(",")]
    if not types or not all(len(size) <= 18 and (size.isdigit() or not size) for size in sizes):  # noqa: PLR2004 - digits of 2**63
        return None
    return ArrayHeader(
        start=start,
        types=frozenset(letter for letter, _ in types),
        item_size=_size(*types[0]) if plain else None,
        shape=tuple(int(size) for size in sizes if size),
    )


def _size(letter: str, digits: str) -> int | None:
    if len(digits) > 9 or letter in "mM":  # noqa: PLR2004 - a gigabyte
        return 8 if letter in "mM" else None
    return int(digits or 1) * (4 if letter == "U" else 1)
