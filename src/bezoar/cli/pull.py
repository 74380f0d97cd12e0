"""`bezoar pull`: a verified copy of an approved dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    note,
    progress_bar,
    write_result,
)

if TYPE_CHECKING:
    from bezoar.flows.pulling import Pulled

SCHEMA_VERSION = 1


def register(app: typer.Typer) -> None:
    """Add `pull`."""
    app.command("pull", rich_help_panel=Panel.FORTIFY)(pull)


def pull(
    dataset: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Which dataset.")],
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder that is to hold it; else in .bezoar/data."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="COMMIT", help="The data of that commit, branch or tag."),
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Copy an approved dataset from the mirror; every byte is verified, or nothing is delivered.

    Signatures, revocations, the root and each file are checked, each time; a copy that is there
    already is verified where it lies. Prints the copy's path.
    """
    from bezoar.flows.pulling import pull_version  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    with progress_bar("Pulling") as progress:
        done = pull_version(project, dataset, to=to, at=at, progress=progress)
    if form is Format.JSON:
        write_result(as_json(_fields(done)), output)
        return
    note(_text(done))
    write_result(str(done.path), output)


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
