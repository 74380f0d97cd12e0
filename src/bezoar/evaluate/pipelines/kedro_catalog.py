"""Kedro's data catalogue: what the names in a pipeline's code stand for.

Source: docs.kedro.org, "Data Catalog YAML examples".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bezoar.evaluate.pipelines.definition import Pipeline, Reference, Step, Text
from bezoar.evaluate.pipelines.inline_secrets import is_secret
from bezoar.evaluate.pipelines.reading import file_name, guarded, load, place
from bezoar.syntax.access import entries, fields, text, walk
from bezoar.syntax.nodes import Mapping as Map
from bezoar.syntax.nodes import Node, Scalar
from bezoar.syntax.unreadable import UnreadableError

_CATALOG: Final = re.compile(r"(?:.*/)?conf/(?:.*/)?(?:catalog[^/]*|catalog/.+)\.ya?ml")
_PARAMETERS: Final = re.compile(r"(?:.*/)?conf/(?:.*/)?(?:globals|credentials)[^/]*\.ya?ml")
_PATTERN: Final = re.compile(r"\\\{(\w+)\\\}")
_GLOBAL: Final = re.compile(
    r"\$\{(?:globals:|runtime_params:)?([\w.]{1,100})(?:,\s*([^}]{0,200}))?\}"
)
_MOST_FILES: Final = 200
_WHERE: Final = ("filepath", "path", "url", "table_name", "sql", "collection", "dataset")


class KedroCatalog:
    """Says which catalogues cannot be read, and which hold secrets; all else `catalog_of` tells."""

    format = "kedro"

    def claims(self, file: Text) -> bool:
        """Say whether a file lies where catalogues and credentials lie."""
        if "{{" in file.path:
            return False  # A template of a project.
        return is_catalog(file.path) or _PARAMETERS.fullmatch(file.path) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return a pipeline where there is something to say of the file itself."""
        del others
        return guarded(file, self.format, lambda: _secretive(file))


def _secretive(file: Text) -> list[Pipeline]:
    """Return a step that only holds the secrets of a file; none where there are none."""
    secrets = [
        (path[-1], scalar.line)
        for document in load(file)
        for path, scalar in walk(document)
        # In a catalogue `credentials` names an entry of credentials.yml.
        if path and path[-1] != "credentials" and is_secret(path[-1], scalar.text)
    ]
    if not secrets:
        return []
    where = place(file.path, secrets[0][1])
    step = Step("catalog", where, secrets=tuple(secrets), workspace="catalog")
    return [Pipeline(file_name(file.path), KedroCatalog.format, place(file.path), steps=(step,))]


class Catalog:
    """The datasets of a project by name; a pattern (`{name}_csv`) stands for many."""

    def __init__(self, known: Mapping[str, Reference], path: str = "") -> None:
        self.path = path
        self._known = {name: one for name, one in known.items() if "{" not in name}
        self._patterns = [
            (re.compile(_PATTERN.sub(r"(?P<\1>.+)", re.escape(name))), one)
            for name, one in known.items()
            if "{" in name and name.count("{") == len(set(re.findall(r"\{\w+\}", name)))
        ][:_MOST_FILES]

    def get(self, name: str) -> Reference | None:
        """Return what a dataset's name stands for, None where no catalogue names it.

        Args:
            name: As in the pipeline's code, without a leading `@` part (`signs@spark`).
        """
        if name in self._known:
            return self._known[name]
        for pattern, reference in self._patterns:
            if found := pattern.fullmatch(name[:200]):
                filled = reference.name
                for key, value in found.groupdict().items():
                    filled = filled.replace(f"{{{key}}}", value)
                return Reference(filled, reference.line, pinned=reference.pinned)
        return None


def is_catalog(path: str) -> bool:
    """Say whether a file is a catalogue."""
    return _CATALOG.fullmatch(path) is not None


def catalog_of(others: Mapping[str, Text], root: str = "") -> Catalog:
    """Return the datasets of every catalogue below a folder; `conf/local` comes last and counts.

    Args:
        others: The files of the tree by path.
        root: The project's folder with its slash, "" for the tree itself.
    """
    paths = [path for path in others if path.startswith(root) and is_catalog(path)]
    paths.sort(key=lambda path: ("/local/" in path, path))
    known: dict[str, Reference] = {}
    values = _globals(others, root)
    for path in paths[:_MOST_FILES]:
        try:
            for document in load(others[path]):
                known |= dict(_datasets(document, values))
        except UnreadableError:
            continue  # The parser says so.
    return Catalog(known, paths[-1] if paths else "")


def _globals(others: Mapping[str, Text], root: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in (f"{root}conf/base/globals.yml", f"{root}conf/local/globals.yml"):
        if path in others:
            try:
                for document in load(others[path]):
                    found |= {".".join(keys): one.text for keys, one in walk(document)}
            except UnreadableError:
                continue
    return found


def _datasets(document: Node, values: Mapping[str, str]) -> Iterator[tuple[str, Reference]]:
    own = dict(values)
    for key, node in entries(document):
        if key.text.startswith("_") and isinstance(node, Scalar):
            own[key.text] = node.text
    for key, node in entries(document):
        if key.text.startswith("_") or not isinstance(node, Map):
            continue
        inner = fields(node)
        line = node.line
        where = next((text(node, name) for name in _WHERE if text(node, name)), "")
        if not where and isinstance(inner.get("dataset"), Map):
            where = text(inner["dataset"], "filepath") or text(node, "path")
        if where:
            folded = _GLOBAL.sub(
                lambda one: own.get(one[1], (one[2] or "").strip("'\" ") or f"{{{one[1]}}}"), where
            )
            yield key.text, Reference(folded, line)


PARSER: Final = KedroCatalog()
