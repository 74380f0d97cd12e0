"""`Audit`: what came of looking at the pipelines of a tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.four_answers import FourAnswer, Grade, Trains, validated_share
from bezoar.evaluate.journey.journey import Journey

CHANGED_SINCE_AUDIT: Final = Rule(
    code="BZ238",
    name="changed-since-audit",
    title="Pipeline is not the one that was audited",
    severity=Severity.MEDIUM,
    why="An audit holds for the definitions that it read. One that was changed or added since, or"
    " an audit too long ago, says nothing about the pipeline that trained this model.",
)

LIMITS: Final = (
    "Files are read, nothing is run: what a script does only at run time is not seen.",
    "What runs outside of this repository, and what a bucket or a cluster allows, no file shows.",
    "A validation step counts by what it is called: how well it checks is not judged.",
)
"""What no audit sees."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of looking at the pipelines of a tree.

    Attributes:
        journey: The graph of the data's journey.
        outcomes: One per rule.
        answers: To the four questions.
        grade: How sound the way in is.
        trains: The pipelines that train.
        digest: Over every definition that was judged.
        definitions: The digest of each file that a pipeline is made of, by path.
        own: Whether the tree is the project's own.
        standing: How the team's answers stand, in a sentence.
        silenced: Findings that a suppression silenced, each with its reason.
        known: How many findings the commit compared with, or a baseline, has as well.
        disobeyed: How many suppressions had no say.
        skipped: Folders that nobody looked into.
        base: The commit that it was compared with; None for none.
        seconds: How long it took.
    """

    journey: Journey
    outcomes: tuple[Outcome, ...]
    answers: tuple[FourAnswer, ...]
    grade: Grade
    trains: tuple[Trains, ...]
    digest: Digest
    definitions: Mapping[str, Digest]
    own: bool
    standing: str = ""
    silenced: tuple[tuple[Finding, str], ...] = ()
    known: int = 0
    disobeyed: int = 0
    skipped: tuple[str, ...] = ()
    base: str | None = None
    seconds: float = 0.0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, the gravest first."""
        found = [finding for outcome in self.outcomes for finding in outcome.findings]
        return tuple(sorted(found, key=lambda f: (-f.severity, f.code, f.place)))

    @property
    def validated(self) -> float | None:
        """The measure: of the production pipelines that train, those that validate, in per cent."""
        return validated_share(self.trains)

    def as_json(self) -> dict[str, Any]:
        """Return what stands beside the findings, as JSON values."""
        return {
            "grade": str(self.grade),
            "answers": [
                {
                    "name": one.name,
                    "question": one.question,
                    "reply": str(one.reply),
                    "said": one.said,
                    "evidence": list(one.evidence),
                }
                for one in self.answers
            ],
            "validated_percent": self.validated,
            "pipelines_that_train": [
                {
                    "name": one.name,
                    "place": one.place,
                    "validated": one.validated,
                    "production": one.production,
                    "why": one.why,
                }
                for one in self.trains
            ],
            "digest": str(self.digest),
            "definitions": {path: str(one) for path, one in self.definitions.items()},
            "answers_standing": self.standing,
            "silenced": [
                {"finding": finding.as_json(), "reason": reason}
                for finding, reason in self.silenced
            ],
            "known": self.known,
            "suppressions_without_a_say": self.disobeyed,
            "skipped": list(self.skipped),
            "base": self.base,
            "seconds": round(self.seconds, 3),
        }
