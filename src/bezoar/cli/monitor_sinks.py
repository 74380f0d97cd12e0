"""`--sink`: predictions that come in go on to another tool."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bezoar.cli.monitor_serve import notifier
from bezoar.cli.output import note

if TYPE_CHECKING:
    from bezoar.limit.baseline import Baseline
    from bezoar.limit.intake import Intake


@contextmanager
def open_intake(
    known: "Baseline",
    state: Path,
    sinks: Sequence[str] | None,
    per_false_alarm: float,
    *,
    keep_inputs: int = 0,
) -> Iterator["Intake"]:
    """Yield what takes predictions in, tells of alarms, and passes on to the sinks.

    Args:
        known: The baseline.
        state: Where its state lies.
        sinks: Places; None: those of the project.
        per_false_alarm: The promise.
        keep_inputs: How many inputs of each class are kept.
    """
    from bezoar.flows.forwarding import forwarded  # noqa: PLC0415 - see the package's docstring
    from bezoar.limit.intake import Intake  # noqa: PLC0415 - the same
    from bezoar.limit.passing import PassingIntake  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    places = project.settings.monitor.sinks if sinks is None else sinks
    with _terminated(), forwarded(project, known, places, note) as put:
        notify = notifier(known)
        promise = per_false_alarm
        intake = (
            Intake(known, state, notify, per_false_alarm=promise, keep_inputs=keep_inputs)
            if put is None
            else PassingIntake(
                known, state, notify, put, per_false_alarm=promise, keep_inputs=keep_inputs
            )
        )
        try:
            yield intake
        finally:
            intake.close()


@contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM end a block as Ctrl-C does, and then the process as it always did."""
    asked = False

    def end(*_: object) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if asked:
            signal.raise_signal(signal.SIGTERM)
