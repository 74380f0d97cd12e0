"""The words and numbers that every format shares."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status, tally
from bezoar.core.place import printable
from bezoar.core.policy import Decision

if TYPE_CHECKING:  # it brings Polars along; a command that only prints findings must start fast
    from bezoar.expose.inspection import Group, Inspection

_ANSWERS = {
    Decision.ADMIT: ("Yes.", "Nothing that was checked speaks against it."),
    Decision.UNDECIDED: ("Not decided.", "What the decision needs was not checked."),
    Decision.QUARANTINE: ("Not yet.", "Set it aside until a person has looked."),
    Decision.REJECT: ("No.", "What was found rules it out."),
}

STATUS_WORDS = {
    Status.FOUND: "found something",
    Status.PASSED: "passed",
    Status.NOT_APPLICABLE: "not applicable",
    Status.SKIPPED: "skipped",
    Status.FAILED: "failed",
}

LIMITS = (
    "A faint periodic pattern on correctly labelled samples shows only from about 1% of the set.",
    "Fewer than 13 poisoned samples, or less than 0.1% of the set, were never tried.",
    "Swapped labels without a mark in the picture give a review list below 1%, not a verdict.",
    "Warping triggers, and attackers who work around these very checks, were not measured.",
    "A trusted reference is taken at its word: poison that is already in it hides its like.",
)
"""What no check of an inspection sees; from measurements, not from hope."""


def answer(decision: Decision, *, found: bool) -> tuple[str, str]:
    """Answer "May I train on this?" in a word or two, and in a sentence.

    Args:
        decision: What the policy decided.
        found: True where a check found something, however mild.
    """
    if decision is Decision.ADMIT and found:
        return "Yes.", "What was found is too mild to speak against it."
    return _ANSWERS[decision]


class Step(NamedTuple):
    """What to do next.

    Attributes:
        why: A few words.
        command: What to type, exactly.
    """

    why: str
    command: str


def clipped(text: str, longest: int = 160) -> str:
    """Escape a name that an attacker may have written, and cut a long one in its middle."""
    if len(text) > 2 * longest:  # a name of 100 MB must not be escaped in full first
        text = text[:longest] + text[-longest:]
    text = printable(text)
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def quoted(label: str | None, longest: int = 40) -> str:
    """Return a label in quotation marks, so that an empty one and one of blanks are seen."""
    return "no label" if label is None else f"“{clipped(label, longest)}”"


def counted(number: int, noun: str) -> str:
    """Return `1 sample`, `2,000 samples`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def figure(value: float | None) -> str:
    """Return a number with two or three significant digits; a dash where there is none."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 100:  # noqa: PLR2004 - powers of ten
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 1 else f"{value:.2g}"


def share(value: float | None) -> str:
    """Return a share as a percentage, or that it was not measured."""
    if value is None:
        return "not measured"
    return f"{100 * value:.2g}%" if 0 < value < 0.01 else f"{100 * value:.1f}%"  # noqa: PLR2004 - small ones need digits


def seconds(value: float | None) -> str:
    """Return a time, or that there is none."""
    return "not measured" if value is None else f"{value:,.1f} s"


def not_checked(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the outcomes that say nothing about the data, failures first."""
    order = (Status.FAILED, Status.SKIPPED, Status.NOT_APPLICABLE)
    silent = [outcome for outcome in outcomes if outcome.status in order]
    return sorted(silent, key=lambda outcome: (order.index(outcome.status), outcome.rule.code))


def silence(outcomes: Sequence[Outcome]) -> str:
    """Say how many checks tell nothing; empty where each does."""
    counts = tally(outcomes)
    silent = {
        "failed": counts[Status.FAILED],
        "skipped": counts[Status.SKIPPED],
        "not applicable": counts[Status.NOT_APPLICABLE],
    }
    told = [f"{count} {word}" for word, count in silent.items() if count]
    return f"Of {counted(len(outcomes), 'check')}: {', '.join(told)}." if told else ""


def steps_of(findings: Iterable[Finding]) -> tuple[Step, ...]:
    """Return each next command of the findings once, in their order."""
    steps = {finding.next: Step(finding.title, finding.next) for finding in findings}
    return tuple(step for command, step in steps.items() if command)


def group_title(group: "Group") -> str:
    """Say in one line what a group is."""
    title = f"{counted(len(group.ids), 'sample')} labelled {quoted(group.label)}"
    return title + (f" that look like {quoted(group.resembles)}" if group.resembles else "")


def summary(inspection: "Inspection") -> str:
    """Say in one sentence how much was flagged."""
    flagged, samples = int(inspection.table["flagged"].sum()), inspection.table.height
    if not samples:
        return "There was no sample to look at."
    if not flagged:
        return f"None of {counted(samples, 'sample')} is flagged."
    verb = "is" if flagged == 1 else "are"
    groups = f", in {counted(len(inspection.groups), 'group')}" if inspection.groups else ""
    return f"{flagged:,} of {counted(samples, 'sample')} {verb} flagged{groups}."
