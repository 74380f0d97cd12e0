"""`bezoar profile`: what is in a data set, and what changed?"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import OutputOption, Panel, progress_bar, width, write_result

if TYPE_CHECKING:
    from bezoar.flows.profile import Profiled


class ProfileFormat(StrEnum):
    """How a profile is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add `profile`."""
    app.command("profile", rich_help_panel=Panel.EVALUATE)(profile)


def profile(  # noqa: PLR0917 - one parameter for each option
    dataset: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="NAME, NAME@VERSION, or a path: ./x, x.npz.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION", help="Tell what changed since: VERSION, NAME@VERSION, PATH."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The class column of a tabular set.")
    ] = None,
    provenance: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="path, source, uploader, added_at, split of samples."),
    ] = None,
    form: Annotated[
        ProfileFormat, typer.Option("--format", help="How to write the result.")
    ] = ProfileFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Show what is in a data set: classes, columns, what the label follows, duplicates, outliers.

    With --against, what changed comes first: labels, samples, classes and by whom, columns. It
    describes and does not judge: it exits with 0 whatever it shows. `validate` judges.
    """
    from bezoar.flows.profile import profile as run  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    found = run(
        dataset,
        find_project(),
        against=against,
        label=label,
        provenance=provenance,
        stages=progress_bar,
    )
    write_result(_result(form, found), output)


def _result(form: ProfileFormat, found: "Profiled") -> str:
    match form:
        case ProfileFormat.JSON:
            from bezoar.report.profile_json import profile_json  # noqa: PLC0415 - see the package

            return profile_json(
                found.profile,
                found.comparison,
                found.table.name,
                root=str(found.table.root),
                table=str(found.table.path),
                seconds=round(found.seconds, 3),
            )
        case ProfileFormat.HTML:
            return _page(found)
        case ProfileFormat.TEXT:
            from bezoar.cli.profile_text import profile_text  # noqa: PLC0415 - see the package

            return profile_text(found.profile, found.comparison, found.table.name, width())


def _page(found: "Profiled") -> str:
    from bezoar.flows.profile_pictures import pictures_of  # noqa: PLC0415 - see the package
    from bezoar.report.profile_html import profile_html, samples_shown  # noqa: PLC0415 - the same

    shown = samples_shown(found.profile, found.comparison)
    with progress_bar("Reading pictures"):
        picture = pictures_of(found.table, found.location, shown)
    made = {"root": str(found.table.root), "time": f"{found.seconds:.1f} s"}
    return profile_html(found.profile, found.comparison, found.table.name, picture, made=made)
