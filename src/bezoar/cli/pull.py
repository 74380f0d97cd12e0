"""`bezoar pull`: a verified copy of an approved dataset."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    FindingsFormat,
    OutputOption,
    Panel,
    as_json,
    findings_result,
    note,
    progress_bar,
    write_result,
)
from bezoar.core.errors import UsageError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.flows.explaining import Explanation
    from bezoar.flows.pulling import Pulled

SCHEMA_VERSION = 1


class _Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add `pull`."""
    app.command("pull", rich_help_panel=Panel.FORTIFY)(pull)


def pull(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Which dataset.")],
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder that is to hold it; else in .bezoar/data."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="COMMIT", help="The data of that commit, branch or tag."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Deliver nothing; show what changed, where and since when."),
    ] = False,
    form: Annotated[
        _Format, typer.Option("--format", help="How to write the result; html explains.")
    ] = _Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Copy an approved dataset from the mirror; every byte is verified, or nothing is delivered.

    Signatures, revocations, the root and each file are checked, each time; a copy that is there
    already is verified where it lies. Prints the copy's path.
    """
    from bezoar.flows.pulling import pull_version  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    if explain:
        _explain(dataset, to, at, form, output)
        return
    if form is _Format.HTML:
        raise UsageError("--format html shows an explanation", "bezoar pull NAME --explain")
    project = find_project()
    with progress_bar("Pulling") as progress:
        done = pull_version(project, dataset, to=to, at=at, progress=progress)
    if form is _Format.JSON:
        write_result(as_json(_fields(done)), output)
        return
    note(_text(done))
    write_result(str(done.path), output)


def _explain(
    dataset: str, to: Path | None, at: str | None, form: _Format, output: Path | None
) -> None:
    """Show what changed; exit with 1 where anything did."""
    from bezoar.flows.explaining import explain  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    with progress_bar("Comparing") as progress:
        found = explain(find_project(), dataset, to=to, at=at, progress=progress)
    if form is _Format.HTML:
        text = _page(found)
    elif form is _Format.JSON:
        history = [{"time": time, "what": what} for time, what in found.history]
        fields = {"dataset": found.spec, "compared": found.compared, "history": history}
        text = findings_result(
            FindingsFormat.JSON, found.outcomes, subject=found.spec, fields=fields
        )
    else:
        text = _explanation_text(found)
    write_result(text, output)
    raise typer.Exit(1 if found.findings else 0)


def _page(found: "Explanation") -> str:
    from bezoar.flows.thumbnails import thumbnails  # noqa: PLC0415 - see the package's docstring
    from bezoar.report.changes import PAIRS_SHOWN, changes_html  # noqa: PLC0415 - the same

    sides = {
        (one.finding.place.name, number): data
        for one in found.changes[:PAIRS_SHOWN]
        for number, data in enumerate((one.before, one.after))
        if data is not None
    }
    names = {f"{number} {path}": (path, number) for path, number in sides}
    small = thumbnails({name: sides[side] for name, side in names.items()})
    paths = dict.fromkeys(names[name][0] for name in small)
    pictures = {path: (small.get(f"0 {path}"), small.get(f"1 {path}")) for path in paths}
    return changes_html(found.spec, found.findings, found.history, pictures)


def _explanation_text(found: "Explanation") -> str:
    differ = len({one.path for one in found.changes})
    lines = [f"{found.spec}: {differ:,} of {found.compared:,} files differ from what was approved"]
    if not found.compared:
        lines = [f"{found.spec}: nobody can say which files were approved"]
    text = "\n".join(lines) + "\n"
    if found.findings:
        text += "\n" + findings_result(
            FindingsFormat.TEXT,
            [outcome for outcome in found.outcomes if outcome.findings],
            subject=found.spec,
        )
    if found.history:
        rows = (f"  {printable(time)}  {printable(what)}" for time, what in found.history)
        text += "\nWho did what, and when\n" + "\n".join(rows) + "\n"
    return text


def _fields(done: "Pulled") -> dict[str, Any]:
    delivered, approval = done.delivered, done.approval
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset": done.entry.spec,
        "path": str(done.path),
        "root": str(approval.root),
        "files": delivered.files,
        "bytes": delivered.bytes,
        "cached": delivered.cached,
        "reused": delivered.reused,
        "present": delivered.present,
        "mirror": done.mirror,
        "signers": list(approval.signers),
        "approved": approval.time,
        "statement": str(approval.statement),
        "commit": done.commit or None,
        "seconds": done.seconds,
    }


def _text(done: "Pulled") -> str:
    delivered, approval = done.delivered, done.approval
    how = "was here" if delivered.present else "is here"
    origin = [f"{delivered.cached:,} from the cache"] if delivered.cached else []
    origin += [f"{delivered.reused:,} from a run that was ended"] if delivered.reused else []
    counted = f"{delivered.files:,} file" + ("s" if delivered.files != 1 else "")
    size = f"{counted}, {delivered.bytes:,} bytes, each one verified"
    return "\n".join(
        [
            f"{done.entry.spec} {how}: " + ", ".join([size, *origin]),
            f"  approved by {', '.join(approval.signers)} on {approval.time}: {approval.reason}",
        ]
    )
