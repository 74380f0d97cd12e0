"""`bezoar dbom add --from-scan`: what a scan found, as drafts of entries."""

from pathlib import Path
from typing import TYPE_CHECKING

from bezoar.cli.output import Format, as_json, progress_bar, table, write_result
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.recon.drafting import Drafts
    from bezoar.recon.scan.fetch import Fetch

SCHEMA_VERSION = 1
_SHOWN = 20


def add_from_scan(path: Path, form: Format, output: Path | None) -> None:
    """Scan a tree, add a draft for each literal source that is in no entry, say what is left.

    Args:
        path: A folder or a file.
        form: How the result is written.
        output: Where to.
    """
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same
    from bezoar.recon.drafting import draft  # noqa: PLC0415 - the same
    from bezoar.recon.scanning import look  # noqa: PLC0415 - the same

    project = find_project()
    with progress_bar("Reading") as progress:
        seen = look(path, project, progress=progress)
    drafts = draft(seen, Dbom(project))
    if drafts.made:
        with open_ledger(project) as ledger:
            for entry, uses in drafts.made:
                detail = {"status": str(entry.status), "found": [_place(use) for use in uses]}
                ledger.append("dbom.added", entry.spec, detail)
    text = _json(drafts) if form is Format.JSON else _text(drafts)
    write_result(text, output)


def _json(drafts: "Drafts") -> str:
    made = [
        {"entry": entry.model_dump(mode="json"), "found": [_place(use) for use in uses]}
        for entry, uses in drafts.made
    ]
    left = [
        {"path": one.fetch.path, "line": one.fetch.line, "uri": one.fetch.uri, "why": one.why}
        for one in drafts.left
    ]
    return as_json({"schema_version": SCHEMA_VERSION, "drafts": made, "left": left})


def _text(drafts: "Drafts") -> str:
    if not drafts.made and not drafts.left:
        return "each source is in the DBOM already"
    parts = []
    if drafts.made:
        rows = [(entry.spec, entry.origin.uris[0], _found(uses)) for entry, uses in drafts.made]
        files = "dbom/" + ("" if len(rows) > 1 else f"{rows[0][0]}.toml")
        parts.append(f"{len(rows):,} drafts added to {files}; review and complete each:")
        parts.append(table(("dataset", "source", "found at"), rows).rstrip())
    if drafts.left:
        parts.append(f"{len(drafts.left):,} left alone:")
        parts += [
            f"  {printable(_place(one.fetch))}\n    {printable(one.why)}"
            for one in drafts.left[:_SHOWN]
        ]
        if len(drafts.left) > _SHOWN:
            parts.append(f"  and {len(drafts.left) - _SHOWN:,} more: --format json lists all")
    if drafts.made:
        entry = drafts.made[0][0]
        command = f"bezoar dbom add PATH --name {entry.name} --version {entry.version}"
        parts.append(f"when the bytes are here:\n  {command}")
    return "\n".join(parts)


def _found(uses: "tuple[Fetch, ...]") -> str:
    more = f" and {len(uses) - 1:,} more" if len(uses) > 1 else ""
    return _place(uses[0]) + more


def _place(fetch: "Fetch") -> str:
    return f"{fetch.path}:{fetch.line}"
