"""`bezoar monitor consume`: predictions of a Kafka topic."""

from pathlib import Path
from typing import Annotated, Any

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


def register(group: typer.Typer) -> None:
    """Add `consume` to the group of `monitor`."""
    group.command("consume")(consume)


def consume(  # noqa: PLR0917 - one parameter for each option
    topic: Annotated[str, typer.Argument(help="Messages are JSON objects: class, confidence, …")],
    baseline: BaselineOption,
    state: StateOption,
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="One or more, by comma.")],
    group: Annotated[str, typer.Option(help="Replicas of one group share the partitions.")] = (
        "bezoar-monitor"
    ),
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="More of librdkafka's settings, KEY=VALUE a line."),
    ] = None,
    sink: SinkOption = None,
    false_alarm: FalseAlarmOption = 1_000_000,
) -> None:
    """Watch the predictions of a Kafka topic; its offsets are kept with the evidence."""
    from bezoar.limit.topic import Topic  # noqa: PLC0415 - see the package's docstring

    settings = _settings(config) | {"bootstrap.servers": broker, "group.id": group}
    known = trusted_baseline(baseline)
    with open_intake(known, state, sink, false_alarm) as intake:
        reading = Topic(topic, settings, intake)
        note(f"reading {topic} from {broker}; Ctrl-C stops")
        try:
            while True:
                for receipt in reading.step():
                    for alert in receipt.alerts:
                        write_result(printable(alert.sentence))
                intake.tell()
        finally:
            reading.close()


def _settings(path: Path | None) -> dict[str, Any]:
    """Return what a file of settings holds; passwords stand there, and not on a command line."""
    if path is None:
        return {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}", next=f"ls -l {path}") from None
    pairs = [line.partition("=") for line in lines if line.strip() and not line.startswith("#")]
    return {key.strip(): value.strip() for key, _, value in pairs}
