"""How a check reads: as text of 80 columns, and as JSON."""

import textwrap
from collections.abc import Iterator

from bezoar.core.outcome import Status
from bezoar.core.policy import Decision
from bezoar.flows.check import Checked
from bezoar.recon.rules.unregistered_source import RULE as UNREGISTERED
from bezoar.report.json import outcomes_json
from bezoar.report.sources import fetches_json, set_aside
from bezoar.report.text import findings_text
from bezoar.report.wording import Step, clipped, counted

_ANSWERS = {
    Decision.ADMIT: "Yes.",
    Decision.UNDECIDED: "Not decided: not all that has to be checked could be.",
    Decision.QUARANTINE: "Not yet: somebody has to look at what was found.",
    Decision.REJECT: "No: what was found rules it out.",
}
_DIGITS = 12
REGISTER_ALL = "bezoar dbom add --from-scan"


def check_text(checked: Checked, subject: str, *, width: int = 80) -> str:
    """Write a check for a person at a terminal.

    Args:
        checked: What came of it.
        subject: What was looked at.
        width: Columns; a command is never broken, all else is.

    Returns:
        Lines, with a line end after the last.
    """
    found = findings_text(checked.outcomes, width=width, steps=_steps(checked))
    judgement, inventory = checked.sight.judgement, checked.sight.inventory
    aside = "\n".join(set_aside(judgement, inventory, checked.base, width))
    head = "\n".join(_head(checked, subject, width))
    return "\n\n".join(filter(None, (head, aside, found)))


def check_json(checked: Checked, subject: str) -> str:
    """Write a check as JSON.

    Args:
        checked: What came of it.
        subject: What was looked at.
    """
    sight = checked.sight
    suppressed = sight.judgement.silenced
    fields = {
        "path": subject,
        "base": checked.base,
        "fail_on": str(checked.fail_on),
        "sources": fetches_json(sight.inventory.fetches),
        "datasets": [
            {
                "dataset": entry.spec,
                "status": str(entry.status),
                "verified": entry.spec in checked.verified,
            }
            for entry in sight.entries
        ],
        "suppressed": [one.finding.as_json() | {"reason": one.reason} for one in suppressed],
        "known": len(sight.judgement.known),
        "skipped": list(sight.inventory.skipped),
    }
    return outcomes_json(checked.outcomes, verdict=checked.verdict, fields=fields)


def _head(checked: Checked, subject: str, width: int) -> Iterator[str]:
    verdict, fetches = checked.verdict, checked.sight.inventory.fetches
    decision = str(verdict.decision).upper()
    yield f"{decision}  {clipped(subject, width - len(decision) - 2)}"
    yield from _wrapped(f"May this go in? {_ANSWERS[verdict.decision]}", 0, width)
    for reason in verdict.decided_by:
        yield from _wrapped(f"because {clipped(reason, 400)}", 2, width)
    if verdict.admits and any(one.severity >= checked.fail_on for one in checked.findings):
        yield from _wrapped(f"Findings fail it all the same: from {checked.fail_on} on", 2, width)
    registered = sum(fetch.registered is not None for fetch in fetches)
    entries = len(checked.sight.entries)
    line = f"{counted(len(fetches), 'source')}, {registered} in the DBOM of "
    line += f"{entries} " + ("entry" if entries == 1 else "entries")
    yield from _wrapped(f"{line}; {counted(len(checked.verified), 'data set')} verified", 0, width)
    if checked.base:
        line = f"Only what was added since {checked.base[:_DIGITS]} is found; its settings, DBOM,"
        yield from _wrapped(line + " baseline and suppressions count.", 0, width)


def _steps(checked: Checked) -> list[Step]:
    unregistered = any(
        outcome.rule is UNREGISTERED and outcome.status is Status.FOUND
        for outcome in checked.outcomes
    )
    return [Step("Register all of them as drafts", REGISTER_ALL)] if unregistered else []


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    lead = " " * indent
    return textwrap.wrap(text, width, initial_indent=lead, subsequent_indent=lead)
