"""What single parts of a definition for Azure Pipelines say."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from bezoar.evaluate.pipelines.definition import Reference, Trigger
from bezoar.evaluate.pipelines.reading import INTERNAL
from bezoar.syntax.access import at, entries, fields, items, listed, text
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar

_EXPRESSION: Final = re.compile(r"\$\{\{\s*(.{0,500}?)\s*\}\}")
_FOLDERS: Final = re.compile(
    r"^\$\((?:System\.DefaultWorkingDirectory|Pipeline\.Workspace|Build\.SourcesDirectory)\)/?"
)
_STATUS: Final = re.compile(r"\b(?:always|succeededOrFailed|failed|succeeded)\s*\(\s*\)")


def defaults(root: Node) -> dict[str, str]:
    """Return the values of a template's parameters where the caller gives none."""
    found = {
        text(one, "name"): text(one, "default")
        for one in items(at(root, "parameters"))
        if at(one, "default") is not None
    }
    return found | {
        key.text: value.text
        for key, value in entries(at(root, "parameters"))
        if isinstance(value, Scalar)
    }


def triggers_of(root: Node) -> Iterator[Trigger]:
    """Yield what starts a pipeline."""
    trigger, proposal = at(root, "trigger"), at(root, "pr")
    if not (isinstance(trigger, Scalar) and trigger.text == "none"):
        yield Trigger.PUSH
    if proposal is not None and not (isinstance(proposal, Scalar) and proposal.text == "none"):
        yield Trigger.PULL_REQUEST
    if items(at(root, "schedules")):
        yield Trigger.SCHEDULE
    if fields(at(root, "resources")).get("pipelines") is not None:
        yield Trigger.CALL


def condition_of(asked: str) -> str:
    """Return a condition without functions of status."""
    rest = _STATUS.sub("", asked).strip()
    inner = re.fullmatch(r"and\(\s*,?\s*(.*)\)", rest, re.DOTALL)
    rest = (inner[1] if inner else rest).strip(", ")
    return " ".join(rest.split())[:1000]


def joined(*conditions: str) -> str:
    """Return conditions that all have to hold as one."""
    return " && ".join(dict.fromkeys(filter(None, conditions)))[:1000]


def moved(
    node: Map, task: str, fold: Callable[[str], str]
) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
    """Return the artifact that a step publishes or downloads, or the path of a cache."""
    given = at(node, "inputs")
    named = ("targetPath", "path", "downloadPath", "pathToPublish")
    paths = [text(one, name) for one in (given, node) for name in named]
    path = _FOLDERS.sub("", fold(next(filter(None, paths), ""))) or "."
    names = [text(given, "artifactName"), text(given, "artifact"), text(node, "artifact")]
    name = fold(next(filter(None, names), ""))
    handed = (Reference(f"{INTERNAL}artifact.{name or '*'}", node.line, path=path),)
    local = (Reference(path, node.line, path=path),)
    if published := fold(text(node, "publish")):
        return (Reference(published, node.line),), (replace(handed[0], path=published),)
    if task.startswith(("PublishPipelineArtifact", "PublishBuildArtifacts")):
        return local, handed
    if text(node, "download") or task.startswith(("DownloadPipelineArt", "DownloadBuildArt")):
        return handed, local
    return (local, local) if task.startswith("Cache@") else ((), ())


def pins(node: Map) -> bool:
    """Say whether a cache's key names a file, whose digest it takes, and nothing looser."""
    key = text(node, "inputs", "key")
    named = any("/" in part or re.search(r"\.\w+\s*$", part) for part in key.split("|"))
    return named and not text(node, "inputs", "restoreKeys")


def expanded(nodes: list[Node], condition: str = "") -> Iterator[tuple[Node, str]]:
    """Yield nodes, those below `${{ if … }}` with the condition that they stand under."""
    for one in nodes:
        key, value = (
            one.entries[0] if isinstance(one, Map) and len(one.entries) == 1 else (None, one)
        )
        found = _EXPRESSION.fullmatch(key.text.strip()) if key is not None else None
        if found is None:
            yield one, condition
        else:
            said = found[1].removeprefix("if ") if found[1].startswith("if ") else ""
            yield from expanded(listed(value), joined(condition, said))
