"""YAML that a template engine writes: Helm, Jinja, Ansible, cookiecutter."""

import re
from typing import Final

from bezoar.syntax.nodes import Mapping, Node, Scalar
from bezoar.syntax.yaml_tree import NoYamlError, documents

_TEMPLATE: Final = re.compile(r"\{\{|\{%|<%|\$\{\{|<<[ ]?\w|@[A-Z_]+@")
# A line of nothing but control: what it holds is no YAML, and leaves none.
_CONTROL: Final = re.compile(r"^[ \t]*(?:\{%.*%\}|\{\{-?[^\n]*-?\}\}|\{#.*#\}|<%.*%>)[ \t]*$")
_INLINE: Final = re.compile(r"\{%[^\n%]{0,200}%\}")
_VALUE: Final = re.compile(r"\{\{-?\s*([^{}\n]{0,200}?)\s*-?\}\}")
_SETTING: Final = re.compile(r"^[ \t]*(?:-[ \t]+)?([\w.-]{1,80})[ \t]*:[ \t]+(\S.*)$")
_NAME: Final = re.compile(r"[A-Za-z_][\w.]*")


def is_templated(text: str) -> bool:
    """Say whether a template engine has to run before this is YAML."""
    return _TEMPLATE.search(text) is not None


def without_template(text: str) -> list[Node]:
    """Parse a template's YAML with `{name}` for each value, else take it line by line."""
    lines = ["" if _CONTROL.match(line) else _plain(line) for line in text.split("\n")]
    try:
        return documents("\n".join(lines))
    except NoYamlError:
        return [_by_lines(lines)]


def _plain(line: str) -> str:
    return _VALUE.sub(_name, _INLINE.sub("", line))


def _name(match: re.Match[str]) -> str:
    name = _NAME.search(match[1])
    # Bare braces at the start of a value would be a mapping: the name alone stays a text.
    return f"{{{name[0]}}}" if name else "{expression}"


def _by_lines(lines: list[str]) -> Mapping:
    """Return `key: value` of each line by itself."""
    found = Mapping(1)
    for number, line in enumerate(lines, 1):
        if match := _SETTING.match(line):
            value = match[2].strip().strip("'\"")
            text = Scalar(value, number, number, value)
            found.entries.append((Scalar(match[1], number, number, match[1]), text))
    return found
