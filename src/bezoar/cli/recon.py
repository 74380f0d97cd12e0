"""`bezoar dbom` and `bezoar verify`: what feeds my models, pinned to which bytes?"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    exit_code,
    findings_result,
    note,
    progress_bar,
    table,
    write_result,
)
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.core.manifest import Manifest
    from bezoar.datasets.dbom import Dbom
    from bezoar.datasets.entry import DbomEntry
    from bezoar.project import Project

SCHEMA_VERSION = 1

_Dataset = Annotated[
    str, typer.Argument(metavar="NAME|PATH", help="NAME, NAME@VERSION, or a path: ./x, x.npz.")
]


def register(app: typer.Typer) -> None:
    """Add this stage's commands."""
    dbom = typer.Typer(
        no_args_is_help=True, help="The data bill of materials: what feeds my models."
    )
    dbom.command("add")(add)
    dbom.command("list")(list_)
    dbom.command("diff")(diff)
    app.add_typer(dbom, name="dbom", rich_help_panel=Panel.RECON)
    app.command("verify", rich_help_panel=Panel.RECON)(verify)


def add(  # noqa: PLR0917 - one parameter for each option
    path: Annotated[Path, typer.Argument(help="A folder, archive, .npz or .parquet.")],
    name: Annotated[str, typer.Option(help="Lower case; letters, digits, . _ -")],
    version: Annotated[str, typer.Option(help="This version's name.")],
    origin: Annotated[list[str], typer.Option(help="Where it comes from: a URI; repeatable.")],
    purpose: Annotated[str, typer.Option(help="What it is for.")] = "",
    revision: Annotated[
        str | None, typer.Option(help="The source's commit, tag or version.")
    ] = None,
    publisher: Annotated[str | None, typer.Option(help="Who publishes it.")] = None,
    licence: Annotated[str | None, typer.Option(help="An SPDX expression.")] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Register one version of a dataset: hash each sample and its label."""
    from bezoar.cli.recon_text import (  # noqa: PLC0415 - see the package's docstring
        registration_json,
        registration_text,
    )
    from bezoar.recon.registering import Facts, register_dataset  # noqa: PLC0415 - the same

    project, dbom = _open()
    facts = Facts(name, version, tuple(origin), purpose, revision, publisher, licence)
    with progress_bar("Hashing") as progress:
        result = register_dataset(path, facts, dbom, progress)
    if result.entry is not None:
        content = result.entry.content
        detail = {"root": content.root, "manifest": content.manifest, "samples": content.samples}
        _record(project, "dbom.added", result.entry, detail | {"status": str(result.entry.status)})
    text = registration_json(result) if form is Format.JSON else registration_text(result, path)
    write_result(text, output)
    limit = fail_on or project.settings.fail_on
    raise typer.Exit(exit_code(result.findings, limit, exit_zero=exit_zero))


def list_(form: FormatOption = Format.TEXT, output: OutputOption = None) -> None:
    """List what the DBOM knows."""
    _, dbom = _open()
    entries = dbom.entries()
    if form is Format.JSON:
        rows = [entry.model_dump(mode="json") for entry in entries]
        write_result(as_json({"schema_version": SCHEMA_VERSION, "datasets": rows}), output)
        return
    if not entries:
        note("the DBOM is empty\n  try: bezoar dbom add --help")
        return
    from bezoar.cli.recon_text import LIST_COLUMNS, list_row  # noqa: PLC0415 - see the package

    write_result(table(LIST_COLUMNS, [list_row(entry) for entry in entries]), output)


def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="NAME, NAME@VERSION, or a path.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Show what differs between two versions: samples, bytes, labels, names."""
    from bezoar.cli.recon_text import difference_json, difference_text  # noqa: PLC0415 - the same
    from bezoar.core.manifest_diff import diff as compare  # noqa: PLC0415 - see the package

    _, dbom = _open()
    one, other = _manifest(old, dbom), _manifest(new, dbom)
    difference = compare(one, other)
    if form is Format.JSON:
        fields = {"schema_version": SCHEMA_VERSION, "old": str(one.root), "new": str(other.root)}
        write_result(as_json(fields | difference_json(difference)), output)
        return
    write_result(difference_text(difference, len(one), len(other)), output)


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
    from bezoar.datasets.opening import open_dataset  # noqa: PLC0415 - see the package's docstring
    from bezoar.datasets.survey import start_hashing  # noqa: PLC0415 - the same

    began = time.monotonic()
    project, dbom = _open()
    entry, path = _registered(dataset, dbom, at)
    opened = open_dataset(path)
    # The files are hashed in the background while the libraries below are imported.
    hashes = start_hashing(opened)
    import bezoar.ledger.ledger  # noqa: F401, PLC0415 - see above: it imports SQLAlchemy
    from bezoar.cli.recon_text import verification_text  # noqa: PLC0415 - see above
    from bezoar.recon.registered import verify_entry  # noqa: PLC0415 - see above

    with progress_bar("Verifying") as progress:
        result = verify_entry(entry, dbom.manifests, opened, hashes, progress)
    seconds = round(time.monotonic() - began, 3)
    findings = [finding for outcome in result.outcomes for finding in outcome.findings]
    detail = {"root": str(result.root), "samples": result.samples, "seconds": seconds}
    _record(project, "dataset.verified", entry, detail | {"findings": len(findings)})
    limit = fail_on or project.settings.fail_on
    fields = {"dataset": entry.spec, "status": str(entry.status), "location": str(path)} | detail
    text = findings_result(form, result.outcomes, subject=entry.spec, fields=fields, fail_on=limit)
    if form is FindingsFormat.TEXT:
        text = verification_text(result, entry, path) + (f"\n{text}" if findings else "")
    write_result(text, output)
    raise typer.Exit(exit_code(findings, limit, exit_zero=exit_zero))


def _open() -> tuple["Project", "Dbom"]:
    """Return the project that the current folder belongs to, and its DBOM."""
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    return project, Dbom(project)


def _registered(text: str, dbom: "Dbom", at: Path | None) -> tuple["DbomEntry", Path]:
    """Return the entry that a name or a path means, and where its data lies."""
    from bezoar.datasets.dbom import means_path  # noqa: PLC0415 - see the package's docstring

    if means_path(text):
        path = Path(text).expanduser()
        return dbom.at(path), at or path
    entry = dbom.find(text)
    path = at or dbom.locate(entry)
    if not path.exists():
        raise UsageError(f"{path} does not exist", next=f"bezoar verify {text} --at PATH")
    return entry, path


def _manifest(text: str, dbom: "Dbom") -> "Manifest":
    """Return the manifest of a registered version, or of what lies at a path."""
    from bezoar.datasets.dbom import means_path  # noqa: PLC0415 - see the package's docstring
    from bezoar.datasets.manifest import (  # noqa: PLC0415 - the same
        build_manifest,
        manifest_path,
        read_manifest,
    )
    from bezoar.datasets.opening import open_dataset  # noqa: PLC0415 - the same

    if means_path(text):
        with progress_bar("Hashing") as progress:
            return build_manifest(open_dataset(Path(text).expanduser()), progress)
    entry = dbom.find(text)
    path = manifest_path(dbom.manifests, entry.manifest)
    return read_manifest(path, entry.manifest, entry.root)


def _record(project: "Project", kind: str, entry: "DbomEntry", detail: dict[str, Any]) -> None:
    """Leave an event in the project's ledger."""
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - see the package's docstring

    with open_ledger(project) as ledger:
        ledger.append(kind, entry.spec, detail)
