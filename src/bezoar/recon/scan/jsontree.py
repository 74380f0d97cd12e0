"""JSON as a tree with lines; comments and commas too many are borne, as editors bear them."""

import json
import re
from typing import Final

from bezoar.recon.scan.fetch import UnreadableError
from bezoar.recon.scan.nodes import Mapping, Node, Scalar, Sequence, key

_DEEPEST: Final = 100
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\n\r]+)|(?P<string>\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\")|(?P<mark>[\[\]{},:])"
    r"|(?P<word>[A-Za-z0-9+.\-_$]+)|(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)"
)


def document(text: str) -> Node:
    """Parse a JSON text, or one JSON value a line.

    Raises:
        UnreadableError: It is no JSON, or nested too deeply.
    """
    return _Parser().parse(text)


class _Parser:
    """Puts tokens together, with a stack of its own."""

    def __init__(self) -> None:
        self.root = Sequence(1)
        self.open: list[Mapping | Sequence] = [self.root]
        self.keys: list[Scalar | None] = [None]
        self.line = 1

    def parse(self, text: str) -> Node:
        """Take all of a text."""
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise UnreadableError(f"no JSON (line {self.line})")
            at = match.end()
            piece = match[0]
            if match.lastgroup in ("space", "comment"):
                self.line += piece.count("\n")
            elif match.lastgroup == "mark":
                self._mark(piece)
            else:
                self._value(piece, plain=match.lastgroup == "word")
        if len(self.open) > 1:
            raise UnreadableError("no JSON: it ends too early")
        return self.root.items[0] if len(self.root.items) == 1 else self.root

    def _mark(self, piece: str) -> None:
        if piece == "{":
            self._begin(Mapping(self.line))
        elif piece == "[":
            self._begin(Sequence(self.line))
        elif piece in "]}":
            closes = Sequence if piece == "]" else Mapping
            if len(self.open) == 1 or not isinstance(self.open[-1], closes):
                raise UnreadableError(f"no JSON (line {self.line})")
            self.open.pop()
            self.keys.pop()

    def _begin(self, node: Mapping | Sequence) -> None:
        if len(self.open) > _DEEPEST:
            raise UnreadableError("nested too deeply")
        self._add(node)
        self.open.append(node)
        self.keys.append(None)

    def _value(self, piece: str, *, plain: bool) -> None:
        text = piece if plain else _unescaped(piece)
        self._add(Scalar(text, self.line, self.line, text, plain))

    def _add(self, node: Node) -> None:
        parent, name = self.open[-1], self.keys[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif name is not None:
            parent.entries.append((name, node))
            self.keys[-1] = None
        elif isinstance(node, Scalar):
            self.keys[-1] = key(node)
        else:
            raise UnreadableError(f"no JSON (line {self.line})")


def _unescaped(piece: str) -> str:
    if "\\" not in piece:
        return piece[1:-1]
    try:
        return str(json.loads(piece))
    except ValueError:
        return piece[1:-1]
