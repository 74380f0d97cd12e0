"""`bezoar monitor serve`: predictions come in over HTTP."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import note
from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from bezoar.limit.baseline import Baseline
    from bezoar.limit.intake import Notify

TOKEN = "BEZOAR_MONITOR_TOKEN"  # noqa: S105 - the variable's name
ROLLBACK_TOKEN = "BEZOAR_ROLLBACK_TOKEN"  # noqa: S105 - the same
_SHORTEST = 16
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

StreamArgument = Annotated[
    Path,
    typer.Argument(metavar="STREAM", help="Parquet, CSV or JSON lines: time, class, confidence."),
]
BaselineOption = Annotated[
    Path, typer.Option("--baseline", metavar="FILE", help="What `bezoar monitor baseline` wrote.")
]
StateOption = Annotated[
    Path, typer.Option("--state", metavar="FOLDER", help="Where the state lies; one process each.")
]
FalseAlarmOption = Annotated[
    float,
    typer.Option(
        "--per-false-alarm",
        min=100,
        metavar="N",
        help="At most one false alarm in N predictions, on average.",
    ),
]

SinkOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sink",
        metavar="PLACE",
        help="Pass them on to arize:SPACE_ID or wandb:ENTITY/PROJECT; may be repeated.",
        show_default="[monitor] sinks",
    ),
]


def register(group: typer.Typer) -> None:
    """Add `serve` to the group of `monitor`."""
    group.command("serve")(serve)


def serve(  # noqa: PLR0917 - one parameter for each option
    baseline: BaselineOption,
    state: StateOption,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8410,
    sink: SinkOption = None,
    false_alarm: FalseAlarmOption = 1_000_000,
    keep_inputs: Annotated[
        int,
        typer.Option(
            min=0,
            max=20,
            metavar="N",
            help="Keep the last N inputs of each class, which alerts name; 0 keeps none.",
        ),
    ] = 0,
) -> None:
    """Take predictions in over HTTP, and show each class on a page.

    Each request brings the token of BEZOAR_MONITOR_TOKEN; beyond this machine there has to be one.
    A batch is answered once it is on disk: kill -9 loses none that was. POST /rollback rolls back
    for who brings that of BEZOAR_ROLLBACK_TOKEN; without one it is refused.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise BezoarError(
            f"serve needs packages that are not installed: {', '.join(missing)}",
            next="pip install 'bezoar[web]'",
        )
    token, rollback_token = _tokens(host)
    from bezoar.cli.monitor_sinks import open_intake  # noqa: PLC0415 - it imports this file
    from bezoar.project import find_project  # noqa: PLC0415 - see the package's docstring
    from bezoar.web.monitoring_serving import serve_monitor  # noqa: PLC0415 - the same
    from bezoar.web.rollback import rollback_app  # noqa: PLC0415 - the same

    known = trusted_baseline(baseline)
    back = rollback_app(find_project(), rollback_token).routes if rollback_token else ()
    with open_intake(known, state, sink, false_alarm, keep_inputs=keep_inputs) as intake:
        serve_monitor(
            intake,
            token,
            host,
            port,
            lambda address: note(f"listening: {address}"),
            rollback=back,
        )


def _tokens(host: str) -> tuple[str, str]:
    """Return the token of who observes, and that of who may roll back; empty for none."""
    token, rollback = _token(TOKEN), _token(ROLLBACK_TOKEN)
    if not token and host not in _LOOPBACK:
        raise UsageError(
            f"without a token it listens on this machine alone, not on {host}",
            next=_new(TOKEN),
        )
    if rollback and rollback == token:
        raise UsageError(
            f"{ROLLBACK_TOKEN} is {TOKEN}: who sends predictions must not move the model",
            next=_new(ROLLBACK_TOKEN),
        )
    return token, rollback


def _token(name: str) -> str:
    token = os.environ.get(name, "")
    if token and (len(token) < _SHORTEST or not token.isascii() or not token.isprintable()):
        raise UsageError(
            f"{name} has at least {_SHORTEST} printable ASCII characters", next=_new(name)
        )
    return token


def _new(name: str) -> str:
    return f"export {name}=$(openssl rand -hex 32)"


def trusted_baseline(path: Path) -> "Baseline":
    """Return a baseline, as far as the project's policy takes it; one that is unsigned says so."""
    from bezoar.flows.baselines import read_trusted  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    found = read_trusted(find_project(), path)
    note(f"baseline of {found.baseline.model}: {found.standing}")
    return found.baseline


def notifier(known: "Baseline") -> "Notify":
    """Return what tells of alarms: the ledger, the outbox, each sink; and rolls back by policy."""
    from bezoar.flows.alerting import Alerting, open_delivery  # noqa: PLC0415 - see the package
    from bezoar.flows.rollback_auto import AutoRollback  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    delivery = open_delivery(project)
    delivery.start()
    auto = AutoRollback(project, known.model, note)
    if project.settings.release.auto_rollback:
        auto.resume()
    return Alerting(project, known.model, delivery, auto=auto).notify
