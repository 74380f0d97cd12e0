"""`bezoar scan`: which lines fetch data, from where, pinned to what?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    Panel,
    exit_code,
    findings_result,
    note,
    progress_bar,
    width,
    write_result,
)
from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from bezoar.core.severity import Severity
    from bezoar.recon.scanning import Look

BaselineOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Leave out the findings that this file lists."),
]


def register(app: typer.Typer) -> None:
    """Add `scan`."""
    app.command("scan", rich_help_panel=Panel.RECON)(scan)


def scan(  # noqa: PLR0917 - one parameter for each option
    path: Annotated[Path, typer.Argument(help="A folder, a file, a container image.")] = Path(),
    diff: Annotated[
        str | None,
        typer.Option(metavar="BASE", help="Find only what the tree adds to this commit."),
    ] = None,
    baseline: BaselineOption = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a baseline of all that is found, and exit 0."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Look into vendored and built folders, too.")
    ] = False,
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Obey no suppression, as in somebody else's tree.")
    ] = False,
    strict_unreadable: Annotated[
        bool, typer.Option("--strict-unreadable", help="Exit 3 where a file could not be read.")
    ] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Show how Python code would read what is registered instead."),
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="With --fix: register the sources, write the files.")
    ] = False,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Find every line that fetches data, or a model trained elsewhere.

    Code and configuration are read, never run. A tree outside your project is judged by your
    project's settings and DBOM; its own settings and suppressions have no say.
    """
    from bezoar.project import find_project  # noqa: PLC0415 - see the package's docstring
    from bezoar.recon.baseline import baseline_json, read_baseline  # noqa: PLC0415 - the same
    from bezoar.recon.scanning import look  # noqa: PLC0415 - the same

    if write and not fix:
        raise UsageError("--write belongs to --fix", next="bezoar scan --fix --write")
    if fix and (diff or baseline or write_baseline):
        raise UsageError("--fix takes no commit and no baseline", next="bezoar scan --fix")
    project = find_project()
    known = read_baseline(baseline) if baseline else frozenset()
    with progress_bar("Reading") as progress:
        seen = look(
            path,
            project,
            known=known,
            base=diff,
            everything=everything,
            foreign=foreign,
            progress=progress,
        )
    if fix:
        from bezoar.cli.fix import fix as mend  # noqa: PLC0415 - the same

        mend(seen, project, form, output, write=write)
        raise typer.Exit
    limit = fail_on or project.settings.fail_on
    if write_baseline is not None:
        judgement = seen.judgement
        write_result(baseline_json((*judgement.findings, *judgement.known)), write_baseline)
        note(f"{len(judgement.findings) + len(judgement.known):,} findings in {write_baseline}")
        raise typer.Exit
    write_result(scan_result(form, seen, str(path), limit), output)
    if strict_unreadable and seen.inventory.unreadable:
        raise typer.Exit(BezoarError.exit_code)
    raise typer.Exit(exit_code(seen.judgement.findings, limit, exit_zero=exit_zero))


def scan_result(form: FindingsFormat, seen: "Look", subject: str, fail_on: "Severity") -> str:
    """Return what a scan saw in the format asked for."""
    from bezoar.report.sources import sources_json, sources_text  # noqa: PLC0415 - see above

    match form:
        case FindingsFormat.TEXT:
            return sources_text(seen, subject, width=width())
        case FindingsFormat.JSON:
            return sources_json(seen, subject)
        case _:
            return findings_result(form, seen.judgement.outcomes, subject=subject, fail_on=fail_on)
