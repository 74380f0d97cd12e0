"""Values, mappings and sequences of a configuration file, each with its line."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

_LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value.

    Attributes:
        text: The value.
        line: 1-based, of the first line of its content.
        end_line: Of the last.
        script: The text as it lies in the file, a line here for each line there; differs from
            `text` where lines are folded into one.
        plain: Whether it is written without quotes, as numbers and booleans are.
    """

    text: str
    line: int
    end_line: int
    script: str
    plain: bool = False


def key(scalar: Scalar) -> Scalar:
    """Return a scalar as a key: no key that means anything is long."""
    return scalar if len(scalar.text) <= _LONGEST_KEY else replace(scalar, text="")


@dataclass(slots=True)
class Mapping:
    """Keys and their values, in the order of the file; a key may come twice.

    Attributes:
        line: 1-based.
        entries: Pairs of key and value.
    """

    line: int
    entries: "list[tuple[Scalar, Node]]" = field(default_factory=list)
    _first: "dict[str, Node]" = field(default_factory=dict, init=False, repr=False, compare=False)
    _counted: int = field(default=0, init=False, repr=False, compare=False)

    def get(self, *names: str) -> "Node | None":
        """Return the value of the first of these keys that is there, in any letter case."""
        for name in names:
            if (found := self._by_key().get(name)) is not None:
                return found
        return None

    def _by_key(self) -> "dict[str, Node]":
        """Return the first value of each key; entries are only ever added while a file is read."""
        if self._counted != len(self.entries):
            self._first = {key.text.lower(): value for key, value in reversed(self.entries)}
            self._counted = len(self.entries)
        return self._first

    def text(self, *names: str) -> str:
        """Return the text under the first of these keys that is there, "" where it is none."""
        value = self.get(*names)
        return value.text.strip() if isinstance(value, Scalar) else ""


@dataclass(slots=True)
class Sequence:
    """Values in their order.

    Attributes:
        line: 1-based.
        items: The values.
        tag: As written in YAML (`!reference`), empty where there is none.
    """

    line: int
    items: "list[Node]" = field(default_factory=list)
    tag: str = ""


Node = Scalar | Mapping | Sequence


def rooted(node: Node) -> Mapping:
    """Return a document as a mapping: one that is none stands under an empty key."""
    if isinstance(node, Mapping):
        return node
    return Mapping(node.line, [(Scalar("", node.line, node.line, ""), node)])


def scalars(node: Node | None) -> Iterator[Scalar]:
    """Yield the scalars of a value: itself, or those in its sequences, however deep."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
