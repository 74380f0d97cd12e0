"""`bezoar dbom export` and `bezoar dbom import`: the formats that others read and write."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    Format,
    FormatOption,
    OutputOption,
    as_json,
    exit_code,
    note,
    progress_bar,
    write_result,
)
from bezoar.core.errors import NothingToInspectError, UsageError

if TYPE_CHECKING:
    from bezoar.recon.exchange_import import Import

SCHEMA_VERSION = 1


class ExportFormat(StrEnum):
    """The formats of `bezoar.recon.exchange.Form`, without its imports."""

    CYCLONEDX = "cyclonedx"
    CYCLONEDX_1_6 = "cyclonedx-1.6"
    SPDX = "spdx"
    CROISSANT = "croissant"
    CROISSANT_1_0 = "croissant-1.0"
    INTOTO = "intoto"
    DVC = "dvc"


def register(dbom: typer.Typer) -> None:
    """Add the two commands to `bezoar dbom`."""
    dbom.command("export")(export)
    dbom.command("import")(import_)


def export(
    form: Annotated[ExportFormat, typer.Option("--format", help="Which format.")],
    dataset: Annotated[
        str | None, typer.Argument(metavar="NAME[@VERSION]", help="Which entry.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every entry, in one file.")] = False,
    output: OutputOption = None,
) -> None:
    """Write what the DBOM knows as CycloneDX, SPDX, Croissant, an in-toto statement or .dvc.

    A .dvc file is written only for bytes that still are what was registered.
    """
    from bezoar.cli.dbom import open_dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.recon import exchange  # noqa: PLC0415 - the same

    if every == (dataset is not None):
        raise UsageError("give NAME or --all", next="bezoar dbom export --help")
    _, dbom = open_dbom()
    entries = [dbom.find(dataset)] if dataset is not None else dbom.entries()
    if not entries:
        raise NothingToInspectError("the DBOM is empty", next="bezoar dbom add --help")
    to_file = output is not None and str(output) != "-"
    folder = output.absolute().parent if output is not None and to_file else Path.cwd()
    write_result(exchange.export(entries, exchange.Form(form), dbom, folder), output)


def import_(  # noqa: PLR0917 - one parameter for each option
    source: Annotated[Path, typer.Argument(help="A file, or a folder of the formats above.")],
    name: Annotated[
        str | None, typer.Option(help="Its name here; which one, where there are more.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="This version's name.")] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="Where it comes from, if the file does not say.")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="PATH", help="Where the data lies.")] = None,
    pick: Annotated[
        str | None, typer.Option(metavar="OUT", help="Which output of a dvc.lock.")
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Add what another tool knows of a dataset.

    Reads Croissant, .dvc and dvc.lock, Git LFS pointers, a snapshot in the cache of the Hugging
    Face Hub, and the CycloneDX, SPDX and in-toto files that bezoar writes. Where the bytes are
    here they are compared with what the file states: what holds is SHA-256 from then on, what
    does not is quarantined.
    """
    from bezoar.cli.dbom import open_dbom, record  # noqa: PLC0415 - see the package's docstring
    from bezoar.cli.recon_text import registration_text  # noqa: PLC0415 - the same
    from bezoar.recon.exchange_import import Wanted, import_datasets  # noqa: PLC0415 - the same

    project, dbom = open_dbom()
    wanted = Wanted(name, version, tuple(origin or ()), data, pick)
    with progress_bar("Hashing") as progress:
        results = import_datasets(source, wanted, dbom, progress)
    for one in results:
        if (entry := one.registration.entry) is not None:
            record(project, "dbom.imported", entry, _detail(one))
        for line in one.notes:
            note(f"note: {line}")
    if form is Format.JSON:
        rows = [_as_json(one) for one in results]
        text = as_json({"schema_version": SCHEMA_VERSION, "datasets": rows})
    else:
        text = "\n\n".join(registration_text(one.registration, source) for one in results)
    write_result(text, output)
    findings = [finding for one in results for finding in one.registration.findings]
    limit = fail_on or project.settings.fail_on
    raise typer.Exit(exit_code(findings, limit, exit_zero=exit_zero))


def _detail(result: "Import") -> dict[str, Any]:
    entry = result.registration.entry
    detail: dict[str, Any] = {"format": result.form}
    if entry is not None:
        detail |= {"status": str(entry.status), "files": len(entry.origin.files)}
        if content := entry.content:
            detail |= {"root": content.root, "manifest": content.manifest}
    return detail


def _as_json(result: "Import") -> dict[str, Any]:
    entry, findings = result.registration.entry, result.registration.findings
    return {
        "format": result.form,
        "entry": entry.model_dump(mode="json") if entry else None,
        "findings": [finding.as_json() for finding in findings],
        "notes": list(result.notes),
    }
