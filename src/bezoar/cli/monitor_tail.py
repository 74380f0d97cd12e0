"""`bezoar monitor tail`: a log of predictions is followed as it grows."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.monitor_serve import (
    BaselineOption,
    FalseAlarmOption,
    SinkOption,
    StateOption,
    trusted_baseline,
)
from bezoar.cli.monitor_sinks import open_intake
from bezoar.cli.output import note, write_result
from bezoar.core.errors import UsageError
from bezoar.core.place import printable

if TYPE_CHECKING:
    from bezoar.limit.intake import Intake
    from bezoar.limit.parcel import Receipt
    from bezoar.limit.tail import Folder, Tail

ALERTS = 1
_WAIT_S = 0.5


def register(group: typer.Typer) -> None:
    """Add `tail` to the group of `monitor`."""
    group.command("tail")(tail)


def tail(  # noqa: PLR0917 - one parameter for each option
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON lines or CSV; or a folder of Parquet files."),
    ],
    baseline: BaselineOption,
    state: StateOption,
    once: Annotated[bool, typer.Option("--once", help="Stop at the end; exit 1 on alert.")] = False,
    sink: SinkOption = None,
    false_alarm: FalseAlarmOption = 1_000_000,
) -> None:
    """Follow a log of predictions: rotated, cut, half written; each line counts once.

    How far it was read is kept with the evidence: neither a kill nor a restart counts a line twice
    or leaves one out. Ctrl-C stops; the same command goes on.
    """
    from bezoar.limit.tail import Folder, Tail  # noqa: PLC0415 - see the package's docstring

    if once and not source.exists():
        raise UsageError(f"no such file: {source}", next="bezoar monitor tail --help")
    known = trusted_baseline(baseline)
    with open_intake(known, state, sink, false_alarm) as intake:
        follower = Folder(source, intake) if source.is_dir() else Tail(source, intake)
        begun = _follow(follower, intake, once=once)
    if begun:
        raise typer.Exit(ALERTS)


def _follow(follower: "Tail | Folder", intake: "Intake", *, once: bool) -> int:
    """Take in what comes; return how many alarms began."""
    begun = 0
    while True:
        receipts = follower.step()
        begun += _told(receipts)
        if once:
            seen, refused = intake.monitor.evidence.predictions, intake.monitor.refused.total()
            note(f"{seen:,} predictions, {refused:,} refused")
            return begun
        intake.tell()
        if not receipts:
            time.sleep(_WAIT_S)


def _told(receipts: "list[Receipt]") -> int:
    alerts = [alert for receipt in receipts for alert in receipt.alerts]
    for alert in alerts:
        write_result(printable(alert.sentence))
    return sum(alert.began for alert in alerts)
