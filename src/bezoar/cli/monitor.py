"""`bezoar monitor`: does a class come up too often in production?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli import (
    monitor_alerts,
    monitor_consume,
    monitor_emit,
    monitor_merge,
    monitor_report,
    monitor_serve,
    monitor_tail,
)
from bezoar.cli.monitor_serve import StreamArgument
from bezoar.cli.output import (
    ExitZeroOption,
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    note,
    progress_bar,
    table,
    whole_file,
    write_result,
)
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.flows.baselines import Trusted
    from bezoar.limit.monitor import ClassAlert, Monitor
    from bezoar.limit.replay import Replay

ALERTS = 1
_AUTO, _HOUR, _NOTHING = "auto", "hour", "nothing"


def register(app: typer.Typer) -> None:
    """Add `monitor`."""
    group = typer.Typer(no_args_is_help=True, help="Watch predictions in production.")
    group.command("baseline")(baseline)
    group.command("replay")(replay)
    monitor_serve.register(group)
    monitor_tail.register(group)
    monitor_consume.register(group)
    monitor_merge.register(group)
    monitor_emit.register(group)
    monitor_report.register(group)
    monitor_alerts.register(group)
    app.add_typer(group, name="monitor", rich_help_panel=Panel.LIMIT)


def baseline(
    model: Annotated[str, typer.Argument(help="The model's name.")],
    stream: Annotated[
        Path, typer.Option("--from", metavar="STREAM", help="Predictions that somebody trusts.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The baseline.")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Divide the stream: hour, nothing, or any column, as camera; may be repeated.",
            show_default="hour, where the hours differ",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which key signs.", show_default="the only one that may"),
    ] = None,
) -> None:
    """Learn what a model's predictions look like while nothing is wrong.

    It never adapts by itself: a new baseline is a decision, and an event in the ledger. Where
    the project has keys, one of them signs it.
    """
    from bezoar.cli.keys import ask_passphrase  # noqa: PLC0415 - see the package's docstring
    from bezoar.datasets.entry import timestamp  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.baselines import keep_baseline  # noqa: PLC0415 - the same
    from bezoar.limit.baseline import estimate_baseline  # noqa: PLC0415 - the same
    from bezoar.limit.predictions import BESIDE, read_predictions  # noqa: PLC0415 - the same
    from bezoar.limit.replay import stream_digest  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    columns = [name for part in by or [_AUTO] for name in part.split(",") if name]
    others = tuple(name for name in columns if name not in {_AUTO, _HOUR, _NOTHING})
    with progress_bar("Reading"):
        made = estimate_baseline(
            model,
            lambda: read_predictions(stream, (*others, *BESIDE)),
            hour=_HOUR in columns or (_AUTO in columns and _hours_differ(stream)),
            columns=others,
            made_at=timestamp(),
            source=stream_digest(stream),
        )
    kept = keep_baseline(find_project(), made, output, ask_passphrase, key=key)
    _tell(kept, output)


def _hours_differ(stream: Path) -> bool:
    from bezoar.limit.predictions import read_predictions  # noqa: PLC0415 - see the package
    from bezoar.limit.replay import hours_differ  # noqa: PLC0415 - the same

    return hours_differ(read_predictions(stream))


def _tell(kept: "Trusted", output: Path) -> None:
    made = kept.baseline
    divided = ["hour"] * made.strata.hour + list(made.strata.columns)
    note(
        f"{made.predictions:,} predictions of {len(made.classes) - 1:,} classes"
        + (f", by {', '.join(divided)}" if divided else "")
        + (f", {len(made.inputs.middle):,} features of each input" if made.inputs else "")
        + (f", at most {100 * made.wrong:.2g} % wrong" if made.wrong else "")
        + f"; {kept.standing}.\n  next: bezoar monitor replay STREAM --baseline {output}"
    )


def replay(  # noqa: PLR0917 - one parameter for each option
    stream: StreamArgument,
    baseline: Annotated[
        Path, typer.Option(metavar="FILE", help="What `bezoar monitor baseline` wrote.")
    ],
    false_alarm: Annotated[
        float,
        typer.Option(
            "--per-false-alarm",
            min=100,
            metavar="N",
            help="At most one false alarm in N predictions, on average.",
        ),
    ] = 1_000_000,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on from here, and leave the state here.")
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Watch a recorded stream as if it were live. Exits 1 where there was an alert."""
    from bezoar.limit.replay import replay as replayed  # noqa: PLC0415 - see the package

    monitor = _monitor(baseline, false_alarm, state)
    with progress_bar("Watching") as progress:
        result = replayed(stream, monitor, lambda done: progress(done, 0))
    if state is not None:
        with whole_file(state) as draft:
            draft.write_bytes(result.monitor.state())
    write_result(as_json(result.as_json()) if form is Format.JSON else _text(result), output)
    if result.alerts and not exit_zero:
        raise typer.Exit(ALERTS)


def _monitor(path: Path, false_alarm: float, state: Path | None) -> "Monitor":
    from bezoar.limit.monitor import Monitor, resumed  # noqa: PLC0415 - see the package

    known = monitor_serve.trusted_baseline(path)
    if state is not None and state.exists():
        try:
            return resumed(known, state.read_bytes(), false_alarm)
        except OSError as error:
            raise UsageError(f"cannot read {state}: {error.strerror}") from None
    return Monitor(known, false_alarm)


def _text(result: "Replay") -> str:
    from bezoar.core.place import printable  # noqa: PLC0415 - see the package

    monitor = result.monitor
    count, refused = len(result.alerts), monitor.refused.total()
    lines = [
        f"{monitor.evidence.predictions:,} predictions of {printable(monitor.baseline.model)}: "
        + (f"{count:,} alert{'s' * (count != 1)}" if count else "no alert")
    ]
    if refused:
        why = ", ".join(f"{n:,} with {what}" for what, n in sorted(monitor.refused.items()) if n)
        lines.append(f"  refused: {why}")
    rows = [
        (f"{turn.alert.index:,}", printable(turn.class_ or "(unknown)"), *_counts(turn))
        for turn in result.alerts
    ]
    if rows:
        columns = ("at", "class", "observed", "in", "expected", "deviations")
        lines += [
            "",
            table(columns, rows),
            "",
            *(printable(turn.sentence) for turn in result.alerts[:3]),
        ]
    return "\n".join(lines)


def _counts(turn: "ClassAlert") -> tuple[str, ...]:
    return (
        f"{turn.observed:,}",
        f"{turn.predictions:,}",
        f"{turn.expected:.1f}",
        f"{turn.deviations:.1f}",
    )
