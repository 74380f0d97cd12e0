"""`bezoar audit`: is the way of the data into training sound?"""

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.keys import KeyOption, ask_passphrase
from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    OutputOption,
    Panel,
    exit_code,
    findings_result,
    note,
    progress_bar,
    width,
    write_result,
)
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.core.severity import Severity
    from bezoar.evaluate.audit import Audit
    from bezoar.evaluate.questions import Answer, Question
    from bezoar.project import Project


class AuditFormat(StrEnum):
    """How an audit is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    HTML = "html"
    MERMAID = "mermaid"


def register(app: typer.Typer) -> None:
    """Add `audit`."""
    app.command("audit", rich_help_panel=Panel.EVALUATE)(audit)


def audit(  # noqa: PLR0917 - one parameter for each option
    path: Annotated[Path, typer.Argument(help="A folder or a file.")] = Path(),
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="BASE", help="Find only what was added since this commit, by its word."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Look into vendored and built folders, too.")
    ] = False,
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Obey nothing of the tree, as in somebody else's.")
    ] = False,
    questions: Annotated[
        bool, typer.Option("--questions", help="Ask what no file shows, and record the answers.")
    ] = False,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --questions: take the answers from a TOML file."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="With --questions: how long the answers count.", show_default="180"
        ),
    ] = None,
    key: KeyOption = None,
    form: Annotated[
        AuditFormat, typer.Option("--format", help="How to write the result.")
    ] = AuditFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Audit the pipelines that train: what is pulled, validated, written between, promoted.

    Definitions and scripts are read, never run. A tree outside your project is judged by your
    settings; its own have no say. An audit of your project is noted in its ledger.
    """
    from bezoar.flows.audit import audit as run  # noqa: PLC0415 - see the package's docstring
    from bezoar.flows.audit import project_of  # noqa: PLC0415 - the same
    from bezoar.project import find_project  # noqa: PLC0415 - the same

    if questions:
        _ask_team(find_project(), answers, days, key)
        raise typer.Exit
    if answers or days is not None or key:
        raise UsageError("--answers, --days and --key belong to --questions", _HOW)
    project, before = project_of(path, diff)
    with progress_bar("Reading") as progress:
        found = run(
            path,
            project,
            before=before,
            everything=everything,
            foreign=foreign,
            progress=progress,
        )
    limit = fail_on or project.settings.fail_on
    write_result(audit_result(form, found, str(path), limit), output)
    raise typer.Exit(exit_code(found.findings, limit, exit_zero=exit_zero))


def audit_result(form: AuditFormat, found: "Audit", subject: str, fail_on: "Severity") -> str:
    """Return what came of an audit in the format asked for."""
    match form:
        case AuditFormat.TEXT:
            from bezoar.cli.audit_text import audit_text  # noqa: PLC0415 - see the package

            return audit_text(found, subject, width=width())
        case AuditFormat.HTML:
            from bezoar.report.audit_html import audit_html  # noqa: PLC0415 - the same

            return audit_html(found, subject)
        case AuditFormat.MERMAID:
            from bezoar.report.journey_mermaid import mermaid  # noqa: PLC0415 - the same
            from bezoar.report.journey_stations import stations_and_ways  # noqa: PLC0415

            return mermaid(*stations_and_ways(found.journey, found.findings))
        case AuditFormat.JSON:
            fields = {"subject": subject, **found.as_json()}
            return findings_result(
                FindingsFormat.JSON, found.outcomes, subject=subject, fields=fields
            )
        case _:
            return findings_result(
                FindingsFormat(form.value), found.outcomes, subject=subject, fail_on=fail_on
            )


_HOW = "bezoar audit --questions"


def _ask_team(project: "Project", file: Path | None, days: int | None, key: str | None) -> None:
    """Ask what no file shows, and record what is said."""
    from bezoar.evaluate.questions import DAYS, QUESTIONS  # noqa: PLC0415 - see the package
    from bezoar.flows.audit_answers import record_answers  # noqa: PLC0415 - the same

    given = _from_file(file) if file else dict(map(_asked, QUESTIONS))
    lasting = DAYS if days is None else days
    said = record_answers(project, given, _login(), ask_passphrase, days=lasting, key=key)
    write_result(f"dbom/records/audit-answers.json: {said.standing}")
    for finding in said.findings:
        note(finding.message)
    if said.answers:
        for question, answer in said.answers.unsafe():
            note(f"{question.name} = {answer.choice}: {question.choices[answer.choice]}")
        note(f"They count until {said.answers.expires[:10]}. Next: commit them, then bezoar audit")


def _from_file(path: Path) -> "dict[str, Answer]":
    from bezoar.evaluate.questions import MOST_BYTES, from_toml  # noqa: PLC0415 - see the package
    from bezoar.fortify.signing.documents import read_document  # noqa: PLC0415 - the same

    try:
        data = read_document(path, MOST_BYTES)
    except ValueError as error:
        raise UsageError(f"{path}: {error}", next=f"ls -l {path}") from None
    if data is None:
        raise UsageError(f"{path} does not exist", next=_HOW)
    return from_toml(data)


def _asked(question: "Question") -> "tuple[str, Answer]":
    """Ask one question on a terminal."""
    from bezoar.evaluate.questions import Answer  # noqa: PLC0415 - see the package

    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask", next=f"{_HOW} --answers FILE")
    note(f"\n{question.text}")
    for word, meaning in question.choices.items():
        note(f"  {word}: {meaning}")
    while (choice := _said("Answer")) not in question.choices:
        note(f"one of {', '.join(question.choices)}, please")
    return question.name, Answer(choice=choice, words=_said("Who, where, how? (may be empty)"))


def _said(prompt: str) -> str:
    text: str = typer.prompt(prompt, default="", err=True, show_default=False)
    return text.strip()[:2_000]


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
