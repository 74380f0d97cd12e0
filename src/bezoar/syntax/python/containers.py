"""Lists and tables: what they hold, and their sum."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from bezoar.syntax.python.value import (
    Either,
    Items,
    Plain,
    Table,
    Text,
    Unknown,
    Value,
    either,
    joined,
    text,
    texts,
)

_MOST_ITEMS: Final = 256


def summed(values: Sequence[Value], by: str) -> Value:
    """Return the sum of texts, or of lists."""
    if any(isinstance(one, Items) for one in values):
        items = (item for one in values for item in _items(one))
        return Items(tuple(islice(filter(_is_flat, items), _MOST_ITEMS)))
    return joined(values, by)


def _is_flat(value: Value) -> bool:
    """Say whether a value is no list of lists: what is added to itself grows without end."""
    options = value.options if isinstance(value, Either) else (value,)
    inner = [one for option in options for one in getattr(option, "items", (option,))]
    return not any(isinstance(one, Items | Table | Either) for one in inner)


def _items(value: Value) -> tuple[Value, ...]:
    """Return the elements of a list; of one of several lists, all that may be in it."""
    options = value.options if isinstance(value, Either) else (value,)
    lists = (one.items for one in options if isinstance(one, Items))
    return tuple(dict.fromkeys(item for items in lists for item in items))


def looked_up(container: Table | Items, key: Value) -> Value | None:
    """Return an element by a key that is a literal, None where it is not known."""
    if isinstance(key, Either):
        found = [looked_up(container, one) for one in key.options]
        known = [one for one in found if one is not None]
        return either(known, key.by) if known else None
    if isinstance(container, Items):
        number = key.value if isinstance(key, Plain) else None
        if isinstance(number, int) and -len(container.items) <= number < len(container.items):
            return container.items[number]
        return None
    if isinstance(key, Unknown) and key.default is not None:
        found_default = looked_up(container, key.default)
        if found_default is not None:
            written = texts(found_default)
            literal = written[0].literal if written else None
            return Unknown(key.name, text(literal)) if literal else found_default
    for known_key, value in container.pairs:
        if _plain_key(known_key) == _plain_key(key) != None:  # noqa: E711 - both are texts
            return value
    return None


def _plain_key(key: Value) -> object:
    if isinstance(key, Text):
        return key.literal
    return ("plain", key.value) if isinstance(key, Plain) else None
