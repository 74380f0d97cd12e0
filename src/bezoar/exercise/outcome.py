"""What came of a drill: the result, and the files that say it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import bezoar
from bezoar.core.arrays import Images
from bezoar.core.drill import DrillResult
from bezoar.core.policy import Decision
from bezoar.exercise.blue_team import Detection, stage_that_noticed
from bezoar.exercise.material import Material
from bezoar.exercise.models import Measured
from bezoar.exercise.record import Record
from bezoar.exercise.red_team import Truth
from bezoar.exercise.scenario import Plan

REPORT, POSTMORTEM, RESULT, SCORES = "report.html", "postmortem.md", "drill.json", "scores.parquet"


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured in a drill.

    Attributes:
        truth: What the red team knows.
        found: What the blue team learned.
        before: The model trained on the poisoned set.
        after: The model trained on the cleaned set.
        twin: The verdict on the same set without the poison, and how many were flagged in it.
    """

    truth: Truth
    found: Detection
    before: Measured
    after: Measured
    twin: tuple[Decision, int]


def report(plan: Plan, material: Material, measures: Measures, record: Record) -> DrillResult:
    """Write down the measures, and return the result.

    Args:
        plan: What was drilled.
        material: What it was drilled on.
        measures: What came of it.
        record: Where it is written down.
    """
    _tell(measures, record)
    result = result_of(plan, material, measures, record)
    drill, inspection = result.as_json(), measures.found.inspection
    picture = partial(_picture, record.folder / "poisoned")
    inspection.table.write_parquet(record.folder / SCORES)
    digests = {
        RESULT: record.write_json(RESULT, drill),
        POSTMORTEM: record.write(POSTMORTEM, bezoar.postmortem_markdown(drill)),
        REPORT: record.write(REPORT, bezoar.drill_html(drill, inspection, picture)),
    }
    files = {name: str(digest) for name, digest in digests.items()}
    record.add("drill.reported", plan.scenario.name, "The report is written", files=files)
    return result


def result_of(plan: Plan, material: Material, measures: Measures, record: Record) -> DrillResult:
    """Put the result together."""
    inspection, poison = measures.found.inspection, set(measures.truth.paths)
    flagged = set(inspection.flagged)
    caught = len(flagged & poison)
    noticed = caught > 0 and not inspection.verdict.admits
    return DrillResult(
        scenario=plan.scenario.name,
        source=material.source,
        target=material.target,
        seed=plan.seed,
        rate=plan.share,
        samples=inspection.table.height,
        poisoned=len(poison),
        verdict=inspection.verdict.decision,
        stage=stage_that_noticed(inspection, poison) if noticed else None,
        time_to_detection_s=measures.found.seconds if noticed else None,
        flagged=len(flagged),
        caught=caught,
        missed=tuple(sorted(poison - flagged)),
        attack_success_before=measures.before.attack_success,
        attack_success_after=measures.after.attack_success,
        accuracy_before=measures.before.accuracy,
        accuracy_after=measures.after.accuracy,
        clean_twin_verdict=measures.twin[0],
        clean_twin_flagged=measures.twin[1],
        folder=str(record.folder),
        report=str(record.folder / REPORT),
        postmortem=str(record.folder / POSTMORTEM),
        again=plan.again,
        timeline=tuple(record.timeline),
    )


def _tell(measures: Measures, record: Record) -> None:
    """Add the measures to the ledger."""
    decision, flagged = measures.twin
    what = f"The same set without the poison: verdict {decision}, {flagged:,} samples flagged"
    record.add("twin.inspected", "original", what, verdict=str(decision), flagged=flagged)
    for name, one in (("poisoned", measures.before), ("cleaned", measures.after)):
        what = (
            f"A model trained on the {name} set: accuracy {one.accuracy:.1%}, "
            f"attack success {one.attack_success:.1%} of {one.victims:,} victims"
        )
        figures = {"accuracy": one.accuracy, "attack_success": one.attack_success}
        record.add("model.measured", name, what, victims=one.victims, **figures)


def _picture(root: Path, name: str) -> Images:
    return bezoar.decode((root / name).read_bytes())
