"""`Outcome`: how one rule's run ended."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule


class Status(StrEnum):
    """The five ways in which a rule's run ends; only `passed` counts as passed."""

    FOUND = "found"
    PASSED = "passed"
    NOT_APPLICABLE = "not_applicable"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one rule's run ended.

    Laws: there are findings exactly when the status is `found`; the five statuses add up to the
    rules asked for; only `passed` counts as passed.

    Attributes:
        rule: The rule that ran.
        status: How it ended.
        findings: What it found.
        reason: Why it did not apply, was skipped or failed; required in these three cases.
    """

    rule: Rule
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if bool(self.findings) != (self.status is Status.FOUND):
            raise ValueError("an outcome has findings exactly when its status is `found`")
        if self.status not in (Status.FOUND, Status.PASSED) and not self.reason:
            raise ValueError(f"an outcome that is {self.status} says why")

    @classmethod
    def of(cls, rule: Rule, findings: Iterable[Finding]) -> "Outcome":
        """Return `found` with the findings, or `passed` where there are none."""
        found = tuple(findings)
        return cls(rule, Status.FOUND if found else Status.PASSED, found)

    @property
    def passed(self) -> bool:
        """True only for `passed`."""
        return self.status is Status.PASSED

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as JSON values, its findings counted, not repeated."""
        return {
            "code": self.rule.code,
            "title": self.rule.title,
            "status": str(self.status),
            "findings": len(self.findings),
            "reason": self.reason,
        }


def findings_in(outcomes: Iterable[Outcome]) -> list[Finding]:
    """Return what was found, rule by rule."""
    return [finding for outcome in outcomes for finding in outcome.findings]


def tally(outcomes: Iterable[Outcome]) -> dict[Status, int]:
    """Count the outcomes by status; all five statuses are keys."""
    counts = Counter(outcome.status for outcome in outcomes)
    return {status: counts[status] for status in Status}
