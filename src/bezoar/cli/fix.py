"""`bezoar scan --fix`: the diff on stdout, all that is to know about it on stderr."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bezoar.cli.output import FindingsFormat, as_json, note, write_result
from bezoar.core.errors import UsageError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.flows.fix import Fix
    from bezoar.project import Project
    from bezoar.recon.scanning import Look

SCHEMA_VERSION = 1
_SHOWN = 20


def fix(
    seen: "Look", project: "Project", form: FindingsFormat, output: Path | None, *, write: bool
) -> None:
    """Show how code that fetches would read what is registered, or make it so.

    Args:
        seen: What a scan saw.
        project: The project.
        form: Text (the diff) or JSON.
        output: Where to.
        write: Whether to register the drafts and to write the files.

    Raises:
        UsageError: If the tree is not the project's own, or there is no such format.
    """
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.fix import apply, plan  # noqa: PLC0415 - the same

    if not seen.own:
        raise UsageError("--fix rewrites your project alone", next="bezoar scan --help")
    if form not in (FindingsFormat.TEXT, FindingsFormat.JSON):
        raise UsageError(f"--fix has no format {form}", next="bezoar scan --fix --format json")
    dbom = Dbom(project)
    planned = plan(seen, dbom)
    if write:
        apply(planned, dbom)
        _record(planned, project)
    if form is FindingsFormat.JSON:
        write_result(as_json(_json(planned, written=write)), output)
        return
    _notes(planned, written=write)
    diff = "".join(change.diff for change in planned.changes)
    if diff:
        write_result(_shown(diff) if output is None and sys.stdout.isatty() else diff, output)


def _shown(diff: str) -> str:
    """Return a diff that a terminal does not act on."""
    return "".join(c if c in "\t\n" else printable(c) for c in diff)


def _notes(planned: "Fix", *, written: bool) -> None:
    """Say what is not in the diff: drafts, what is left, what to type."""
    calls = sum(len(change.calls) for change in planned.changes)
    done = "rewritten" if written else "would be rewritten"
    note(f"{calls:,} calls in {len(planned.changes):,} files {done}")
    specs = [f"{facts.name}@{facts.version}" for facts, _ in planned.drafts]
    if specs:
        what = "drafts added" if written else "drafts would be added"
        note(f"{len(specs):,} {what} to dbom/: {', '.join(specs[:_SHOWN])}")
    if planned.left:
        note(f"{len(planned.left):,} left alone:")
    for one in planned.left[:_SHOWN]:
        note(f"  {one.fetch.path}:{one.fetch.line}  {one.why}")
    if len(planned.left) > _SHOWN:
        note(f"  and {len(planned.left) - _SHOWN:,} more: --format json lists all")
    if specs and written:
        name, _, version = specs[0].partition("@")
        note("each draft needs its bytes, or bezoar.pull fails:")
        note(f"  bezoar dbom add PATH --name {name} --version {version}")
    elif planned.changes and not written:
        note("  try: bezoar scan --fix --write")


def _json(planned: "Fix", *, written: bool) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "written": written,
        "rewritten": [
            {"path": fetch.path, "line": fetch.line, "uri": fetch.uri, "dataset": spec}
            for change in planned.changes
            for fetch, spec in change.calls
        ],
        "drafts": [f"{facts.name}@{facts.version}" for facts, _ in planned.drafts],
        "left": [
            {"path": one.fetch.path, "line": one.fetch.line, "uri": one.fetch.uri, "why": one.why}
            for one in planned.left
        ],
        "diff": "".join(change.diff for change in planned.changes),
    }


def _record(planned: "Fix", project: "Project") -> None:
    """Leave events: each draft, each file."""
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - see the package's docstring

    if not planned.changes:
        return
    with open_ledger(project) as ledger:
        for facts, fetches in planned.drafts:
            found = [f"{fetch.path}:{fetch.line}" for fetch in fetches]
            spec = f"{facts.name}@{facts.version}"
            ledger.append("dbom.added", spec, {"status": "draft", "found": found})
        for change in planned.changes:
            datasets = sorted({spec for _, spec in change.calls})
            ledger.append("code.centralised", change.path, {"datasets": datasets})
