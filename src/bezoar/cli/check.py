"""`bezoar check`: the gate in continuous integration."""

import time
from collections.abc import Sequence
from dataclasses import replace
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
    progress_bar,
    width,
    write_result,
)
from bezoar.cli.scan import BaselineOption
from bezoar.core.errors import UsageError
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind

if TYPE_CHECKING:
    from bezoar.flows.check import Checked


def register(app: typer.Typer) -> None:
    """Add `check`."""
    app.command("check", rich_help_panel=Panel.RECON)(check)


def check(  # noqa: PLR0917 - one parameter for each option
    path: Annotated[Path, typer.Argument(help="A folder or a file of the project.")] = Path(),
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="BASE", help="Judge only what was added since this commit, by its word."
        ),
    ] = None,
    baseline: BaselineOption = None,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Hash registered data that lies here.")
    ] = True,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write FILE.sarif, FILE.xml (JUnit) or FILE.json."),
    ] = None,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Check a project, or a change to it, as CI does: sources, DBOM, local data, ledger.

    With `--diff BASE` settings, DBOM, baseline and suppressions are those of BASE: what is judged
    has no say in how. Exits 0 if it is admitted, 1 if not, 3 if undecided.
    """
    from bezoar.flows.check import check as run  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same
    from bezoar.recon.before import project_before  # noqa: PLC0415 - the same

    began, reported = time.monotonic(), _format_of(report) if report else None
    before = project_before(path if path.is_dir() else path.parent, diff) if diff else None
    project = before.project if before else find_project()
    with progress_bar("Checking") as progress:
        checked = run(
            path,
            project,
            before=before,
            baseline=baseline,
            fail_on=fail_on,
            verify=verify,
            progress=progress,
        )
    _record(checked, round(time.monotonic() - began, 3))
    if reported:
        write_result(check_result(reported, checked, str(path)), report)
    write_result(check_result(form, checked, str(path)), output)
    code = exit_code(checked.findings, checked.fail_on, checked.verdict, exit_zero=exit_zero)
    raise typer.Exit(code)


def check_result(form: FindingsFormat, checked: "Checked", subject: str) -> str:
    """Return what came of a check in the format asked for."""
    from bezoar.cli.check_text import check_json, check_text  # noqa: PLC0415 - see the package

    match form:
        case FindingsFormat.TEXT:
            return check_text(checked, subject, width=width())
        case FindingsFormat.JSON:
            return check_json(checked, subject)
        case _:
            outcomes = in_repository(checked.outcomes, checked.project.root)
            return findings_result(form, outcomes, subject=subject, fail_on=checked.fail_on)


def _format_of(report: Path) -> FindingsFormat:
    """Return the format that a report's name asks for."""
    forms = {".sarif": "sarif", ".xml": "junit", ".json": "json"}
    if report.suffix not in forms:
        raise UsageError(
            f"{report} is none of {', '.join(f'*{suffix}' for suffix in forms)}",
            next="bezoar check --report bezoar.sarif",
        )
    return FindingsFormat(forms[report.suffix])


def in_repository(outcomes: Sequence[Outcome], root: Path) -> list[Outcome]:
    """Return outcomes with paths as the repository has them: what CI services look files up by."""
    top = next((one for one in (root, *root.parents) if (one / ".git").exists()), root)
    below = root.relative_to(top).as_posix()
    if below == ".":
        return list(outcomes)
    return [
        replace(
            outcome,
            findings=tuple(
                replace(finding, place=_below(finding.place, below)) for finding in outcome.findings
            ),
        )
        for outcome in outcomes
    ]


def _below(place: Place, folder: str) -> Place:
    if place.kind in (PlaceKind.FILE, PlaceKind.SAMPLE):
        return replace(place, name=f"{folder}/{place.name}")
    return place


def _record(checked: "Checked", seconds: float) -> None:
    """Leave the verdict in the project's ledger."""
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - see the package's docstring

    detail = {
        "verdict": str(checked.verdict.decision),
        "decided_by": list(checked.verdict.decided_by),
        "findings": len(checked.findings),
        "sources": len(checked.sight.inventory.fetches),
        "verified": list(checked.verified),
        "base": checked.base,
        "seconds": seconds,
    }
    with open_ledger(checked.project) as ledger:
        for spec, found in checked.verified.items():
            ledger.append("dataset.verified", spec, found)
        ledger.append("project.checked", checked.base or checked.project.root.name, detail)
