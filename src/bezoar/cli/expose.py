"""`bezoar inspect` and `bezoar clean`: find poison, and take it out."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.clean import clean
from bezoar.cli.output import (
    ExitZeroOption,
    OutputOption,
    Panel,
    as_json,
    exit_code,
    note,
    progress_bar,
    require,
    whole_file,
    write_result,
)
from bezoar.expose.judge import JudgeKind

if TYPE_CHECKING:
    from bezoar.core.sample import Dataset
    from bezoar.datasets.indexed import IndexedDataset
    from bezoar.expose.inspection import Inspection
    from bezoar.project import Project


class InspectionFormat(StrEnum):
    """How an inspection is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add this stage's commands."""
    app.command("inspect", rich_help_panel=Panel.EXPOSE)(inspect)
    app.command("clean", rich_help_panel=Panel.EXPOSE)(clean)


def inspect(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[str, typer.Argument(help="A data set: a folder, archive, .npz, .parquet.")],
    trusted: Annotated[
        str | None,
        typer.Option(metavar="REFERENCE", help="An approved version: learn from it first."),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one row per sample as Parquet."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as one HTML file.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Everything random is drawn from it.")] = 0,
    judge: Annotated[
        JudgeKind,
        typer.Option(help="Who judges: outlines (seconds), networks (minutes), or what fits."),
    ] = JudgeKind.AUTO,
    form: Annotated[
        InspectionFormat, typer.Option("--format", help="How to write the result.")
    ] = InspectionFormat.TEXT,
    output: OutputOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Find poison in a data set of images.

    Exits 0 if the data is admitted, 1 if it is quarantined or rejected, 3 if undecided.
    """
    from bezoar.project import find_project  # noqa: PLC0415 - late, as all below

    project = find_project()
    opened = _opened(dataset, project)
    reference = _opened(trusted, project) if trusted else None
    policy = project.settings.as_policy()
    require("inspect", "scipy")
    from bezoar.expose.inspect import inspect as look  # noqa: PLC0415

    with progress_bar("Inspecting") as progress:
        inspection = look(
            opened,
            trusted=reference,
            seed=seed,
            judge=judge,
            policy=policy,
            progress=progress,
        )
    if scores:
        with whole_file(scores) as draft:
            inspection.table.write_parquet(draft)
    if report:
        write_result(_html(inspection, opened), report)
        note(f"report: {report}")
    _record(inspection, project, dataset)
    pictures = None if report or not inspection.flagged else f"bezoar inspect {quote(dataset)}"
    write_result(_written(form, inspection, opened, pictures), output)
    code = exit_code((), verdict=inspection.verdict, exit_zero=exit_zero)
    raise typer.Exit(code)


def _opened(text: str, project: "Project") -> "IndexedDataset":
    """Open what a path or a name of the DBOM means, named as it was written.

    The name is what the commands that are proposed next will say.
    """
    from bezoar.datasets.dbom import Dbom, means_path  # noqa: PLC0415
    from bezoar.datasets.opening import open_dataset  # noqa: PLC0415

    path = Path(text).expanduser()
    if not means_path(text):
        dbom = Dbom(project)
        path = dbom.locate(dbom.find(text))
    return replace(open_dataset(path), name=text)


def _record(inspection: "Inspection", project: "Project", text: str) -> None:
    """Leave an event in the project's ledger; of a registered dataset with the root it has."""
    from bezoar.datasets.dbom import Dbom, means_path  # noqa: PLC0415
    from bezoar.ledger import open_ledger  # noqa: PLC0415

    detail = {
        "verdict": str(inspection.verdict.decision),
        "decided_by": list(inspection.verdict.decided_by),
        "samples": inspection.table.height,
        "flagged": len(inspection.flagged),
        "reference": inspection.reference,
        "seconds": round(inspection.seconds, 1),
        **inspection.settings,
    }
    if not means_path(text) and (entry := Dbom(project).find(text)).content is not None:
        detail |= {"dataset": entry.spec, "root": str(entry.root)}
    with open_ledger(project) as ledger:
        ledger.append("dataset.inspected", inspection.dataset, detail)


def _written(
    form: InspectionFormat, inspection: "Inspection", dataset: "Dataset", pictures: str | None
) -> str:
    from bezoar.report.junit import junit_xml  # noqa: PLC0415
    from bezoar.report.sarif import sarif_json  # noqa: PLC0415
    from bezoar.report.text import inspection_text  # noqa: PLC0415
    from bezoar.report.wording import Step  # noqa: PLC0415

    match form:
        case InspectionFormat.JSON:
            return as_json(inspection.as_json())
        case InspectionFormat.SARIF:
            return sarif_json(inspection.outcomes)
        case InspectionFormat.JUNIT:
            return junit_xml(inspection.outcomes, name=inspection.dataset)
        case InspectionFormat.HTML:
            return _html(inspection, dataset)
        case InspectionFormat.TEXT:
            command = f"{pictures} --scores scores.parquet --report report.html"
            steps = [Step("See the pictures", command)] if pictures else []
            return inspection_text(inspection, steps=steps)


def _html(inspection: "Inspection", dataset: "Dataset") -> str:
    from bezoar.datasets.decoding import decode  # noqa: PLC0415
    from bezoar.report.html import inspection_html  # noqa: PLC0415

    fetch = {sample.id: sample.fetch for sample in dataset}
    return inspection_html(inspection, lambda name: decode(fetch[name]()))
