"""What an expression comes to, as far as a person who reads the code could say."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bezoar.syntax.python.scopes import Point

MOST: Final = 24
"""More alternatives than that nobody would write down; a name stands for them."""

_LONGEST: Final = 4096
_LONGEST_NAME: Final = 60
_NOT_IN_A_NAME: Final = re.compile(r"[^\w.\[\]()-]+")


@dataclass(frozen=True, slots=True)
class Hole:
    """What no literal decides.

    Attributes:
        name: The argument, variable or key that decides it.
        default: What it is where nobody decides.
    """

    name: str
    default: str | None = None

    def __str__(self) -> str:
        """Return it as it stands in an address: `{name}`, or `{name|default}`."""
        return f"{{{self.name}}}" if self.default is None else f"{{{self.name}|{self.default}}}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with holes.

    Attributes:
        parts: Literals and holes, in order.
        by: The names that chose this one among several.
        local: Whether it was put together as a path on this machine.
    """

    parts: tuple[str | Hole, ...]
    by: tuple[str, ...] = ()
    local: bool = False

    def __str__(self) -> str:
        """Return it with its holes written out."""
        return "".join(map(str, self.parts))

    @property
    def literal(self) -> str | None:
        """The text where it has no hole."""
        return None if any(isinstance(part, Hole) for part in self.parts) else str(self)

    @property
    def likely(self) -> str:
        """The text with each hole filled by its default, if it has one."""
        return "".join(
            part.default if isinstance(part, Hole) and part.default is not None else str(part)
            for part in self.parts
        )

    @property
    def decided_by(self) -> tuple[str, ...]:
        """The names of its holes, and those that chose it."""
        holes = [part.name for part in self.parts if isinstance(part, Hole)]
        return tuple(dict.fromkeys([*holes, *self.by]))


@dataclass(frozen=True, slots=True)
class Plain:
    """A number, a truth value, None."""

    value: object


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A dictionary."""

    pairs: tuple[tuple["Value", "Value"], ...]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A module, class or function, or what calling one returned.

    Attributes:
        name: Its full dotted name; `()` after a part stands for what calling it returned.
        calls: Those calls, and where each stands.
        bound: Calls of `functools.partial` that gave it arguments.
        written: How the code spells it, where its full name would tell nobody anything.
    """

    name: str
    calls: tuple[tuple[ast.Call, "Point"], ...] = ()
    bound: tuple[tuple[ast.Call, "Point"], ...] = ()
    written: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """One of several; what chooses among them is named."""

    options: tuple["Value", ...]
    by: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody can tell from the code.

    Attributes:
        name: The argument, variable or key that decides it.
        default: What it is where nobody decides.
        local: Whether it can only be a path on this machine.
    """

    name: str
    default: "Value | None" = None
    local: bool = False


Value = Text | Plain | Items | Table | Symbol | Either | Unknown

NOTHING: Final = Plain(None)


def text(literal: str) -> Text:
    """Return a literal text."""
    return Text((literal,))


def either(options: Iterable[Value], by: str) -> Value:
    """Return one of several values; too many are one unknown."""
    flat: dict[Value, None] = {}
    for option in options:
        for one in alternatives(option):
            flat[one] = None
            if len(flat) > MOST:
                return Unknown(by or "expression")
    if not flat:
        return Unknown(by or "expression")
    return next(iter(flat)) if len(flat) == 1 else _with_default(tuple(flat), by)


def _with_default(options: tuple[Value, ...], by: str) -> Value:
    """Let one literal beside an unknown be its default: `x = "a" if x is None else x`."""
    kept = [one for one in options if one != NOTHING]
    if len(kept) == 2:  # noqa: PLR2004 - one of each
        literal, unknown = sorted(kept, key=lambda one: isinstance(one, Unknown))
        if isinstance(literal, Text) and literal.literal and unknown == Unknown(by):
            return Unknown(by, literal)
    return Either(options, by)


def alternatives(value: Value) -> Iterator[Value]:
    """Yield each value that it may be; each knows what chose it."""
    if not isinstance(value, Either):
        yield value
        return
    for option in value.options:
        if isinstance(option, Text) and not option.by and value.by:
            yield replace(option, by=(value.by,))
        else:
            yield option


def texts(value: Value) -> list[Text]:
    """Return the texts that a value may be written as; None is not written."""
    return [found for one in alternatives(value) if (found := _text(one)) is not None]


def _text(value: Value) -> Text | None:
    match value:
        case Text():
            return value
        case Plain(None | bytes()):
            return None
        case Plain(int() | float() as inner):
            return Text((str(inner),))
        case Unknown(name, default, local):
            given = _text(default) if default is not None else None
            literal = given.literal if given is not None else None
            return Text((Hole(name, literal or None),), local=local)
        case Symbol():
            return Text((Hole(_shown(value)),))
        case _:
            return Text((Hole("items"),))


def _shown(symbol: Symbol) -> str:
    """Return a name as people know it: whole where it is short, else its end."""
    parts = symbol.name.split(".")
    plain = len(parts) <= 4 and "()" not in symbol.name  # noqa: PLR2004 - still a name to read
    return symbol.written or named(symbol.name if plain else ".".join(parts[-2:]))


def joined(values: Iterable[Value], by: str) -> Value:
    """Return texts put one after the other; too many combinations are one unknown."""
    whole = [Text(())]
    for value in values:
        options = texts(value)
        if not options:
            return Unknown(by or "expression")
        if len(whole) * len(options) > MOST:
            options = [Text((Hole(options[0].by[-1] if options[0].by else by or "expression"),))]
        whole = [_after(first, second) for first in whole for second in options]
    return either(whole, "")


def _after(first: Text, second: Text) -> Text:
    parts = list(first.parts)
    for part in second.parts:
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] = (parts[-1] + part)[:_LONGEST]
        else:
            parts.append(part)
    by = tuple(dict.fromkeys((*first.by, *second.by)))
    return Text(tuple(parts[:64]), by, first.local or second.local)


def truth(value: Value) -> bool | None:
    """Say whether a value counts as true; None where nobody can tell."""
    match value:
        case Plain(inner):
            return bool(inner)
        case Text(parts) | Items(parts) | Table(parts):
            return any(map(str, parts)) if isinstance(value, Text) else bool(parts)
        case Symbol():
            return True
        case Either(options):
            found = {truth(option) for option in options}
            return found.pop() if len(found) == 1 else None
        case _:
            return None


def named(name: str) -> str:
    """Return a name as it may stand in braces."""
    return _NOT_IN_A_NAME.sub("", name)[:_LONGEST_NAME] or "expression"


def spelled(node: ast.expr) -> str:
    """Return the name of what an expression takes its value from, as the code spells it."""
    parts: list[str] = []
    while True:
        match node:
            case ast.Name(id):
                parts.append(id)
                break
            case ast.Attribute(value, attr):
                parts.append(attr)
                node = value
            case ast.Subscript(value, ast.Constant(key)):
                parts.append(f"[{key!s}]")
                node = value
            case ast.Subscript(value, ast.Name(key)):
                parts.append(f"[{key!s}]")
                node = value
            case ast.Subscript(value):
                parts.append("[]")
                node = value
            case ast.Call(func):
                parts.append("()")
                node = func
            case ast.Await(value) | ast.Starred(value):
                node = value
            case _:
                break
        if len(parts) > 12:  # noqa: PLR2004 - longer than any name in braces
            break
    return named(".".join(reversed(parts)).replace(".[", "[").replace(".(", "("))
