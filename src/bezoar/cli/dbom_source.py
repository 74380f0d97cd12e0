"""`bezoar dbom source` and `bezoar dbom outdated`: what the world outside says of our sources."""

import os
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    ExitZeroOption,
    FailOnOption,
    FindingsFormat,
    FindingsFormatOption,
    OutputOption,
    exit_code,
    findings_result,
    note,
    progress_bar,
    width,
    write_result,
)
from bezoar.core.errors import BezoarError, NothingToInspectError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bezoar.adapters.web.client import Client
    from bezoar.datasets.dbom import Dbom
    from bezoar.datasets.entry import DbomEntry
    from bezoar.ledger.ledger import Ledger
    from bezoar.recon.outdated import Compared

SEEN = "upstream.seen"
"""The kind of the event that remembers where a name led when it was asked first."""


class Mark(StrEnum):
    """The grades, as a person types them."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    F = "F"


def register(dbom: typer.Typer) -> None:
    """Add the commands to the group `dbom`."""
    dbom.command("source")(source)
    dbom.command("outdated")(outdated)


def open_client(*, budget_s: float = 120, most_requests: int = 60) -> "Client":
    """Return who asks: with the tokens of the environment, each for its own host.

    Args:
        budget_s: Seconds for all questions together.
        most_requests: How many questions may be asked.
    """
    from bezoar.adapters.web.client import Client, tokens_of  # noqa: PLC0415 - late, see cli

    return Client(tokens=tokens_of(os.environ), budget_s=budget_s, most_requests=most_requests)


def source(
    uri: Annotated[str, typer.Argument(metavar="URI", help="hf://datasets/a/b, https://…")],
    fail_under: Annotated[
        Mark, typer.Option("--fail-under", case_sensitive=False, help="Exit 1 below this grade.")
    ] = Mark.C,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Show what an attacker sees of a source: who may change it, who would notice; and a grade.

    Asks the source's host, over HTTPS, for what everybody may know; no data is fetched. Hugging
    Face Hub, GitHub, Kaggle, Zenodo, OpenML and container registries can be asked.
    """
    from bezoar.cli.dbom_source_text import (  # noqa: PLC0415 - see the package's docstring
        standing_fields,
        standing_text,
    )
    from bezoar.recon.source.grade import Grade  # noqa: PLC0415 - the same
    from bezoar.recon.source.judging import look_at, outcomes  # noqa: PLC0415 - the same

    standing = look_at(uri, open_client(), datetime.now(UTC))
    judged = outcomes(standing, Grade[fail_under])
    if form is FindingsFormat.TEXT:
        text = standing_text(standing, judged, width())
    else:
        fields = standing_fields(standing)
        text = findings_result(form, judged, subject=standing.uri, fields=fields)
    write_result(text, output)
    if standing.grade is None:
        raise typer.Exit(BezoarError.exit_code)
    findings = [finding for outcome in judged for finding in outcome.findings]
    raise typer.Exit(exit_code(findings, exit_zero=exit_zero))


def outdated(  # noqa: PLR0917 - one parameter for each option
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="NAME or NAME@VERSION; all if left out.")
    ] = None,
    strict_unreachable: Annotated[
        bool, typer.Option("--strict-unreachable", help="Exit 3 where a source did not answer.")
    ] = False,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    exit_zero: ExitZeroOption = False,
) -> None:
    """Show what changed upstream since each data set was pinned; only metadata is fetched.

    Nothing that a host says is taken for true. Where a tag or a branch led when it was asked first
    is noted in the ledger, so that a move shows.
    """
    from bezoar.cli.dbom import open_dbom  # noqa: PLC0415 - see the package's docstring
    from bezoar.cli.dbom_source_text import (  # noqa: PLC0415 - the same
        compared_fields,
        compared_text,
    )
    from bezoar.ledger import open_ledger  # noqa: PLC0415 - the same
    from bezoar.recon import outdated as upstream  # noqa: PLC0415 - the same

    project, dbom = open_dbom()
    entries = dbom.entries() if name is None else _named(name, dbom)
    if not entries:
        raise NothingToInspectError("the DBOM is empty", next="bezoar dbom add --help")
    origins = sum(len(entry.origin.uris) for entry in entries)
    client = open_client(budget_s=60 + 10 * origins, most_requests=20 + 10 * origins)
    with open_ledger(project) as ledger:
        seen = _seen(ledger)
        with progress_bar("Asking") as progress:
            compared = upstream.outdated(entries, client, seen, progress)
        for one, detail in upstream.to_remember(compared, seen):
            ledger.append(SEEN, one.entry.spec, detail)
    judged = upstream.outcomes(compared)
    limit = fail_on or project.settings.fail_on
    if form is FindingsFormat.TEXT:
        text = compared_text(compared, judged, width())
    else:
        fields = compared_fields(compared)
        text = findings_result(form, judged, subject="dbom", fields=fields, fail_on=limit)
    write_result(text, output)
    findings = [finding for outcome in judged for finding in outcome.findings]
    code = exit_code(findings, limit, exit_zero=exit_zero)
    raise typer.Exit(_code(compared, code, strict_unreachable))


def _named(name: str, dbom: "Dbom") -> "list[DbomEntry]":
    """Return the entry of NAME@VERSION, or all versions of NAME."""
    found = dbom.find(name)
    return [found] if "@" in name else dbom.entries(found.name)


def _seen(ledger: "Ledger") -> dict[tuple[str, str], str]:
    """Return what the ledger remembers; what was noted first counts."""
    seen: dict[tuple[str, str], str] = {}
    for event in ledger.events():
        uri, head = event.detail.get("uri"), event.detail.get("head")
        if event.kind == SEEN and isinstance(uri, str) and isinstance(head, str):
            seen.setdefault((event.subject, uri), head)
    return seen


def _code(compared: "Sequence[Compared]", code: int, strict_unreachable: bool) -> int:
    """Return 3 where nobody answered, or where somebody did not and that was asked for."""
    silent = sum(not one.reached for one in compared)
    if silent:
        note(f"{silent:,} of {len(compared):,} sources did not answer")
    if silent and (strict_unreachable or silent == len(compared)):
        return BezoarError.exit_code
    return code
