"""What names stand for at a place of a pipeline: `env:`, `variables:`, inputs, a matrix of one."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from typing import Final

from bezoar.syntax.nodes import Mapping, Node, Scalar, Sequence

_VARIABLES: Final = frozenset({"env", "variables", "environment", "vars"})
_INPUTS: Final = frozenset({"inputs", "parameters", "params"})
# `${{ matrix.url }}`, `{{ inputs.parameters.url }}`, `<< parameters.url >>`, `$[[ inputs.url ]]`
_EXPRESSION: Final = re.compile(
    r"\$?\{\{-?\s*(?P<a>[^{}\n]{1,200})\}\}|<<\s*(?P<b>(?:parameters|pipeline)\.[\w.-]{1,100})\s*>>"
    r"|\$\[\[\s*(?P<c>[^\]\n]{1,200})\]\]|\$\((?P<d>[A-Za-z_][\w.]{0,100})\)"
)
# No shell has variables with a dot in their name.
_DOTTED: Final = re.compile(r"\$\{([A-Za-z_][\w-]{0,60}(?:\.[\w-]{1,60}){1,6})\}")
_NAME: Final = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w*-]+|\[['\"]?[\w*-]+['\"]?\])*")
_FOLDED: Final = re.compile(r"\{([A-Za-z_][\w.*-]{0,120})\}")
_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 512
_LONGEST_PRELUDE: Final = 4096
_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class Scope:
    """Names and their literal values.

    Attributes:
        variables: What a command sees in its environment.
        contexts: What only expressions see, by dotted name.
        names: The document's own values by dotted key, which `${vars.name}` means in some tools.
    """

    variables: Names[str, str] = field(default_factory=dict)
    contexts: Names[str, str] = field(default_factory=dict)
    names: Names[str, str] = field(default_factory=dict)

    def inside(self, node: Mapping) -> "Scope":
        """Return the scope of what a mapping holds."""
        variables: dict[str, str] = {}
        contexts: dict[str, str] = {}
        for key, value in node.entries:
            name = key.text.lower()
            if name in _VARIABLES:
                variables.update(_assigned(value))
            elif name in _INPUTS:
                contexts.update(_defaults(value))
            elif name in ("strategy", "matrix"):
                contexts.update(_only_choices(value))
        if (not variables and not contexts) or len(self.variables) > _MOST:
            return self
        return Scope({**self.variables, **variables}, {**self.contexts, **contexts}, self.names)

    def fold(self, text: str) -> str:
        """Replace expressions: by their value where it is one literal, else by `{name}`."""
        if "${" in text and self.names:
            text = _DOTTED.sub(lambda match: self.names.get(match[1], f"{{{match[1]}}}"), text)
        if "{{" not in text and "<<" not in text and "$[[" not in text and "$(" not in text:
            return text
        return _EXPRESSION.sub(self._value, text)

    def prelude(self, script: str) -> list[str]:
        """Return assignments, in shell, of the variables that a script mentions."""
        used = self.variables.keys() & set(_WORD.findall(script)) if self.variables else set()
        lines = [f"{name}={_quoted(self.fold(self.variables[name]))}" for name in sorted(used)]
        return lines if sum(map(len, lines)) <= _LONGEST_PRELUDE else []

    def _value(self, match: re.Match[str]) -> str:
        if macro := match["d"]:
            # `$(name)` is Azure's macro only where such a variable is known: else it is a command.
            return self.variables.get(macro, match[0])
        inner = (match["a"] or match["b"] or match["c"] or "").strip()
        name = _NAME.search(inner)
        if not name:
            return "{expression}"
        dotted = re.sub(r"\[['\"]?([\w*-]+)['\"]?\]", r".\1", name[0])
        if name[0] == inner and (value := self._known(dotted)) is not None:
            return value
        return f"{{{dotted}}}"

    def _known(self, dotted: str) -> str | None:
        context, _, name = dotted.partition(".")
        if context in ("env", "variables") and name in self.variables:
            return self.variables[name]
        last = dotted.rpartition(".")[2]
        if context in (*_INPUTS, "pipeline"):
            return self.contexts.get(f"inputs.{last}")
        return self.contexts.get(dotted)


def decided_by(text: str) -> tuple[str, ...]:
    """Return the names that stand in a folded text, each once."""
    return tuple(dict.fromkeys(_FOLDED.findall(text)))


def _assigned(node: Node) -> Iterator[tuple[str, str]]:
    """Yield variables: of a mapping, or of Kubernetes' list of names and values."""
    if isinstance(node, Mapping):
        for key, value in node.entries[:_MOST]:
            one = value.get("value", "default") if isinstance(value, Mapping) else value
            if isinstance(one, Scalar) and _fits(one.text):
                yield key.text, one.text
    elif isinstance(node, Sequence):
        for item in node.items[:_MOST]:
            if isinstance(item, Mapping) and (name := item.text("name")):
                text = item.text("value", "default")
                if _fits(text):
                    yield name, text
            elif isinstance(item, Scalar) and "=" in item.text and _fits(item.text):
                before, _, after = item.text.partition("=")
                yield before, after


def _defaults(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the defaults of inputs."""
    if isinstance(node, Sequence):
        pairs = [(i.text("name"), i) for i in node.items[:_MOST] if isinstance(i, Mapping)]
    elif isinstance(node, Mapping):
        pairs = [(k.text, v) for k, v in node.entries[:_MOST] if isinstance(v, Mapping)]
    else:
        pairs = []
    for name, declared in pairs:
        value = declared.text("default", "value")
        if name and value and _fits(value):
            yield f"inputs.{name}", value


def _only_choices(node: Node) -> Iterator[tuple[str, str]]:
    """Yield what a matrix leaves no choice of."""
    matrix = node.get("matrix") if isinstance(node, Mapping) else None
    matrix = matrix or node
    if not isinstance(matrix, Mapping):
        return
    for key, value in matrix.entries[:_MOST]:
        items = value.items if isinstance(value, Sequence) else [value]
        if len(items) == 1 and isinstance(items[0], Scalar) and _fits(items[0].text):
            yield f"matrix.{key.text}", items[0].text


def _fits(value: str) -> bool:
    return 0 < len(value) <= _LONGEST and "\n" not in value


def _quoted(value: str) -> str:
    """Quote a value for a shell, yet let it name other variables."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`") + '"'
