"""MLflow: the entry points of an MLproject, and recipes.

Source: mlflow.org/docs, "MLflow Projects"; "MLflow Recipes" of MLflow 2.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bezoar.core.finding import Finding
from bezoar.evaluate.pipelines.definition import (
    Command,
    OnFailure,
    Pipeline,
    Reference,
    Step,
    Text,
    Trigger,
)
from bezoar.evaluate.pipelines.faults import unreadable
from bezoar.evaluate.pipelines.inline_secrets import of_script, of_variables
from bezoar.evaluate.pipelines.reading import (
    INTERNAL,
    Names,
    file_name,
    guarded,
    image_of,
    load,
    place,
    public_settings,
)
from bezoar.evaluate.pipelines.shell_commands import commands_of
from bezoar.syntax.access import at, entries, fields, is_true, items, text
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar
from bezoar.syntax.unreadable import UnreadableError
from bezoar.syntax.yaml_tree import documents

_PARAMETER: Final = re.compile(r"\{(\w{1,100})\}")
_ORDER: Final = ("ingest", "split", "transform", "train", "evaluate", "register")
_SCORING: Final = ("ingest_scoring", "predict")
# `ingest: {{INGEST_CONFIG}}` names a value of a profile; as it stands it is no YAML.
_TEMPLATE: Final = re.compile(r"(?m)(:[ \t]+|-[ \t]+)\{\{\s*(\w{1,100})[^{}\n]{0,200}\}\}[ \t]*$")


class MLProject:
    """Reads MLproject files."""

    format = "mlproject"

    def claims(self, file: Text) -> bool:
        """Say whether a file is called MLproject."""
        return file_name(file.path) in ("MLproject", "MLProject", "mlproject")

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return each entry point as a step; nothing orders them."""
        del others
        return guarded(file, self.format, lambda: _project(file))


class Recipe:
    """Reads MLflow's recipe.yaml."""

    format = "mlflow-recipe"

    def claims(self, file: Text) -> bool:
        """Say whether a file is called recipe.yaml and names a recipe."""
        named = file_name(file.path) in ("recipe.yaml", "recipe.yml", "pipeline.yaml")
        return named and re.search(r"(?m)^(?:recipe|template)\s*:", file.text) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the steps of a recipe, in the order that every recipe has."""
        return guarded(file, self.format, lambda: _recipe(file, others))


def _project(file: Text) -> list[Pipeline]:
    found = load(file)
    root = found[0] if found else None
    if not isinstance(root, Map):
        raise UnreadableError("an MLproject is a mapping, and this is none")
    image = at(root, "docker_env", "image")
    secrets = tuple(
        of_variables(
            (value, items(one)[1])
            for one in items(at(root, "docker_env", "environment"))
            if len(items(one)) > 1 and isinstance(value := items(one)[0], Scalar)
        )
    )
    names = Names()
    steps = [
        Step(
            name=names.unique(key.text),
            place=place(file.path, key.line),
            commands=_entry_point(node),
            image=image_of(image.text, image.line) if isinstance(image, Scalar) else None,
            secrets=(*secrets, *of_script(text(node, "command"), node.line)),
            settings=public_settings(at(node, "parameters")),
            workspace="repository",
        )
        for key, node in entries(at(root, "entry_points"))
    ]
    made = _pipeline(file, text(root, "name"), MLProject.format, steps)
    return [replace(made, found=_unread(file, root))]


def _pipeline(file: Text, name: str, kind: str, steps: list[Step]) -> Pipeline:
    return Pipeline(
        name=name or file_name(file.path),
        format=kind,
        place=place(file.path),
        steps=tuple(steps),
        triggers=frozenset({Trigger.MANUAL}),
    )


def _unread(file: Text, root: Node) -> tuple[Finding, ...]:
    """Say which entry points have no command."""
    return tuple(
        unreadable(file.path, f"the entry point {key.text} has no command", key.line)
        for key, node in entries(at(root, "entry_points"))
        if not isinstance(at(node, "command"), Scalar)
    )


def _entry_point(node: Node) -> tuple[Command, ...]:
    """Return an entry point's commands, parameters with a default put in."""
    command = at(node, "command")
    if not isinstance(command, Scalar):
        return ()
    defaults = {
        key.text: text(value, "default")
        for key, value in entries(at(node, "parameters"))
        if text(value, "default")
    }
    folded = _PARAMETER.sub(lambda found: defaults.get(found[1], found[0]), command.script)
    return commands_of(folded, command.line, errexit=False)


def _recipe(file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
    found = documents(_TEMPLATE.sub(r'\1"{\2}"', file.text), shared=True)
    root = found[0] if found else None
    if not isinstance(root, Map):
        raise UnreadableError("a recipe is a mapping, and this is none")
    profile = _profile(posixpath.dirname(file.path), others)
    parts = at(root, "steps") if isinstance(at(root, "steps"), Map) else root
    loose = is_true(at(parts, "register", "allow_non_validated_model"))
    steps: list[Step] = []
    for chain in (_ORDER, _SCORING):
        before: tuple[str, ...] = ()
        for name in chain:
            node = _resolved(at(parts, name), profile)
            if node is not None:
                steps.append(_recipe_step(name, node, file.path, before, loose=loose))
                before = (name,)
    return [_pipeline(file, text(root, "recipe"), Recipe.format, steps)]


def _recipe_step(name: str, node: Node, path: str, before: tuple[str, ...], *, loose: bool) -> Step:
    settings = public_settings(node)
    where = settings.get("location") or settings.get("sql")
    handed = f"{INTERNAL}{{}}.output"
    call = ", ".join(f"{key}={value!r}" for key, value in settings.items() if "\n" not in value)
    return Step(
        name=name,
        place=place(path, node.line),
        commands=(Command(f"mlflow.recipes.{name}({call[:2000]})", node.line, "call"),),
        uses=f"mlflow.recipes.{name}",
        settings=settings,
        reads=(Reference(where, node.line),)
        if where
        else tuple(Reference(handed.format(one), node.line) for one in before),
        writes=(Reference(handed.format(name), node.line),),
        after=before,
        # A model that fails its criteria is registered all the same.
        on_failure=OnFailure.IGNORED if loose and name == "evaluate" else OnFailure.STOPS,
        secrets=tuple(of_variables(entries(node))),
        workspace="recipe",
    )


def _profile(folder: str, others: Mapping[str, Text]) -> dict[str, Node]:
    """Return the values of the first profile beside a recipe."""
    for name in ("local", "databricks", "prod", "production"):
        other = others.get(posixpath.join(folder, "profiles", f"{name}.yaml"))
        if other is None:
            continue
        try:
            found = documents(_TEMPLATE.sub(r'\1"{\2}"', other.text), shared=True)
        except UnreadableError:
            continue
        return fields(found[0] if found else None)
    return {}


def _resolved(node: Node | None, profile: Mapping[str, Node]) -> Node | None:
    """Return a value, or what a profile puts in its place."""
    if isinstance(node, Scalar) and (named := _PARAMETER.fullmatch(node.text.strip())):
        return profile.get(named[1], node)
    if isinstance(node, Map):
        return Map(node.line, list(_resolved_entries(node, profile)))
    return node


def _resolved_entries(node: Map, profile: Mapping[str, Node]) -> Iterator[tuple[Scalar, Node]]:
    for key, value in node.entries:
        named = _PARAMETER.fullmatch(value.text.strip()) if isinstance(value, Scalar) else None
        yield key, profile.get(named[1], value) if named else value


PARSER: Final = MLProject()
RECIPE: Final = Recipe()
