"""The pipelines that a tree defines: each file goes to each parser that claims it."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.severity import Severity
from bezoar.evaluate.pipelines.definition import Parser, Pipeline
from bezoar.evaluate.pipelines.faults import unreadable
from bezoar.evaluate.pipelines.inline_secrets import hidden
from bezoar.evaluate.pipelines.registry import parsers
from bezoar.flows.audit_tree import AuditText, AuditTree, read_tree
from bezoar.project import Project
from bezoar.recon.scan.dispatch import Language, reader
from bezoar.recon.scan.inventory import Progress
from bezoar.recon.scan.tree import Folder
from bezoar.syntax.unreadable import UnreadableError

_DEFINING: Final = frozenset(
    {Language.PYTHON, Language.SHELL, Language.MAKEFILE, Language.DVC, Language.YAML}
)


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a tree says about pipelines.

    Attributes:
        tree: What was read.
        pipelines: By path, in the order of their files.
        found: What could not be read, beside what a pipeline says of itself.
        digests: Of each file that a pipeline is made of: definitions, and scripts that they run.
    """

    tree: AuditTree
    pipelines: tuple[Pipeline, ...]
    found: tuple[Finding, ...]
    digests: Mapping[str, Digest]


def read_definitions(project: Project, progress: Progress | None = None) -> Definitions:
    """Read the pipelines of a project, as its settings say."""
    folder = Folder(str(project.root), exclude=excluded(project))
    return definitions_of(read_tree(folder, progress=progress))


def excluded(project: Project) -> tuple[str, ...]:
    """Return the patterns of paths that nobody looks into."""
    return (*project.settings.scan.exclude, *project.settings.audit.exclude)


def definitions_of(tree: AuditTree) -> Definitions:
    """Read the pipelines that a tree defines; nothing of it is run or imported."""
    pipelines: list[Pipeline] = []
    found = list(_unread(tree))
    for text in tree.texts.values():
        faults = []
        for parser in parsers():
            made, fault = _parsed(parser, text, tree.texts)
            pipelines += made
            faults += [] if fault is None else [fault]
        # A file is unreadable once, however many parsers tried.
        found += faults[:1]
    used = dict.fromkeys(_files(pipelines, tree.texts))
    digests = {path: tree.texts[path].digest for path in sorted(used)}
    return Definitions(tree, tuple(pipelines), tuple(found), digests)


def _unread(tree: AuditTree) -> Iterator[Finding]:
    """Yield a finding for each file that may define a pipeline and could not be read."""
    for one in tree.unreadable:
        found = reader(one.path)
        if found is None or found.language in _DEFINING:
            yield unreadable(one.path, one.why)
        elif one.path.endswith((".json", ".ipynb")):
            # Most are data, or hold pictures.
            yield replace(unreadable(one.path, one.why), severity=Severity.LOW)


def _parsed(
    parser: Parser, text: AuditText, texts: Mapping[str, AuditText]
) -> tuple[list[Pipeline], Finding | None]:
    try:
        return (parser.parse(text, texts) if parser.claims(text) else []), None
    except UnreadableError as error:
        why = str(error)
    except (RecursionError, MemoryError):
        why = "it is nested too deeply"
    except Exception as error:  # noqa: BLE001 - one hostile file must not end the audit of the others
        why = f"its parser failed ({type(error).__name__}: {error})"
    return [], unreadable(text.path, f"as {parser.format}: {hidden(why)}")


def _files(pipelines: Iterable[Pipeline], texts: Mapping[str, AuditText]) -> Iterator[str]:
    for pipeline in pipelines:
        home = pipeline.place.name
        if home in texts:
            yield home
        for step in pipeline.steps:
            for script in step.scripts:
                beside = posixpath.join(posixpath.dirname(home), script)
                yield from (
                    path for one in (script, beside) if (path := posixpath.normpath(one)) in texts
                )
