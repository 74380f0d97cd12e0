"""`Inspection`: what `bezoar inspect` learned about a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, findings_in
from bezoar.core.policy import Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Samples of one class that one detector flagged together.

    Attributes:
        code: The rule's code.
        label: The class that they are labelled as.
        resembles: The class that a trigger-blind model takes most of them for; None if mixed.
        ids: Their ids, the clearest members first.
        statistic: The class statistic that raised the alarm.
        threshold: The line that it crossed.
    """

    code: str
    label: str
    resembles: str | None
    ids: tuple[str, ...]
    statistic: float
    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What `bezoar inspect` learned about a dataset.

    Attributes:
        dataset: Its name.
        reference: Name of the trusted reference, if there was one.
        table: One row per sample: `path, label, score, flagged, resembles, margin`;
            higher score = more suspicious.
        outcomes: One per rule asked for.
        verdict: What the policy made of them.
        groups: What was flagged, worst first.
        seconds: Wall-clock time.
        settings: Seed, epochs, versions: what a second run needs.
    """

    dataset: str
    reference: str | None
    table: pl.DataFrame
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    groups: tuple[Group, ...]
    seconds: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, worst first."""
        found = findings_in(self.outcomes)
        return tuple(sorted(found, key=lambda f: (-f.severity, f.code, f.place)))

    @property
    def flagged(self) -> tuple[str, ...]:
        """Ids of the flagged samples, most suspicious first."""
        rows = self.table.filter("flagged").sort("score", "path", descending=[True, False])
        return tuple(rows["path"])

    def as_json(self) -> dict[str, Any]:
        """Return the inspection as JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "dataset": self.dataset,
            "reference": self.reference,
            "verdict": str(self.verdict.decision),
            "decided_by": list(self.verdict.decided_by),
            "samples": self.table.height,
            "flagged": list(self.flagged),
            "findings": [finding.as_json() for finding in self.findings],
            "outcomes": [outcome.as_json() for outcome in self.outcomes],
            "groups": [
                {
                    "code": group.code,
                    "label": group.label,
                    "resembles": group.resembles,
                    "samples": list(group.ids),
                    "statistic": round(group.statistic, 3),
                    "threshold": group.threshold,
                }
                for group in self.groups
            ],
            "seconds": round(self.seconds, 1),
            "settings": dict(self.settings),
        }
