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
from bezoar.core.errors import BezoarError
from bezoar.core.outcome import findings_in

if TYPE_CHECKING:
    from bezoar.core.event import Event
    from bezoar.ledger.ledger import Ledger
    from bezoar.ledger.rules import HeadCheck
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

    A cut tail leaves a chain that holds: each head that a sign-off noted has to be there.
    """
    from bezoar.ledger.rules import as_outcomes  # noqa: PLC0415 - see the package's docstring

    project, ledger = _open()
    with ledger:
        outcomes = as_outcomes(ledger.verify())
        check = _compare_heads(project, ledger, hold=not any(one.findings for one in outcomes))
        outcomes = (*outcomes, check.outcome)
        findings = findings_in(outcomes)
        heads = {} if findings else {name: str(ledger.head(name)) for name in ledger.writers()}
    fail_on = fail_on or project.settings.fail_on
    fields = {"heads": heads, "after_signed_head": dict(check.after)}
    text = findings_result(form, outcomes, subject="the ledger", fields=fields, fail_on=fail_on)
    if form is FindingsFormat.TEXT and not findings:
        text = "".join(_holds(writer, head, check) for writer, head in heads.items())
    if text:
        write_result(text, output)
    else:
        note(_EMPTY)
    raise typer.Exit(exit_code(findings, fail_on, exit_zero=exit_zero))


def _compare_heads(project: "Project", ledger: "Ledger", *, hold: bool) -> "HeadCheck":
    """Compare the ledger with the heads that sign-offs have noted."""
    from bezoar.core.outcome import Outcome, Status  # noqa: PLC0415 - see the package's docstring
    from bezoar.ledger.rules import CUT, HeadCheck, compare_heads  # noqa: PLC0415 - the same

    if not hold:
        return HeadCheck(Outcome(CUT, Status.SKIPPED, reason="the chains do not hold"), {})
    if not (project.dbom / "signatures").is_dir():
        why = "no sign-off has noted a head"
        return HeadCheck(Outcome(CUT, Status.NOT_APPLICABLE, reason=why), {})
    from bezoar.fortify.signing.heads import signed_heads  # noqa: PLC0415 - the same

    try:
        heads = signed_heads(project)
    except BezoarError as error:
        return HeadCheck(Outcome(CUT, Status.NOT_APPLICABLE, reason=error.message), {})
    return compare_heads(heads, ledger, project.writer)


def _holds(writer: str, head: str, check: "HeadCheck") -> str:
    line = f"{writer} holds, its head is {head}\n"
    if (after := check.after.get(writer)) is not None:
        line += f"  events after the last head that was signed: {after}\n"
    return line


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
