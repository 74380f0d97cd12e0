"""`bezoar verify`: is a dataset still what was registered?"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.dbom import open_dbom, record
from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    exit_code,
    findings_result,
    progress_bar,
    write_result,
)
from bezoar.core.errors import UsageError
from bezoar.core.outcome import findings_in

if TYPE_CHECKING:
    from bezoar.datasets.dbom import Dbom
    from bezoar.datasets.entry import DbomEntry

_Dataset = Annotated[
    str, typer.Argument(metavar="NAME|PATH", help="NAME, NAME@VERSION, or a path: ./x, x.npz.")
]


def register(app: typer.Typer) -> None:
    """Add `verify`."""
    app.command("verify", rich_help_panel=Panel.RECON)(verify)


def verify(  # noqa: PLR0917 - one parameter for each option
    dataset: _Dataset,
    at: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where it lies, if not where the DBOM says.")
    ] = None,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Check that a dataset is still, byte for byte and label for label, what was registered.

    Names each sample that differs; reads every byte, believes no time stamp.
    """
    from bezoar.datasets.files import open_registered  # noqa: PLC0415 - see the package
    from bezoar.datasets.survey import start_hashing  # noqa: PLC0415 - the same

    began = time.monotonic()
    project, dbom = open_dbom()
    entry, path = _registered(dataset, dbom, at)
    opened = open_registered(entry.registered, path)
    # The files are hashed in the background while the libraries below are imported.
    hashes = start_hashing(opened)
    import bezoar.ledger.ledger  # noqa: F401, PLC0415 - see above: it imports SQLAlchemy
    from bezoar.cli.recon_text import verification_text  # noqa: PLC0415 - see above
    from bezoar.recon.registered import verify_entry  # noqa: PLC0415 - see above

    with progress_bar("Verifying") as progress:
        result = verify_entry(entry, dbom.manifests, opened, hashes, progress)
    seconds = round(time.monotonic() - began, 3)
    findings = findings_in(result.outcomes)
    detail = {"root": str(result.root), "samples": result.samples, "seconds": seconds}
    proof = {"manifest": str(entry.manifest), "intact": result.intact, "findings": len(findings)}
    record(project, "dataset.verified", entry, detail | proof)
    limit = fail_on or project.settings.fail_on
    fields = {"dataset": entry.spec, "status": str(entry.status), "location": str(path)} | detail
    text = findings_result(form, result.outcomes, subject=entry.spec, fields=fields, fail_on=limit)
    if form is FindingsFormat.TEXT:
        text = verification_text(result, entry, path) + (f"\n{text}" if findings else "")
    write_result(text, output)
    raise typer.Exit(exit_code(findings, limit, exit_zero=exit_zero))


def _registered(text: str, dbom: "Dbom", at: Path | None) -> tuple["DbomEntry", Path]:
    """Return the entry that a name or a path means, and where its data lies."""
    from bezoar.datasets.dbom import means_path  # noqa: PLC0415 - see the package's docstring

    if means_path(text):
        path = Path(text).expanduser()
        return dbom.at(path), at or path
    entry = dbom.find(text)
    located = dbom.locate(entry)
    path = at or located
    if not path.exists():
        raise UsageError(f"{path} does not exist", next=f"bezoar verify {text} --at PATH")
    return entry, path
