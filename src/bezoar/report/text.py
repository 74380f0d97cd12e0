"""Plain text for a terminal: the verdict first, then what to look at, then what was not checked."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status, findings_in
from bezoar.core.place import printable
from bezoar.core.policy import Verdict
from bezoar.core.rule import Rule
from bezoar.report.wording import (
    STATUS_WORDS,
    Step,
    answer,
    clipped,
    counted,
    figure,
    group_title,
    not_checked,
    steps_of,
    summary,
)

if TYPE_CHECKING:  # it brings Polars along; a command that only prints findings must start fast
    from bezoar.expose.inspection import Group, Inspection

NARROWEST = 40
COMMANDS_SHOWN = 10


def findings_text(
    outcomes: Sequence[Outcome],
    *,
    verdict: Verdict | None = None,
    subject: str = "",
    width: int = 80,
    shown: int = 10,
    steps: Sequence[Step] = (),
) -> str:
    """Write outcomes for a person at a terminal.

    Args:
        outcomes: One per rule asked for.
        verdict: What the policy made of them, where one was asked.
        subject: What was looked at.
        width: Columns; a command is never broken, all else is.
        shown: How many findings of one rule are written out.
        steps: What to do next, besides what the findings say.

    Returns:
        Lines, with a line end after the last.
    """
    width = max(width, NARROWEST)
    findings = findings_in(outcomes)
    return _text(
        [
            _head(verdict, subject, "", width, found=bool(findings)) if verdict else (),
            _findings("Found", findings, width, shown),
            _not_checked(outcomes, width),
            _passed(outcomes, width),
            _next((*steps_of(findings), *steps)),
        ]
    )


def inspection_text(
    inspection: "Inspection", width: int = 80, *, shown: int = 3, steps: Sequence[Step] = ()
) -> str:
    """Write an inspection for a person at a terminal.

    Args:
        inspection: What `bezoar inspect` learned.
        width: Columns; a command is never broken, all else is.
        shown: How many sample ids of each group are written out.
        steps: What to do next, besides what the findings say.

    Returns:
        Lines, with a line end after the last.
    """
    width = max(width, NARROWEST)
    grouped = {group.code for group in inspection.groups}
    others = [finding for finding in inspection.findings if finding.code not in grouped]
    return _text(
        [
            _head(
                inspection.verdict,
                inspection.dataset,
                summary(inspection),
                width,
                found=bool(inspection.findings),
            ),
            _groups(inspection.groups, width, shown),
            _findings("Also found" if grouped else "Found", others, width, shown),
            _not_checked(inspection.outcomes, width),
            _passed(inspection.outcomes, width),
            _next((*steps_of(inspection.findings), *steps)),
        ]
    )


def _text(parts: Iterable[Iterable[str]]) -> str:
    """Put an empty line between the parts that say something."""
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    lead = " " * indent
    return textwrap.wrap(text, width, initial_indent=lead, subsequent_indent=lead)


def _head(
    verdict: Verdict, subject: str, sentence: str, width: int, *, found: bool
) -> Iterator[str]:
    short, why = answer(verdict.decision, found=found)
    decision = str(verdict.decision).upper()
    yield decision + (f"  {clipped(subject, width - len(decision) - 2)}" if subject else "")
    yield from _wrapped(f"May I train on this? {short} {why} {sentence}", 0, width)
    for reason in verdict.decided_by:
        yield from _wrapped(f"because {clipped(reason, 400)}", 2, width)


def _groups(groups: Sequence["Group"], width: int, shown: int) -> Iterator[str]:
    if groups:
        yield "Look at first"
    for number, group in enumerate(groups, 1):
        yield from _wrapped(f"{number}. {group_title(group)}", 2, width)
        line = f"{group.code}: statistic {figure(group.statistic)}, alarm from "
        yield from _wrapped(line + figure(group.threshold), 5, width)
        yield from _first([clipped(name, width - 5) for name in group.ids[:shown]], 5)
        yield from _more(len(group.ids) - shown, 5)


def _findings(title: str, findings: Sequence[Finding], width: int, shown: int) -> Iterator[str]:
    if findings:
        yield title
    ordered = sorted(findings, key=lambda f: (-f.severity, f.code, f.place))
    for (code, name), same in groupby(ordered, key=lambda f: (f.code, f.title)):
        listed = list(same)
        yield from _wrapped(f"{code} {name} ({listed[0].severity})", 2, width)
        for finding in listed[:shown]:
            yield f"     {clipped(str(finding.place), width - 5)}"
            yield from _wrapped(clipped(finding.message, 400), 7, width)
        yield from _more(len(listed) - shown, 5)


def _not_checked(outcomes: Sequence[Outcome], width: int) -> Iterator[str]:
    silent = not_checked(outcomes)
    if silent:
        yield "Not checked"
    for (status, reason), same in groupby(silent, key=lambda one: (one.status, one.reason)):
        rules = [outcome.rule for outcome in same]
        named = ", ".join(rule.code for rule in rules) if rules[1:] else _named(rules[0])
        yield from _wrapped(f"{named}: {STATUS_WORDS[status]}", 2, width)
        yield from _wrapped(clipped(reason, 400), 5, width)


def _named(rule: Rule) -> str:
    return f"{rule.code} {rule.title}"


def _passed(outcomes: Sequence[Outcome], width: int) -> Iterator[str]:
    passed = [outcome.rule.code for outcome in outcomes if outcome.status is Status.PASSED]
    if outcomes:
        line = f"{len(passed)} of {counted(len(outcomes), 'check')} passed"
        yield from _wrapped(line + (": " + ", ".join(passed) if passed else "."), 0, width)


def _next(steps: Sequence[Step]) -> Iterator[str]:
    commands = list(dict.fromkeys(step.command for step in steps))
    if commands:
        yield "Next"
    for command in commands[:COMMANDS_SHOWN]:
        yield f"  {printable(command)}"
    yield from _more(len(commands) - COMMANDS_SHOWN, 2)


def _first(names: Iterable[str], indent: int) -> Iterator[str]:
    for name in names:
        yield " " * indent + name


def _more(count: int, indent: int) -> Iterator[str]:
    if count > 0:
        yield " " * indent + f"and {count:,} more"
