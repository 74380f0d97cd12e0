"""Argo's templates by name, and what they say of one another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.pipelines.argo_leaf import Scope
from bezoar.evaluate.pipelines.container_spec import stores_of
from bezoar.evaluate.pipelines.definition import Reference
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.syntax.access import at, entries, fields, items, text, texts
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar

_NAME: Final = re.compile(r"[A-Za-z][\w-]*")


@dataclass
class Templates:
    """Templates by name, with the file that defines them.

    Attributes:
        path: Of the file.
        by_name: The templates.
        volumes: The volumes of their specification.
    """

    path: str
    by_name: dict[str, Node]
    volumes: dict[str, tuple[str, bool]]


def templates_of(path: str, spec: Node | None) -> Templates:
    """Return the templates of a specification."""
    by_name = {
        text(one, "name"): _with_defaults(one, at(spec, "templateDefaults"))
        for one in items(at(spec, "templates"))
    }
    volumes = stores_of(at(spec, "volumes"), at(spec, "volumeClaimTemplates"))
    return Templates(path, by_name, volumes)


def _with_defaults(template: Node, defaults: Node | None) -> Node:
    if not isinstance(template, Map) or not isinstance(defaults, Map):
        return template
    own = fields(template)
    return Map(
        template.line,
        [*template.entries, *((k, v) for k, v in entries(defaults) if k.text not in own)],
    )


def roots(templates: Mapping[str, Node]) -> list[str]:
    """Return the templates with steps that no other template calls."""
    called: set[str] = set()
    for one in templates.values():
        groups = [*items(at(one, "dag", "tasks"))]
        for group in items(at(one, "steps")):
            groups += items(group)
        called.update(text(call, "template") for call in groups)
    whole = [
        name
        for name, one in templates.items()
        if at(one, "steps") is not None or at(one, "dag") is not None
    ]
    return [name for name in whole if name not in called] or whole[:1]


def defaults(template: Node) -> dict[str, str]:
    """Return the values of a template's parameters where the caller gives none."""
    found: dict[str, str] = {}
    for one in items(at(template, "inputs", "parameters")):
        name = text(one, "name")
        value = at(one, "value") or at(one, "default")
        if isinstance(value, Scalar) and not is_secret(name, value.text):
            found[f"inputs.parameters.{name}"] = value.text
    return found


def dependencies(task: Node) -> Iterator[str]:
    """Yield the tasks that one waits for."""
    yield from texts(at(task, "dependencies"))
    depends = re.sub(r"\.[A-Z]\w+", "", text(task, "depends"))
    yield from dict.fromkeys(_NAME.findall(depends))


def handed(template: Node, scope: Scope) -> dict[str, tuple[Reference, ...]]:
    """Return what a template with steps hands over."""
    found: dict[str, tuple[Reference, ...]] = {}
    for kind in ("artifacts", "parameters"):
        for one in items(at(template, "outputs", kind)):
            source = text(one, "from") or text(one, "valueFrom", "parameter")
            if source:
                found[text(one, "name")] = scope.named(source)
    return found
