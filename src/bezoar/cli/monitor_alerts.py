"""`bezoar monitor alerts`: where alerts go, what became of them, and a test of the way."""

from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import Format, FormatOption, as_json, note, table, write_result

if TYPE_CHECKING:
    from bezoar.limit.alerts.delivery import Delivery
    from bezoar.limit.alerts.outbox import Row

SCHEMA_VERSION = 1
UNDELIVERED = 1
_HOW = "see docs/how-to/get-alerts.md for the [alerts.sinks] tables of bezoar.toml"


def register(group: typer.Typer) -> None:
    """Add `alerts` to the group of `monitor`."""
    alerts = typer.Typer(no_args_is_help=True, help="Where alerts go, and whether they got there.")
    alerts.command("test")(test)
    alerts.command("list")(list_)
    alerts.command("retry")(retry)
    alerts.command("lift")(lift)
    group.add_typer(alerts, name="alerts")


def test() -> None:
    """Send a test to each sink, and its end. Exits 1 where one did not take it."""
    from bezoar.datasets.entry import timestamp  # noqa: PLC0415 - see the package's docstring
    from bezoar.limit.alerts.notice import Notice, State  # noqa: PLC0415 - the same

    delivery = _delivery()
    now = timestamp()
    said = "This is a test of the way that alerts take: nothing is wrong."
    begins = Notice(f"test:{now}", State.FIRING, "test", "test", said, now)
    over = Notice(begins.key, State.RESOLVED, "test", "test", "The test is over.", now)
    for notice in (begins, over):
        delivery.put(notice)
        delivery.deliver()
    rows = [row for row in delivery.outbox.rows() if row.alarm == begins.key]
    write_result(_text(rows))
    if any(row.status != "sent" for row in rows):
        raise typer.Exit(UNDELIVERED)


def list_(form: FormatOption = Format.TEXT) -> None:
    """List the newest alerts and what became of them; those that wait, wait to be sent."""
    from bezoar.limit.alerts.outbox import Outbox  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    rows = Outbox(find_project().state / "alerts" / "outbox.sqlite").rows()
    if form is Format.JSON:
        shown = [{name: getattr(row, name) for name in row.__dataclass_fields__} for row in rows]
        write_result(as_json({"schema_version": SCHEMA_VERSION, "alerts": shown}))
    elif rows:
        write_result(_text(rows))
    else:
        note("no alert was ever put: the outbox is empty")


def retry() -> None:
    """Send now what waits, and what was refused. Exits 1 where something is left."""
    delivery = _delivery()
    asked = delivery.outbox.retry()
    heard = delivery.deliver()
    note(f"{heard:,} of {asked:,} alerts were taken")
    if heard < asked:
        write_result(_text([row for row in delivery.outbox.rows() if row.status != "sent"]))
        raise typer.Exit(UNDELIVERED)


def lift(
    model: Annotated[str, typer.Argument(help="Whose classes are held back.")],
    reason: Annotated[str, typer.Option(help="Why nothing is wrong; the ledger keeps it.")],
    class_: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="One class; else all of them.")
    ] = None,
) -> None:
    """Let replicas answer with a class again that an alarm holds back, without a rollback."""
    from bezoar.flows.alerting import lift as lifted  # noqa: PLC0415 - see the package
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    count = lifted(find_project(), model, reason=reason, class_=class_)
    note(f"{count:,} alarm{'s' * (count != 1)} of {model} lifted")


def _delivery() -> "Delivery":
    from bezoar.core.errors import UsageError  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.alerting import open_delivery  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    delivery = open_delivery(find_project())
    if not delivery.sinks:
        raise UsageError("no sink is declared: alerts go nowhere", next=_HOW)
    return delivery


def _text(rows: "list[Row]") -> str:
    from bezoar.core.place import printable  # noqa: PLC0415 - see the package's docstring

    columns = ("sink", "alarm", "state", "status", "tries", "last error")
    return table(
        columns,
        [
            (
                row.sink,
                printable(row.alarm),
                row.state,
                row.status,
                str(row.attempts),
                printable(row.error),
            )
            for row in rows
        ],
    )
