"""An audit for a person at a terminal, in 80 columns: the grade and the four answers first."""

import textwrap
from collections.abc import Iterator

from bezoar.core.place import printable
from bezoar.evaluate.audit import Audit
from bezoar.evaluate.four_answers import MEANING
from bezoar.report.text import findings_text
from bezoar.report.wording import clipped, counted

_TRAINS_SHOWN = 20


def audit_text(audit: Audit, subject: str, *, width: int = 80) -> str:
    """Write an audit as lines of text.

    Args:
        audit: What was found.
        subject: What was looked at.
        width: Columns; a command is never broken, all else is.
    """
    parts = [
        "\n".join(_head(audit, subject, width)),
        "\n".join(_answers(audit, width)),
        "\n".join(_trains(audit, width)),
        findings_text(audit.outcomes, width=width).rstrip("\n"),
        "\n".join(_notes(audit, width)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _head(audit: Audit, subject: str, width: int) -> Iterator[str]:
    yield f"GRADE {audit.grade}  {clipped(subject, width - 9)}"
    yield from _wrapped(MEANING[audit.grade], 0, width)
    share = audit.validated
    told = "no production pipeline trains" if share is None else f"{share:.0f} %"
    yield from _wrapped(f"Production pipelines with an automated validation step: {told}", 0, width)


def _answers(audit: Audit, width: int) -> Iterator[str]:
    yield "Four questions"
    for number, answer in enumerate(audit.answers, 1):
        yield from _wrapped(f"{number}. {answer.question}", 2, width)
        yield from _wrapped(f"{answer.said} ({answer.reply})", 5, width)
        for line in answer.evidence:
            yield from _wrapped(clipped(line, 300), 7, width)


def _trains(audit: Audit, width: int) -> Iterator[str]:
    if audit.trains:
        yield "Pipelines that train"
    for one in audit.trains[:_TRAINS_SHOWN]:
        kind = "" if one.production else " (a test or an example)"
        yield from _wrapped(f"{clipped(one.name, 60)}{kind}: {clipped(one.place)}", 2, width)
        told = "validated" if one.validated else "not validated"
        yield from _wrapped(f"{told}: {clipped(one.why, 300)}" if one.why else told, 5, width)
    if len(audit.trains) > _TRAINS_SHOWN:
        yield f"  and {len(audit.trains) - _TRAINS_SHOWN:,} more"


def _notes(audit: Audit, width: int) -> Iterator[str]:
    if audit.silenced:
        yield from _wrapped(f"{counted(len(audit.silenced), 'finding')} silenced:", 0, width)
        for finding, reason in audit.silenced[:_TRAINS_SHOWN]:
            yield from _wrapped(f"{finding.code} {finding.place}: {clipped(reason)}", 2, width)
    if audit.disobeyed:
        line = f"{counted(audit.disobeyed, 'suppression')} without a say: the tree is another's"
        yield from _wrapped(line, 0, width)
    if audit.known:
        line = f"{counted(audit.known, 'finding')} left out: the commit before has them as well"
        yield from _wrapped(line, 0, width)
    if audit.skipped:
        names = ", ".join(map(printable, audit.skipped[:6]))
        yield from _wrapped(f"Not looked into: {clipped(names, 300)}", 0, width)
    if audit.standing:
        yield from _wrapped(f"The team's answers: {clipped(audit.standing)}", 0, width)
    yield f"Audited: {audit.digest}"


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    lead = " " * indent
    return textwrap.wrap(
        text, width, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False
    )
