"""`bezoar monitor merge`: what several replicas saw together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.monitor_serve import BaselineOption, FalseAlarmOption, trusted_baseline
from bezoar.cli.output import (
    ExitZeroOption,
    Format,
    FormatOption,
    as_json,
    note,
    table,
    whole_file,
    write_result,
)
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.limit.merging import Merged

ALERTS = 1


def register(group: typer.Typer) -> None:
    """Add `merge` to the group of `monitor`."""
    group.command("merge")(merge)


def merge(  # noqa: PLR0917 - one parameter for each option
    states: Annotated[
        list[Path],
        typer.Argument(
            metavar="STATE...", help="Folders of replicas that are stopped, or files of /v1/state."
        ),
    ],
    baseline: BaselineOption,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the merged state here."),
    ] = None,
    false_alarm: FalseAlarmOption = 1_000_000,
    form: FormatOption = Format.TEXT,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Add up what several replicas saw. Exits 1 where a class is over the line.

    It is a reading: a replica that goes on keeps its own state.
    """
    from bezoar.limit.merging import merge_states  # noqa: PLC0415 - see the package's docstring

    found = merge_states(states, trusted_baseline(baseline), false_alarm)
    for path in found.unsettled:
        note(f"{path}: a batch of Kafka is open; start that replica once, and merge again")
    if output is not None:
        with whole_file(output) as draft:
            draft.write_bytes(found.monitor.state())
    write_result(as_json(found.as_json()) if form is Format.JSON else _text(found))
    if found.alarmed and not exit_zero:
        raise typer.Exit(ALERTS)


def _text(found: "Merged") -> str:
    result = found.as_json()
    alerts = result["alerts"]
    lines = [
        f"{result['predictions']:,} predictions of {printable(result['model'])} in"
        f" {found.replicas:,} state{'s' * (found.replicas != 1)}: "
        + (f"{len(alerts):,} over the line" if alerts else "none over the line")
    ]
    rows = [
        (
            printable(one["class"] or "(unknown)"),
            f"{one['observed']:,}",
            f"{one['expected']:,.1f}",
            f"{one['evidence']:.3g}",
        )
        for one in alerts
    ]
    if rows:
        lines += ["", table(("class", "observed", "expected", "evidence"), rows)]
    return "\n".join(lines)
