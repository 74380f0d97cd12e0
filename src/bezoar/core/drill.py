"""`Drill`: what became of an attack that was practised."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bezoar.core.policy import Decision

SCHEMA_VERSION = 1


class Moment(NamedTuple):
    """One thing that happened.

    Attributes:
        t_s: Seconds since the drill began.
        what: One sentence. Names in it are the data's: escape them.
    """

    t_s: float
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResult:
    """What became of an attack that was practised.

    Law: the same seed gives the same result, apart from clock readings (see `timeless`).

    Attributes:
        scenario: What was practised.
        source: The class that was attacked.
        target: The class that it was to be taken for.
        seed: Everything random was drawn from it.
        rate: Share of the set that was to be poisoned.
        samples: In the poisoned set.
        poisoned: How many of them are poison.
        verdict: On the poisoned set.
        stage: The stage that noticed, as `expose`; None where none did.
        time_to_detection_s: From the moment that the poisoned set was in place to the verdict;
            None where nothing was noticed.
        flagged: How many samples were flagged.
        caught: How many of these are poison.
        missed: Paths of poisoned samples that were not flagged.
        attack_success_before: By a model trained on the poisoned set; share of the victims.
        attack_success_after: By one trained on the cleaned set.
        accuracy_before: On clean test samples, by the model trained on the poisoned set.
        accuracy_after: By the one trained on the cleaned set.
        clean_twin_verdict: On the same set without the poison.
        clean_twin_flagged: How many samples of that were flagged.
        folder: The drill's own folder, which holds all of the following.
        report: The HTML report.
        postmortem: The post-mortem in Markdown.
        again: The command that repeats it with another seed.
        timeline: What happened, in order.
    """

    scenario: str
    source: str
    target: str
    seed: int
    rate: float
    samples: int
    poisoned: int
    verdict: Decision
    stage: str | None
    time_to_detection_s: float | None
    flagged: int
    caught: int
    missed: tuple[str, ...]
    attack_success_before: float
    attack_success_after: float
    accuracy_before: float
    accuracy_after: float
    clean_twin_verdict: Decision
    clean_twin_flagged: int
    folder: str
    report: str
    postmortem: str
    again: str
    timeline: tuple[Moment, ...]

    @property
    def noticed(self) -> bool:
        """True where the data was not admitted, and something that was flagged is poison."""
        return self.verdict is not Decision.ADMIT and self.caught > 0

    @property
    def tpr(self) -> float:
        """Share of the poison that was flagged."""
        return self.caught / self.poisoned

    @property
    def fpr(self) -> float:
        """Share of the clean samples that were flagged."""
        return (self.flagged - self.caught) / max(1, self.samples - self.poisoned)

    def timeless(self) -> "DrillResult":
        """Return the result without clock readings, and without the paths that are named by one."""
        return replace(
            self,
            time_to_detection_s=None,
            folder="",
            report="",
            postmortem="",
            timeline=tuple(Moment(0.0, what) for _, what in self.timeline),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        seconds = self.time_to_detection_s
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "noticed": self.noticed,
            "stage": self.stage,
            "time_to_detection_s": None if seconds is None else round(seconds, 2),
            "verdict": str(self.verdict),
            "tpr": self.tpr,
            "fpr": self.fpr,
            "attack_success_before": self.attack_success_before,
            "attack_success_after": self.attack_success_after,
            "accuracy_before": self.accuracy_before,
            "accuracy_after": self.accuracy_after,
            "clean_twin_verdict": str(self.clean_twin_verdict),
            "clean_twin_flagged": self.clean_twin_flagged,
            "seed": self.seed,
            "rate": self.rate,
            "source": self.source,
            "target": self.target,
            "samples": self.samples,
            "poisoned": self.poisoned,
            "flagged": self.flagged,
            "folder": self.folder,
            "report": self.report,
            "postmortem": self.postmortem,
            "next": self.again,
            "timeline": [{"t_s": round(t, 2), "what": what} for t, what in self.timeline],
            "missed": list(self.missed),
        }
