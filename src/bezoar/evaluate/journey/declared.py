"""Whether a file gives a name a value: a default, a variable, an entry of a parameter file."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.evaluate.journey.templates import templates_in
from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError
from bezoar.syntax.yaml_tree import documents

_VALUES: Final = frozenset({"default", "value", "defaultvalue", "constant", "options", "enum"})
_YAML: Final = (".yml", ".yaml", ".json")
_NAMED: Final = re.compile(r"(?i)(?:^|/)(?:\.env(?:\.\w+)?|[\w.-]+\.env|params\.ya?ml|MLproject)$")
_LARGEST: Final = 256 << 10
_DEEPEST: Final = 3  # names that stand for names
_MOST: Final = 50  # values of one name
_NAMED_ARGUMENT: Final = r"[(]\s{0,80}(?:name[ \t]*=[ \t]*)?[\"']NAME[\"']\s{0,80}"
_ASSIGNMENTS: Final = (
    r"^[ \t]*(?:export[ \t]+|override[ \t]+)?NAME[ \t]*[:?+]?=[ \t]*(?!None\b|NAME\b)\S",
    r"\bNAME[ \t]*:[ \t]*[\w.\[\] |]{1,80}=[ \t]*(?!None\b)\S",  # of a function
    r"[\"']NAME[\"'][ \t]*:[ \t]*(?!None\b|Param\(None)\S",
    _NAMED_ARGUMENT + r",[^()]{0,400}\bdefault\w{0,20}[ \t]*=[ \t]*(?!None\b)\S",
)
"""How code, a make file and a list of variables give a name a value."""


def may_declare(path: str) -> bool:
    """Say whether a file is one of those in which a tree keeps its parameters."""
    return _NAMED.search(path) is not None


class Declarations:
    """What the names of one file stand for. What cannot be read is taken to say so of all."""

    def __init__(self, path: str, text: str) -> None:
        """Note the file; it is read once it is asked about.

        Args:
            path: Tells the format.
            text: What it holds.
        """
        self._tree = path.endswith(_YAML) or path.rpartition("/")[2] == "MLproject"
        self._text = text
        self._values: dict[str, list[Node]] | None = None

    def gives(self, name: str) -> bool:
        """Say whether a name, without what stands before its last dot, is given a value."""
        if not self._tree:
            return _assigned(self._text[:_LARGEST], name)
        if self._values is None:
            try:
                self._values = _values(documents(self._text, shared=True))
            except UnreadableError:
                return True
        return self._is_given(name, 0)

    def _is_given(self, name: str, depth: int) -> bool:
        values = (self._values or {}).get(name, ())
        return any(self._says(value, depth) for value in values[:_MOST])

    def _says(self, value: Node, depth: int) -> bool:
        """Say whether a value says something: what it hands on in turn has to."""
        if not isinstance(value, Scalar):
            return True
        handed = {name.rpartition(".")[2] for name in templates_in(value.text)}
        if handed and depth >= _DEEPEST:
            return False
        return bool(value.text.strip()) and all(self._is_given(one, depth + 1) for one in handed)


def is_parameter(code: str, name: str) -> bool:
    """Say whether code has a function with a parameter of that name."""
    word = re.escape(name)
    return re.search(rf"\bdef \w{{1,100}}\([^()]{{0,2000}}\b{word}\b", code) is not None


def _assigned(text: str, name: str) -> bool:
    """Say whether code or a list of variables assigns a name something other than itself."""
    if name == "get":  # Airflow's `Variable.get`
        return "default_var" in text
    word = re.escape(name)
    return any(
        re.search(pattern.replace("NAME", word), text, re.MULTILINE) is not None
        for pattern in _ASSIGNMENTS
    )


def _values(found: Iterable[Node]) -> dict[str, list[Node]]:
    """Return what each name stands for: under a key, or beside `name:` where values are listed."""
    values: dict[str, list[Node]] = {}
    for node in _nodes(found):
        if name := node.text("name"):
            values.setdefault(name, []).extend(_defaults(node))
        for key, value in node.entries:
            given = _defaults(value) if isinstance(value, Mapping) else (value,)
            values.setdefault(key.text, []).extend(given)
    return values


def _defaults(node: Mapping) -> Iterator[Node]:
    return (value for key, value in node.entries if key.text.lower() in _VALUES)


def _nodes(found: Iterable[Node]) -> Iterator[Mapping]:
    pending = list(found)
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += node.items
        else:
            yield node
            pending += [value for _, value in node.entries]
