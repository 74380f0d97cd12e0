"""Methods of which the result can be told without running them."""

from dataclasses import replace
from typing import Final

from bezoar.syntax.python.arguments import Given
from bezoar.syntax.python.containers import looked_up
from bezoar.syntax.python.formatting import filled_in
from bezoar.syntax.python.paths import path
from bezoar.syntax.python.value import (
    Either,
    Items,
    Plain,
    Symbol,
    Table,
    Text,
    Unknown,
    Value,
    either,
    joined,
    text,
    texts,
)

_KEEPING: Final = frozenset({"as_posix", "lower", "strip", "expanduser", "resolve", "encode"})
_CHANGING: Final = frozenset(
    {"strip", "lower", "upper", "rstrip", "lstrip", "removesuffix", "replace"}
)
_PATHS: Final = frozenset({"resolve", "absolute", "expanduser", "as_posix", "with_suffix"})


def method(base: Value, name: str, arguments: Given) -> Value | None:
    """Return the result of a method of a text or container, None where it is not known."""
    if isinstance(base, Either):
        results = [method(one, name, arguments) for one in base.options]
        known = [one for one in results if one is not None]
        return either(known, base.by) if len(known) == len(results) and known else None
    if isinstance(base, Text):
        return _of_a_text(base, name, arguments)
    if isinstance(base, Table):
        return _of_a_table(base, name, arguments)
    if isinstance(base, Unknown) and name == "joinpath":
        return path([base, *arguments.positional], "path")
    if base == Symbol("os.environ") and name == "get":
        return environment(arguments, "")
    same = isinstance(base, Unknown) and name in _KEEPING
    return base if same or (isinstance(base, Items) and name == "copy") else None


def _of_a_text(base: Text, name: str, arguments: Given) -> Value | None:
    if name == "format":
        return filled_in(base, arguments, "value")
    if name == "join":
        return _joined_by(base, arguments)
    if name in _CHANGING:
        return _changed(base, name, arguments)
    if name == "joinpath":
        return path([base, *arguments.positional], "path")
    if name in _PATHS:
        return replace(base, local=True)
    return base if name in ("encode", "decode") else None


def _of_a_table(base: Table, name: str, arguments: Given) -> Value | None:
    match name:
        case "get":
            return _get(base, arguments)
        case "items":
            return Items(tuple(Items(pair) for pair in base.pairs))
        case "values":
            return Items(tuple(value for _, value in base.pairs))
        case "keys":
            return Items(tuple(key for key, _ in base.pairs))
        case _:
            return base if name == "copy" else None


def _changed(base: Text, name: str, arguments: Given) -> Value:
    whole = base.literal
    given = [one.literal for value in arguments.positional for one in texts(value)[:1]]
    if whole is None or None in given:
        return base
    words = [one for one in given if one is not None]
    allowed = {"strip": 1, "lstrip": 1, "rstrip": 1, "lower": 0, "upper": 0, "removesuffix": 1}
    if name == "replace":
        if len(words) != 2:  # noqa: PLR2004 - old and new
            return base
        return Text((whole.replace(words[0], words[1])[:4096],), base.by, base.local)
    if len(words) > allowed[name]:
        return base
    changed: str = getattr(whole, name)(*words)
    return Text((changed,), base.by, base.local)


def _joined_by(base: Text, arguments: Given) -> Value:
    items = arguments.get(0)
    if not isinstance(items, Items) or len(items.items) > 64:  # noqa: PLR2004 - no address has more parts
        return Unknown("items")
    pieces: list[Value] = []
    for number, item in enumerate(items.items):
        pieces += [base, item] if number else [item]
    return joined(pieces, "items") if pieces else text("")


def _get(base: Table, arguments: Given) -> Value:
    key = arguments.get(0)
    found = looked_up(base, key) if key is not None else None
    if found is not None:
        return found
    by = texts(key)[0].decided_by if key is not None and texts(key) else ()
    return either([value for _, value in base.pairs], by[0] if by else "key")


def environment(arguments: Given, _: str) -> Value:
    """Return a variable of the environment: nobody knows it, its default perhaps."""
    key, default = arguments.get(0, ("key",)), arguments.get(1, ("default",))
    names = texts(key) if key is not None else []
    name = f"os.environ[{names[0]}]" if names else "os.environ"
    return Unknown(name, None if default == Plain(None) else default)
