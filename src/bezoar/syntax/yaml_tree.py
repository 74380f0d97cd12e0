"""YAML text as a tree with lines: nothing is constructed, no alias is expanded."""

from collections.abc import Iterator
from typing import Any, Final

import yaml

from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence, key
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 100  # People stop at twelve.
_ALIASED: Final = 1 << 16  # So many characters may come from aliases.
_LARGEST: Final = 100_000  # So many nodes may a file stand for, its aliases followed.
_MOST_EVENTS: Final = 100_000  # A value, or the beginning or the end of one.
_MERGE: Final = "<<"
# libyaml's parser keeps its state on a heap of its own: no nesting makes it recurse.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoYamlError(UnreadableError):
    """The text is no YAML."""


def documents(text: str, *, shared: bool = False) -> list[Node]:
    """Parse each document of a text.

    An alias of a scalar is that scalar; one of anything larger is left empty: what it stands for
    is read where it was written.

    Args:
        text: The text.
        shared: Follow aliases: the same node then stands in several places, never within itself.
            Merge keys (`<<`) are followed, too, and of a key that comes twice the last counts.

    Raises:
        NoYamlError: It is no YAML.
        UnreadableError: It is nested too deeply, larger than anybody writes by hand, or its
            aliases stand for too much.
    """
    composer = _Sharing(text) if shared else _Composer(text)
    try:
        for number, event in enumerate(yaml.parse(text, _LOADER)):
            if number > _MOST_EVENTS:
                raise UnreadableError(f"more than {_MOST_EVENTS:,} names, values and marks")
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise NoYamlError(f"no YAML: {error.problem}{line}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise NoYamlError(f"no YAML: {error}") from None
    return composer.found


class _Composer:
    """Puts a parser's events together, with a stack of its own."""

    def __init__(self, text: str) -> None:
        self.found: list[Node] = []
        self._text = text
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Scalar | None] = []
        self._anchors: dict[str, Scalar] = {}
        self._aliased = min(len(text), _ALIASED)

    def take(self, event: Any) -> None:
        """Take the next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._add(self._scalar(event))
        elif kind is yaml.MappingStartEvent:
            self._begin(Mapping(event.start_mark.line + 1))
        elif kind is yaml.SequenceStartEvent:
            tag = event.tag or ""
            self._begin(Sequence(event.start_mark.line + 1, tag=tag))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._keys.pop()
            self._end(self._open.pop())
        elif kind is yaml.AliasEvent:
            self._add(self._alias(event))
        elif kind is yaml.DocumentStartEvent:
            self._anchors.clear()

    def _end(self, node: Mapping | Sequence) -> None:
        """Take a whole mapping or sequence."""

    def _begin(self, node: Mapping | Sequence) -> None:
        if len(self._open) >= _DEEPEST:
            raise UnreadableError("nested too deeply")
        self._add(node)
        self._open.append(node)
        self._keys.append(None)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.found.append(node)
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif (name := self._keys[-1]) is not None:
            parent.entries.append((name, node))
            self._keys[-1] = None
        else:
            # A key that is no scalar says nothing here, yet its value has to be read.
            self._keys[-1] = (
                key(node) if isinstance(node, Scalar) else Scalar("", node.line, node.line, "")
            )

    def _alias(self, event: Any) -> Node:
        line = event.start_mark.line + 1
        known = self._anchors.get(event.anchor)
        if known is None or len(known.text) > self._aliased:
            return Scalar("", line, line, "")
        self._aliased -= len(known.text) + 1
        return Scalar(known.text, line, line, " ".join(known.text.splitlines()), known.plain)

    def _scalar(self, event: Any) -> Scalar:
        start, end, style = event.start_mark, event.end_mark, event.style
        block = style in ("|", ">")
        first = start.line + 1 + block
        script = event.value
        if style == ">" or (not block and end.line > start.line):
            script = self._unfolded(start.index, end.index, skip_first=block)
        last = first + event.value.rstrip().count("\n") if style == "|" else end.line + 1
        if style == ">":
            last = first + script.rstrip().count("\n")
        node = Scalar(event.value, first, max(first, last), script, plain=style in ("", None))
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _unfolded(self, start: int, end: int, *, skip_first: bool) -> str:
        """Return folded lines as they lie, each continued on the next but before an empty one."""
        lines = self._text[start:end].strip("'\"").rstrip().split("\n")
        return "\n".join(_continued([line.strip() for line in lines[skip_first:]]))


def _continued(lines: list[str]) -> Iterator[str]:
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        goes_on = line and after and not line.endswith("\\")
        yield f"{line} \\" if goes_on else line


class _Sharing(_Composer):
    """Follows aliases and merge keys; what they stand for is counted, so that no bomb goes off."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._shared: dict[str, Node] = {}
        self._opened: list[str | None] = []
        self._extents: dict[int, tuple[int, int]] = {}  # How many nodes, and how deep.
        self._taken = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        self._taken += 1
        self._bounded()
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            self._shared.clear()
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._opened.append(event.anchor)
        super().take(event)

    def _end(self, node: Mapping | Sequence) -> None:
        # An anchor counts from here on, so that nothing ever stands within itself.
        anchor = self._opened.pop()
        if isinstance(node, Mapping):
            node.entries = self._merged(node)
        self._extents[id(node)] = self._extent(node)
        if anchor:
            self._shared[anchor] = node

    def _alias(self, event: Any) -> Node:
        return self._shared.get(event.anchor) or super()._alias(event)

    def _scalar(self, event: Any) -> Scalar:
        if event.anchor:
            self._shared.pop(event.anchor, None)
        return super()._scalar(event)

    def _extent(self, node: Mapping | Sequence) -> tuple[int, int]:
        """Return how many nodes a node stands for, and how deep they lie."""
        parts = node.items if isinstance(node, Sequence) else [value for _, value in node.entries]
        inner = [self._extents.get(id(part), (1, 0)) for part in parts]
        size = 1 + sum(one for one, _ in inner)
        depth = 1 + max((deep for _, deep in inner), default=0)
        if size > _LARGEST:
            raise UnreadableError(f"its aliases stand for more than {_LARGEST:,} values")
        if depth > _DEEPEST:
            raise UnreadableError("nested too deeply")
        return size, depth

    def _merged(self, node: Mapping) -> "list[tuple[Scalar, Node]]":
        """Return a mapping's entries with those that it merges; its own come before them."""
        own: dict[str, tuple[Scalar, Node]] = {}
        merged: list[tuple[Scalar, Node]] = []
        for name, value in node.entries:
            if name.text != _MERGE:
                own[name.text] = name, value
                continue
            for one in value.items if isinstance(value, Sequence) else [value]:
                found = one.entries if isinstance(one, Mapping) else []
                self._taken += len(found)
                self._bounded()
                merged += found
        for name, value in merged:
            own.setdefault(name.text, (name, value))
        return list(own.values())

    def _bounded(self) -> None:
        if self._taken > _MOST_EVENTS:
            raise UnreadableError("more values than people write")
