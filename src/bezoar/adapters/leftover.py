"""What a foreign format has no place for, and reading what strangers wrote.

An adapter writes what its format has a place for, reads that back, and keeps the difference as
bezoar's own fields of that format. So each value stands in one place, and nothing is lost.
"""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
"""An entry of the DBOM, or a document, as JSON values."""


def leftover(entry: Mapping[str, Any], seen: Mapping[str, Any]) -> JsonObject:
    """Return the part of an entry that `seen` does not say, or says otherwise.

    Law: `merged(seen, leftover(entry, seen)) == entry` where `seen` has no field of its own.
    """
    rest: JsonObject = {}
    for key, value in entry.items():
        known = seen.get(key)
        if isinstance(value, Mapping) and isinstance(known, Mapping):
            if inner := leftover(value, known):
                rest[key] = inner
        elif key not in seen or known != value:
            rest[key] = value
    return rest


def merged(seen: Mapping[str, Any], rest: Mapping[str, Any]) -> JsonObject:
    """Return an entry of what the format's own fields say and what was left over."""
    whole = dict(seen)
    for key, value in rest.items():
        known = whole.get(key)
        both = isinstance(value, Mapping) and isinstance(known, Mapping)
        whole[key] = merged(known, value) if both else value  # type: ignore[arg-type]
    return whole


def some(fields: Mapping[str, Any]) -> JsonObject:
    """Return the fields that say something: without None and what is empty."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {}, ())}


def objects(value: Any) -> list[JsonObject]:
    """Return the objects of a list that a stranger wrote, or the one object in its place."""
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, dict)]


def text(value: Any) -> str | None:
    """Return a text that a stranger wrote; None for anything else, and for no text."""
    return value if isinstance(value, str) and value else None


def whole_number(value: Any) -> int | None:
    """Return a number of bytes that a stranger wrote, as a number or as digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - 64 bits
        value = int(value)
    good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if good else None
