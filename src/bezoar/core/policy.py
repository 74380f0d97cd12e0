"""`Policy` turns outcomes into a `Verdict`; nothing else does."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bezoar.core.outcome import Outcome, Status
from bezoar.core.severity import Severity


class Decision(IntEnum):
    """What may happen to the data; ordered, mildest first."""

    ADMIT = 0
    UNDECIDED = 1
    QUARANTINE = 2
    REJECT = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and what decided it.

    Attributes:
        decision: What may happen to the data.
        decided_by: One sentence for each outcome that made the decision; empty for `admit`.
    """

    decision: Decision
    decided_by: tuple[str, ...] = ()

    @property
    def admits(self) -> bool:
        """True only for `admit`."""
        return self.decision is Decision.ADMIT

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        return {"decision": str(self.decision), "decided_by": list(self.decided_by)}


@dataclass(frozen=True, slots=True)
class Policy:
    """A pure function from outcomes to a verdict.

    Laws: one more finding never makes the verdict milder; `failed` never admits; `skipped` and
    `not_applicable` block only where the policy requires that rule; no outcome at all is
    `undecided`, because nothing was checked.

    Attributes:
        quarantine_at: Mildest severity that quarantines.
        reject_at: Mildest severity that rejects.
        required: Codes of the rules that must have run.
    """

    quarantine_at: Severity = Severity.MEDIUM
    reject_at: Severity = Severity.CRITICAL
    required: frozenset[str] = frozenset()

    def decide(self, outcomes: Iterable[Outcome]) -> Verdict:
        """Return the verdict on these outcomes."""
        outcomes = tuple(outcomes)
        votes = [vote for outcome in outcomes for vote in self._votes(outcome)]
        votes += [
            (Decision.UNDECIDED, f"{code} is required and did not run")
            for code in sorted(self.required - {outcome.rule.code for outcome in outcomes})
        ]
        if not outcomes:
            votes.append((Decision.UNDECIDED, "nothing was checked"))
        worst = max((decision for decision, _ in votes), default=Decision.ADMIT)
        if worst is Decision.ADMIT:
            return Verdict(worst)
        return Verdict(worst, tuple(why for decision, why in votes if decision is worst))

    def _votes(self, outcome: Outcome) -> list[tuple[Decision, str]]:
        rule = outcome.rule
        if outcome.status is Status.FOUND:
            worst = max(finding.severity for finding in outcome.findings)
            count = len(outcome.findings)
            findings = f"{count} finding" + ("s" if count > 1 else "")
            return [(self._decision(worst), f"{rule.code} {rule.title}: {findings}, {worst}")]
        if outcome.status is Status.FAILED:
            return [(Decision.UNDECIDED, f"{rule.code} could not finish: {outcome.reason}")]
        if outcome.status is not Status.PASSED and rule.code in self.required:
            why = f"{rule.code} is required and {outcome.status}: {outcome.reason}"
            return [(Decision.UNDECIDED, why)]
        return []

    def _decision(self, severity: Severity) -> Decision:
        if severity >= self.reject_at:
            return Decision.REJECT
        return Decision.QUARANTINE if severity >= self.quarantine_at else Decision.ADMIT
