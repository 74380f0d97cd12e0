"""Texts with places to fill in: `%`, `format`, f-strings."""

import re
from collections.abc import Sequence
from typing import Final

from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.containers import looked_up
from bezoar.syntax.python.value import (
    Either,
    Hole,
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

_PERCENT: Final = re.compile(r"%(?:\((?P<key>\w+)\))?[#0\- +]*\d*(?:\.\d+)?[sdifgxr%]")
_FIELD: Final = re.compile(r"\{\{|\}\}|\{(?P<key>[^{}:!]*)(?:![rsa])?(?::(?P<spec>[^{}]*))?\}")


def percent(left: Value, right: Value, by: str) -> Value:
    """Return the result of `text % values`."""
    options = list(texts(left))
    if not isinstance(left, Text | Either):
        return Unknown(by)
    values = right.items if isinstance(right, Items) else (right,)
    table = right if isinstance(right, Table) else None
    return either((_filled(one, values, table, by) for one in options), by)


def _filled(template: Text, values: Sequence[Value], table: Table | None, by: str) -> Value:
    left = list(values)
    pieces: list[Value] = []
    for part in template.parts:
        if isinstance(part, Hole):
            pieces.append(Text((part,)))
            continue
        end = 0
        for found in _PERCENT.finditer(part):
            pieces.append(text(part[end : found.start()]))
            end = found.end()
            if found[0].endswith("%"):
                pieces.append(text("%"))
            elif found["key"]:
                value = looked_up(table, text(found["key"])) if table else None
                pieces.append(Unknown(found["key"]) if value is None else value)
            else:
                pieces.append(left.pop(0) if left else Unknown(by))
        pieces.append(text(part[end:]))
    return _named_pieces(pieces, by)


def filled_in(template: Text, arguments: Given, by: str) -> Value:
    """Return the result of `text.format(...)`."""
    pieces: list[Value] = []
    number = 0
    for part in template.parts:
        if isinstance(part, Hole):
            pieces.append(Text((part,)))
            continue
        end = 0
        for found in _FIELD.finditer(part):
            pieces.append(text(part[end : found.start()]))
            end = found.end()
            if found[0] in ("{{", "}}"):
                pieces.append(text(found[0][0]))
                continue
            key = found["key"]
            if not key:
                key, number = str(number), number + 1
            name = re.split(r"[.\[]", key, maxsplit=1)[0]
            value = arguments.get(int(name) if name.isdecimal() else None, (name,))
            if value is None or name != key:
                value = Unknown(key if not key.isdecimal() else by)
            spec = found["spec"]
            pieces.append(formatted(value, text(spec)) if spec else value)
        pieces.append(text(part[end:]))
    return _named_pieces(pieces, by)


def _named_pieces(pieces: list[Value], by: str) -> Value:
    written = [one if texts(one) else Unknown(by) for one in pieces]
    return joined((one for one in written if one != text("")), by)


def formatted(value: Value, spec: Value) -> Value:
    """Return a number written as its format says."""
    form = spec.literal if isinstance(spec, Text) else None
    if not isinstance(value, Plain) or form is None or not isinstance(value.value, int | float):
        return value
    if not re.fullmatch(r"0?[1-9]?\d?(?:\.\d)?[df]?", form):
        return value
    try:
        return text(format(value.value, form))
    except ValueError:
        return value
