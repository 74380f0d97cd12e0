"""What the parsers of declared formats share: loading, images, variables, names."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.pipelines.definition import Pipeline, Reference, Text
from bezoar.evaluate.pipelines.faults import unreadable
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.syntax.access import entries, walk
from bezoar.syntax.nodes import Node, Scalar
from bezoar.syntax.unreadable import UnreadableError
from bezoar.syntax.yaml_tree import documents

MOST_STEPS: Final = 5_000
"""No pipeline that people wrote has more; what is included counts as often as it is."""

INTERNAL: Final = "PIPELINE-INTERNAL:"
"""What the name of data begins with that the engine hands from one step to another."""

_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST_NAME: Final = 200


def place(path: str, line: int | None = None) -> Place:
    """Return a line of a file as a place."""
    return Place(PlaceKind.FILE, path, line)


def file_name(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def load(file: Text) -> list[Node]:
    """Return a file's YAML documents, aliases and merge keys followed.

    Raises:
        UnreadableError: It is no YAML, nested too deeply, or a bomb.
    """
    return documents(file.text, shared=True)


def guarded(
    file: Text,
    kind: str,
    parse: Callable[[], list[Pipeline]],
) -> list[Pipeline]:
    """Return what a parser makes of a file, or a pipeline with nothing but the reason why not."""
    try:
        return [_spoken(file, one) for one in parse()]
    except UnreadableError as error:
        found = (unreadable(file.path, str(error)),)
    return [Pipeline(file_name(file.path), kind, place(file.path), found=found)]


def _spoken(file: Text, pipeline: Pipeline) -> Pipeline:
    """Return a pipeline that says so where nothing could be made of it."""
    if pipeline.steps or pipeline.found:
        return pipeline
    return replace(pipeline, found=(unreadable(file.path, "it has no step that can be read"),))


def image_of(name: str, line: int | None) -> Reference | None:
    """Return a container image; a digest pins it. What has blanks in it is no image's name."""
    name = name.strip()
    if not name or any(one.isspace() for one in name):
        return None
    return Reference(name, line, pinned=_DIGEST.search(name) is not None)


def is_commit(revision: str) -> bool:
    """Say whether a revision is a full commit id."""
    return _COMMIT.fullmatch(revision) is not None


def variables_of(node: Node | None, fold: Callable[[str], str] = str) -> dict[str, str]:
    """Return a mapping of names to texts; what is no text is left out."""
    return {key.text: fold(value.text) for key, value in entries(node) if isinstance(value, Scalar)}


def public_variables(node: Node | None, fold: Callable[[str], str] = str) -> dict[str, str]:
    """Return `variables_of` without those that hold a secret: it must not reach any text."""
    found = variables_of(node, fold)
    return {name: value for name, value in found.items() if not is_secret(name, value)}


def public_settings(node: Node | None, fold: Callable[[str], str] = str) -> dict[str, str]:
    """Return `settings_of` without those that hold a secret."""
    found = settings_of(node, fold)
    return {name: value for name, value in found.items() if not is_secret(name, value)}


def settings_of(node: Node | None, fold: Callable[[str], str] = str) -> dict[str, str]:
    """Return the texts of a tree by the keys that lead there, joined with dots."""
    found: dict[str, list[str]] = {}
    for path, value in walk(node):
        found.setdefault(".".join(path), []).append(fold(value.text))
    return {name: "\n".join(values) for name, values in found.items()}


def bounded(count: int) -> None:
    """Refuse a definition with too many steps before they are looked at.

    Raises:
        UnreadableError: There are more than a person writes.
    """
    if count > MOST_STEPS:
        raise UnreadableError(f"more than {MOST_STEPS:,} steps")


class Names:
    """Gives each step a name of its own."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """Return a name, with a number where it is taken.

        Raises:
            UnreadableError: There are more steps than a person writes.
        """
        name = name.strip()[:_LONGEST_NAME] or "step"
        free, number = name, self._last.get(name, 0)
        while free in self._last:
            number += 1
            free = f"{name}#{number + 1}"
        self._last[name] = number
        self._last[free] = self._last.get(free, 0)
        bounded(len(self._last))
        return free
