"""Paths: what `/` puts together, and their parts."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace

from bezoar.syntax.python.value import (
    Either,
    Hole,
    Text,
    Unknown,
    Value,
    either,
    joined,
    text,
    texts,
)


def path(values: Sequence[Value], by: str) -> Value:
    """Return what `/` puts together: a path on this machine, unless it begins as an address."""
    found = with_slashes(values, by)
    return localised(found) if isinstance(values[0], Text | Either | Unknown) else found


def of_text(base: Text, name: str) -> Value:
    """Return an attribute of a path."""
    if name in ("parent", "name", "stem", "suffix"):
        return path_part(base, name)
    return Unknown(name, local=base.local)


def path_part(base: Text, name: str) -> Value:
    """Return the part of a path that one of its attributes names."""
    whole = base.literal
    if whole is None:
        return Unknown(name, local=True)
    head, tail = posixpath.split(whole.rstrip("/"))
    stem, suffix = posixpath.splitext(tail)
    parts = {"parent": head or ".", "name": tail, "stem": stem, "suffix": suffix}
    return Text((parts[name],), base.by, name == "parent")


def with_slashes(values: Sequence[Value], by: str) -> Value:
    """Return what slashes put together."""
    pieces: list[Value] = []
    for number, value in enumerate(values):
        if number:
            pieces.append(text("/"))
        pieces.append(value if texts(value) else Unknown(by))
    found = joined(pieces, by)
    return either((_single_slashes(one) for one in texts(found)), by)


def _single_slashes(found: Text) -> Text:
    parts = tuple(
        part if isinstance(part, Hole) else re.sub(r"(?<!:)/{2,}", "/", part)
        for part in found.parts
    )
    return Text(parts, found.by, found.local)


def localised(value: Value) -> Value:
    """Mark a path as one on this machine, unless it begins as an address or a hub's name."""
    found = [one if "://" in str(one)[:32] else replace(one, local=True) for one in texts(value)]
    return either(found, "path")
