"""YAML text as a tree with lines: nothing is constructed, no alias is expanded."""

from collections.abc import Iterator
from typing import Any, Final

import yaml

from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence, key
from bezoar.syntax.unreadable import UnreadableError

_DEEPEST: Final = 100  # People stop at twelve.
_ALIASED: Final = 1 << 16  # So many characters may come from aliases.
# libyaml's parser keeps its state on a heap of its own: no nesting makes it recurse.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoYamlError(UnreadableError):
    """The text is no YAML."""


def documents(text: str) -> list[Node]:
    """Parse each document of a text.

    An alias of a scalar is that scalar; one of anything larger is left empty: what it stands for
    is read where it was written.

    Raises:
        NoYamlError: It is no YAML.
        UnreadableError: It is nested too deeply.
    """
    composer = _Composer(text)
    try:
        for event in yaml.parse(text, _LOADER):
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
            self._begin(Sequence(event.start_mark.line + 1))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._open.pop()
            self._keys.pop()
        elif kind is yaml.AliasEvent:
            self._add(self._alias(event))
        elif kind is yaml.DocumentStartEvent:
            self._anchors.clear()

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

    def _alias(self, event: Any) -> Scalar:
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
