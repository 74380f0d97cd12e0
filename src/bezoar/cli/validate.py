"""`bezoar validate`: is this data what we expect?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    as_json,
    exit_code,
    findings_result,
    note,
    progress_bar,
    write_result,
)
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.flows.validate import Validated
    from bezoar.project import Project

_HELP = "bezoar validate --help"


def register(app: typer.Typer) -> None:
    """Add `validate`."""
    app.command("validate", rich_help_panel=Panel.EVALUATE)(validate)


def validate(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="NAME, NAME@VERSION, or a path: ./x, x.npz.")
    ] = "",
    suite: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Expectations (GX JSON); else expectations/NAME.json."),
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Write a suite that this data meets; -o FILE.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="NAME@VERSION", help="Compare with it; else the newest approved."),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The class column of a tabular set.")
    ] = None,
    provenance: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="path, source, uploader, added_at, split of samples."),
    ] = None,
    data_docs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write Great Expectations' pages, too.")
    ] = None,
    sql: Annotated[
        str | None, typer.Option(metavar="URL", help="A database, in place of NAME|PATH.")
    ] = None,
    table: Annotated[
        str | None, typer.Option(metavar="TABLE", help="Its table, or SCHEMA.TABLE.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that names its rows.")
    ] = None,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Check that data is what we expect: built-in rules, and a suite of the team's own.

    Exits 1 with the samples behind it where it is not. A suite needs the gx extra.
    """
    from bezoar.flows.validate import Wanted, validate_sql  # noqa: PLC0415 - see the package
    from bezoar.flows.validate import validate as run  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    if bool(dataset) == bool(sql):
        raise UsageError("give NAME or PATH, or --sql URL --table TABLE", _HELP)
    if suggest:
        _suggest(dataset, project, label, output)
        return
    if data_docs is not None and suite is None and sql is not None:
        raise UsageError("--data-docs shows what a suite found: give --suite FILE", _HELP)
    if sql is not None:
        if table is None or suite is None:
            raise UsageError("--sql URL asks for --table TABLE and --suite FILE", _HELP)
        result = validate_sql(sql, table, suite, project, key=key, data_docs=data_docs)
    else:
        wanted = Wanted(suite, against, label, provenance, data_docs)
        result = run(dataset, project, wanted, progress_bar)
    limit = fail_on or project.settings.fail_on
    fields = _fields(result)
    text = findings_result(form, result.outcomes, subject=result.name, fields=fields, fail_on=limit)
    write_result(text + (_summary(result) if form is FindingsFormat.TEXT else ""), output)
    raise typer.Exit(exit_code(result.findings, limit, exit_zero=exit_zero))


def _suggest(dataset: str, project: "Project", label: str | None, output: Path | None) -> None:
    from bezoar.flows.validate import suggest  # noqa: PLC0415 - see the package's docstring

    if not dataset:
        raise UsageError("--suggest describes NAME or PATH", _HELP)
    suite, approved = suggest(dataset, project, label=label, stages=progress_bar)
    if output is not None and str(output) != "-" and not output.parent.is_dir():
        raise UsageError(f"{output.parent} is no folder", next=f"mkdir -p {output.parent}")
    write_result(as_json(suite), output)
    if not approved:
        note("nobody has approved this data: read the suite before you trust it")


def _fields(result: "Validated") -> dict[str, Any]:
    return {
        "dataset": result.name,
        "kind": result.kind,
        "rows": result.rows,
        "root": result.root or None,
        "against": result.against or None,
        "suite": str(result.suite) if result.suite else None,
        "seconds": result.seconds,
    }


def _summary(result: "Validated") -> str:
    rows = f"{result.rows:,} rows, " if result.rows is not None else ""
    lines = [f"looked at  {rows}{result.kind}, in {result.seconds:,.1f} s"]
    if result.against:
        lines.append(f"against    {result.against}")
    if result.suite is not None:
        lines.append(f"suite      {result.suite.name}")
    return "\n" + "\n".join(lines) + "\n"
