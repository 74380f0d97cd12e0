"""`bezoar dbom`: the data bill of materials."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli import dbom_exchange, dbom_source
from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    exit_code,
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
_HELP = "bezoar dbom add --help"

OriginOption = Annotated[
    list[str] | None, typer.Option(help="Where it comes from: a URI; repeatable.")
]
PurposeOption = Annotated[str, typer.Option(help="What it is for.")]
RevisionOption = Annotated[str | None, typer.Option(help="The source's commit, tag or version.")]
PublisherOption = Annotated[str | None, typer.Option(help="Who publishes it.")]
LicenceOption = Annotated[str | None, typer.Option(help="An SPDX expression, as CC-BY-4.0.")]
OwnerOption = Annotated[list[str] | None, typer.Option(help="Who answers for it; repeatable.")]
SensitivityOption = Annotated[
    str | None,
    typer.Option(metavar="WHO", help="public, internal, confidential or restricted."),
]
DerivedOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME@VERSION", help="What it was made from; repeatable."),
]
TransformOption = Annotated[str, typer.Option(help="What made it from that.")]


def register(app: typer.Typer) -> None:
    """Add this stage's commands."""
    dbom = typer.Typer(
        no_args_is_help=True, help="The data bill of materials: what feeds my models."
    )
    dbom.command("add")(add)
    dbom.command("set")(set_)
    dbom.command("list")(list_)
    dbom.command("diff")(diff)
    dbom_exchange.register(dbom)
    dbom_source.register(dbom)
    app.add_typer(dbom, name="dbom", rich_help_panel=Panel.RECON)


def add(  # noqa: PLR0917 - one parameter for each option
    path: Annotated[
        Path | None, typer.Argument(help="A folder, archive, .npz or .parquet.")
    ] = None,
    name: Annotated[str, typer.Option(help="Lower case; letters, digits, . _ -")] = "",
    version: Annotated[str, typer.Option(help="This version's name.")] = "",
    origin: OriginOption = None,
    purpose: PurposeOption = "",
    revision: RevisionOption = None,
    publisher: PublisherOption = None,
    licence: LicenceOption = None,
    owner: OwnerOption = None,
    sensitivity: SensitivityOption = None,
    derived_from: DerivedOption = None,
    transform: TransformOption = "",
    draft: Annotated[
        bool, typer.Option("--draft", help="Note it without PATH: the bytes are not here yet.")
    ] = False,
    files: Annotated[
        bool, typer.Option("--files", help="Pin each file as it is: tables, models.")
    ] = False,
    from_scan: Annotated[
        bool,
        typer.Option("--from-scan", help="Draft each unknown source that a scan of PATH finds."),
    ] = False,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Register one version of a dataset: hash each sample and its label.

    With the name of a draft, PATH completes it, and what the draft says need not be said again.
    """
    from bezoar.cli.recon_text import (  # noqa: PLC0415 - see the package's docstring
        registration_json,
        registration_text,
    )
    from bezoar.recon.registering import (  # noqa: PLC0415 - the same
        Facts,
        Registration,
        draft_dataset,
        register_dataset,
    )

    if from_scan:
        if name or version or origin or draft:
            raise UsageError("--from-scan names its drafts itself: give PATH alone", _HELP)
        from bezoar.cli.from_scan import add_from_scan  # noqa: PLC0415 - the same

        add_from_scan(path or Path(), form, output)
        return
    if not (name and version):
        raise UsageError("give --name and --version, or --from-scan", _HELP)
    if draft == (path is not None):
        raise UsageError("give PATH, or --draft for a dataset whose bytes are not here yet", _HELP)
    project, dbom = open_dbom()
    facts = Facts(
        name,
        version,
        tuple(origin or ()),
        purpose,
        revision,
        publisher,
        licence,
        sensitivity,
        tuple(owner or ()),
        tuple(derived_from or ()),
        transform,
    )
    if path is None:
        result = Registration(draft_dataset(facts, dbom), ())
    else:
        with progress_bar("Hashing") as progress:
            result = register_dataset(path, facts, dbom, progress, files=files)
    if result.entry is not None:
        record(project, "dbom.added", result.entry, _added(result.entry))
    text = registration_json(result) if form is Format.JSON else registration_text(result, path)
    write_result(text, output)
    limit = fail_on or project.settings.fail_on
    raise typer.Exit(exit_code(result.findings, limit, exit_zero=exit_zero))


def set_(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Which entry.")],
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="draft, quarantined or revoked.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why its status changes.")] = "",
    purpose: PurposeOption = "",
    revision: RevisionOption = None,
    publisher: PublisherOption = None,
    licence: LicenceOption = None,
    owner: OwnerOption = None,
    sensitivity: SensitivityOption = None,
    derived_from: DerivedOption = None,
    transform: TransformOption = "",
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Change what the DBOM says about a dataset; its bytes are a new version's business.

    A status changes with a reason. What was approved is so by its sign-off, not by hand.
    """
    from bezoar.cli.recon_text import changes_text  # noqa: PLC0415 - see the package's docstring
    from bezoar.recon.registering import Facts, set_facts  # noqa: PLC0415 - the same

    project, dbom = open_dbom()
    entry = dbom.find(dataset)
    facts = Facts(
        entry.name,
        entry.version,
        (),
        purpose,
        revision,
        publisher,
        licence,
        sensitivity,
        tuple(owner or ()),
        tuple(derived_from or ()),
        transform,
    )
    after, changes = set_facts(entry, facts, dbom, status=status, reason=reason)
    if changes:
        kind = f"dbom.{after.status}" if "status" in changes else "dbom.changed"
        record(project, kind, after, {"changes": changes})
    if form is Format.JSON:
        rows = {"schema_version": SCHEMA_VERSION, "entry": after.model_dump(mode="json")}
        write_result(as_json(rows | {"changes": changes}), output)
        return
    write_result(changes_text(after, changes), output)


def list_(form: FormatOption = Format.TEXT, output: OutputOption = None) -> None:
    """List what the DBOM knows."""
    _, dbom = open_dbom()
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

    _, dbom = open_dbom()
    one, other = _manifest(old, dbom), _manifest(new, dbom)
    difference = compare(one, other)
    if form is Format.JSON:
        fields = {"schema_version": SCHEMA_VERSION, "old": str(one.root), "new": str(other.root)}
        write_result(as_json(fields | difference_json(difference)), output)
        return
    write_result(difference_text(difference, len(one), len(other)), output)


def open_dbom() -> tuple["Project", "Dbom"]:
    """Return the project that the current folder belongs to, and its DBOM."""
    from bezoar.datasets.dbom import Dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    return project, Dbom(project)


def record(project: "Project", kind: str, entry: "DbomEntry", detail: dict[str, Any]) -> None:
    """Leave an event about an entry in the project's ledger."""
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - see the package's docstring

    with open_ledger(project) as ledger:
        ledger.append(kind, entry.spec, detail)


def _added(entry: "DbomEntry") -> dict[str, Any]:
    """Return what the ledger keeps of a new entry."""
    detail: dict[str, Any] = {"status": str(entry.status)}
    if content := entry.content:
        pinned = {"root": content.root, "manifest": content.manifest, "samples": content.samples}
        detail = pinned | detail
    return detail


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
