"""`bezoar log`: what happened, by whom, when, and whether that record still holds."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    exit_code,
    findings_result,
    note,
    table,
    write_result,
)

if TYPE_CHECKING:
    from bezoar.core.event import Event
    from bezoar.ledger.ledger import Ledger
    from bezoar.project import Project

SCHEMA_VERSION = 1
_EMPTY = "nothing has happened yet: the ledger is empty"
_LONG_DIGEST = re.compile(r"^([a-z0-9.+-]+:[0-9a-f]{12})[0-9a-f]{20,}$")


def register(app: typer.Typer) -> None:
    """Add `log`, which shows, and its subcommands."""
    log = typer.Typer()
    log.callback(invoke_without_command=True)(show_unless_asked_otherwise)
    log.command("show")(show)
    log.command("verify")(verify)
    log.command("export")(export)
    log.command("import")(import_)
    app.add_typer(log, name="log", rich_help_panel=Panel.ALL)


def show_unless_asked_otherwise(
    context: typer.Context, form: FormatOption = Format.TEXT, output: OutputOption = None
) -> None:
    """Show what happened; verify, export or import that record."""
    if context.invoked_subcommand is None:
        show(form, output)


def show(form: FormatOption = Format.TEXT, output: OutputOption = None) -> None:
    """Show the events of all writers, oldest first."""
    _, ledger = _open()
    with ledger:
        events = sorted(ledger.events(), key=lambda event: event.time)
    if form is Format.JSON:
        result = {"schema_version": SCHEMA_VERSION, "events": [one.as_json() for one in events]}
        write_result(as_json(result), output)
        return
    if not events:
        note(_EMPTY)
        return
    write_result(table(("time", "event", "what", "subject"), [_row(one) for one in events]), output)


def verify(
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Check every chain: nothing changed, dropped or re-ordered.

    A cut tail leaves a chain that holds: compare its head with one that was noted elsewhere.
    """
    from bezoar.ledger.rules import as_outcomes  # noqa: PLC0415 - see the package's docstring

    project, ledger = _open()
    with ledger:
        outcomes = as_outcomes(ledger.verify())
        findings = [finding for outcome in outcomes for finding in outcome.findings]
        heads = {} if findings else {name: str(ledger.head(name)) for name in ledger.writers()}
    fail_on = fail_on or project.settings.fail_on
    text = findings_result(
        form, outcomes, subject="the ledger", fields={"heads": heads}, fail_on=fail_on
    )
    if form is FindingsFormat.TEXT and not findings:
        text = "".join(f"{writer} holds, its head is {head}\n" for writer, head in heads.items())
    if text:
        write_result(text, output)
    else:
        note(_EMPTY)
    raise typer.Exit(exit_code(findings, fail_on, exit_zero=exit_zero))


def export(
    file: Annotated[Path, typer.Argument(help="Where to write the events, as JSON lines.")],
) -> None:
    """Write every chain to a file, for another ledger to import."""
    _, ledger = _open()
    with ledger:
        count = ledger.export(file)
    note(f"{count} events written to {file}")


def import_(
    file: Annotated[Path, typer.Argument(help="What `bezoar log export` wrote.")],
) -> None:
    """Add another ledger's chains; one that forks or does not verify is refused whole."""
    _, ledger = _open()
    with ledger:
        count = ledger.import_(file)
    note(f"{count} new events" if count else "nothing new: each event is here already")


def _open() -> tuple["Project", "Ledger"]:
    """Return the project that the current folder belongs to, and its ledger."""
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - see the package's docstring
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    project = find_project()
    return project, open_ledger(project)


def _row(event: "Event") -> tuple[str, ...]:
    time = event.time[:19].replace("T", " ")
    subject = _LONG_DIGEST.sub(r"\1…", event.subject)
    return time, f"{event.writer}#{event.number}", event.kind, subject
