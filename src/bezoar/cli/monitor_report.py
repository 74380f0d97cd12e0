"""`bezoar monitor report`: another tool's report, on the predictions that bezoar judges."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.monitor_serve import (
    BaselineOption,
    FalseAlarmOption,
    StreamArgument,
    trusted_baseline,
)
from bezoar.cli.output import (
    ExitZeroOption,
    Format,
    FormatOption,
    as_json,
    note,
    progress_bar,
    table,
    whole_file,
    write_result,
)
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.limit.comparison import Comparison

FOUND = 1


class Reporter(StrEnum):
    """Whose report it is."""

    EVIDENTLY = "evidently"


def register(group: typer.Typer) -> None:
    """Add `report` to the group of `monitor`."""
    group.command("report")(report)


def report(  # noqa: PLR0917 - one parameter for each option
    stream: StreamArgument,
    baseline: BaselineOption,
    reference: Annotated[
        Path,
        typer.Option(metavar="STREAM", help="The predictions that the baseline was made from."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where the page goes, HTML.")
    ],
    _reporter: Annotated[Reporter, typer.Option("--with", help="Whose report.")] = (
        Reporter.EVIDENTLY
    ),
    false_alarm: FalseAlarmOption = 1_000_000,
    form: FormatOption = Format.TEXT,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Write Evidently's drift report, and say beside it what bezoar sees.

    Both judge the same predictions. Exits 1 where either of them found something.
    """
    from bezoar.limit.comparison import compare  # noqa: PLC0415 - see the package's docstring
    from bezoar.limit.monitor import Monitor  # noqa: PLC0415 - the same

    monitor = Monitor(trusted_baseline(baseline), false_alarm)
    with progress_bar("Comparing"):
        result = compare(stream, reference, monitor)
    with whole_file(output) as draft:
        draft.write_text(result.drift.page, "utf-8")
    write_result(as_json(result.as_json()) if form is Format.JSON else _text(result))
    note(f"wrote {output}")
    if result.found and not exit_zero:
        raise typer.Exit(FOUND)


def _text(result: "Comparison") -> str:
    alerts = result.replay.alerts
    rows = [
        (
            printable(one.column),
            one.method,
            f"{one.score:.3g}",
            f"{one.threshold:g}",
            "yes" if one.drifted else "no",
        )
        for one in result.drift.columns
    ]
    return "\n".join(
        [
            f"{result.predictions:,} predictions beside {result.trusted:,} trusted ones",
            "",
            f"bezoar: {len(alerts):,} alert{'s' * (len(alerts) != 1)}"
            if alerts
            else "bezoar: no alert",
            *(f"  {printable(one.sentence)}" for one in alerts[:3]),
            "",
            f"Evidently {result.drift.version}:",
            table(("column", "method", "score", "threshold", "drift"), rows),
        ]
    )
