"""JSON as a tree with lines; comments and commas too many are borne, as editors bear them."""

import json
import re
from typing import Any, Final

from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence, key
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 100
_WIDEST: Final = 64
_MOST_TOKENS: Final = 250_000  # A second's work; what people write has a hundredth of them.
_TOKEN: Final = re.compile(
    r"[ \t\n\r]*(?:(?P<string>\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\")|(?P<mark>[\[\]{},:])"
    r"|(?P<word>[A-Za-z0-9+.\-_$]+)|(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/))"
)


def sketch(text: str) -> Node | None:
    """Parse a JSON text fast, every line being 1, and of large mappings only the texts.

    Returns:
        None where it is no strict JSON: `document` may still read it.

    Raises:
        UnreadableError: It is nested too deeply.
    """
    try:
        return _sketched(json.loads(text, object_pairs_hook=_Pairs), 0)
    except ValueError:
        return None
    except RecursionError:
        raise UnreadableError("nested too deeply") from None


def document(text: str) -> Node:
    """Parse a JSON text, or one JSON value a line.

    Raises:
        UnreadableError: It is no JSON, nested too deeply, or larger than anybody writes by hand.
    """
    return _Parser(text).parse()


class _Pairs(list[tuple[str, Any]]):
    """An object's members, none of them lost where a key comes twice."""


def _sketched(value: Any, depth: int) -> Node:
    if depth > _DEEPEST:
        raise UnreadableError("nested too deeply")
    if isinstance(value, _Pairs):
        found = Mapping(1)
        large = len(value) > _WIDEST
        for name, one in value:
            if not large or isinstance(one, (str, list)):
                member = key(Scalar(name, 1, 1, name)), _sketched(one, depth + 1)
                found.entries.append(member)
        return found
    if isinstance(value, list):
        items = (one for one in value if isinstance(one, (str, list)))
        return Sequence(1, [_sketched(one, depth + 1) for one in items])
    text = value if isinstance(value, str) else json.dumps(value)
    return Scalar(text, 1, 1, text, plain=not isinstance(value, str))


class _Parser:
    """Puts tokens together, with a stack of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = Sequence(1)
        self.open: list[Mapping | Sequence] = [self.root]
        self.keys: list[Scalar | None] = [None]
        self._line = 1
        self._counted = 0

    def parse(self) -> Node:
        """Take all of the text."""
        at = count = 0
        following = _TOKEN.scanner(self.text).match  # type: ignore[attr-defined]
        while match := following():
            at, count = match.end(), count + 1
            if count > _MOST_TOKENS:
                raise UnreadableError(f"more than {_MOST_TOKENS:,} names, values and marks")
            kind = match.lastgroup
            if kind == "mark":
                self._mark(match["mark"], at - 1)
            elif kind != "comment":
                self._value(match[kind], match.start(kind), plain=kind == "word")
        if self.text[at:].strip():
            raise self._error(at)
        if len(self.open) > 1:
            raise UnreadableError("no JSON: it ends too early")
        return self.root.items[0] if len(self.root.items) == 1 else self.root

    def _mark(self, mark: str, at: int) -> None:
        if mark == "{":
            self._begin(Mapping(self._line_of(at)), at)
        elif mark == "[":
            self._begin(Sequence(self._line_of(at)), at)
        elif mark in "]}":
            closes = Sequence if mark == "]" else Mapping
            if len(self.open) == 1 or not isinstance(self.open[-1], closes):
                raise self._error(at)
            self.open.pop()
            self.keys.pop()

    def _begin(self, node: Mapping | Sequence, at: int) -> None:
        if len(self.open) > _DEEPEST:
            raise UnreadableError("nested too deeply")
        self._add(node, at)
        self.open.append(node)
        self.keys.append(None)

    def _value(self, piece: str, at: int, *, plain: bool) -> None:
        text = piece if plain else _unescaped(piece)
        line = self._line_of(at)
        self._add(Scalar(text, line, line, text, plain), at)

    def _add(self, node: Node, at: int) -> None:
        parent, name = self.open[-1], self.keys[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif name is not None:
            parent.entries.append((name, node))
            self.keys[-1] = None
        elif isinstance(node, Scalar):
            self.keys[-1] = key(node)
        else:
            raise self._error(at)

    def _line_of(self, at: int) -> int:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _error(self, at: int) -> UnreadableError:
        return UnreadableError(f"no JSON (line {self._line_of(at)})")


def _unescaped(piece: str) -> str:
    if "\\" not in piece:
        return piece[1:-1]
    try:
        return str(json.loads(piece))
    except ValueError:
        return piece[1:-1]
