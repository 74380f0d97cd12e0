"""What a person sees of a sample: a picture, a text, the fields of a row, or why none of these."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bezoar.core.place import printable
from bezoar.datasets.decoding import decode
from bezoar.datasets.unreadable import UnreadableImage

MOST_CHARACTERS: Final = 20_000
MOST_FIELDS: Final = 200
LONGEST_VALUE: Final = 2_000
_MOST_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels of shape (height, width, 3), RGB."""

    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Text:
    """A text; what cannot be seen in it is written out.

    Attributes:
        text: With line ends, and no other control character.
        more: True where it goes on.
    """

    text: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """A row of a table: name and value of each field."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Unshowable:
    """Why there is nothing to see."""

    why: str


Preview = Picture | Text | Fields | Unshowable


def preview(data: bytes) -> Preview:
    """Return what there is to see.

    Args:
        data: A sample's bytes; nothing about them is believed.
    """
    try:
        return Picture(decode(data))
    except UnreadableImage as error:
        why = str(error)
    text = _decoded(data)
    if not text or "\0" in text:
        return Unshowable(printable(why))
    return _fields(text) or _text(text)


def _decoded(data: bytes) -> str:
    """Return UTF-8 text, no more of it than is looked at; empty where it is none."""
    part = data[:_MOST_BYTES]
    try:
        return part.decode()
    except UnicodeDecodeError as error:
        # The cut may run through a character.
        through = len(part) < len(data) and error.start > len(part) - 4
        return part[: error.start].decode() if through else ""


def _text(text: str) -> Text:
    shown = text[:MOST_CHARACTERS].replace("\r\n", "\n")
    lines = (printable(line.replace("\t", "    ")) for line in shown.split("\n"))
    return Text("\n".join(lines), more=len(text) > MOST_CHARACTERS)


def _fields(text: str) -> Fields | None:
    """Return the fields of a JSON object; None where it is none, or names a field twice.

    Of a field that stands twice each reader takes another one: then the text itself is shown.
    """
    if not text.startswith("{"):
        return None
    try:
        row = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    shown = list(row.items())[:MOST_FIELDS]
    # A row of few fields has room for a whole text.
    longest = max(LONGEST_VALUE, MOST_CHARACTERS // max(1, len(shown)))
    return Fields(tuple((printable(name), _value(value, longest)) for name, value in shown))


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a field stands twice")
    return dict(pairs)


def _value(value: object, longest: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown = "\n".join(printable(line) for line in text[:longest].split("\n"))
    return shown + ("…" if len(text) > longest else "")
