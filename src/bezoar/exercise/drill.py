"""The drill: poison a copy, see whether it is noticed, and prove what it would have done."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bezoar
from bezoar.core.attack import Attack
from bezoar.core.drill import DrillResult
from bezoar.core.policy import Policy
from bezoar.exercise import blue_team, outcome, red_team
from bezoar.exercise.blue_team import Inspector
from bezoar.exercise.material import Material, gather, written
from bezoar.exercise.models import Measured, Trainer, train_and_measure
from bezoar.exercise.record import Record, Steps, silent
from bezoar.exercise.scenario import Plan
from bezoar.exercise.workers import process_beside

if TYPE_CHECKING:
    from bezoar import Inspection, Project


def inspect_as_users_do(*arguments: Any, **options: Any) -> "Inspection":
    """Call `bezoar.inspect`, which is imported on first use only."""
    return bezoar.inspect(*arguments, **options)


def train_as_users_do(*arguments: Any, **options: Any) -> "bezoar.Classifier":
    """Call `bezoar.train_classifier`, which is imported on first use only."""
    return bezoar.train_classifier(*arguments, **options)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is put to the test: by default what users have.

    Attributes:
        inspect: Looks for poison.
        train: Trains a plain model.
        policy: Turns outcomes into the verdict.
        beside: Opens a process beside this one, for what can be done at the same time.
        clock: Tells the seconds.
    """

    inspect: Inspector = inspect_as_users_do
    train: Trainer = train_as_users_do
    policy: Policy = Policy()  # noqa: RUF009 - frozen
    beside: Callable[[], AbstractContextManager[Executor]] = process_beside
    clock: Callable[[], float] = time.monotonic


def run_drill(
    plan: Plan,
    folder: Path,
    *,
    pipeline: Pipeline = Pipeline(),
    project: "Project | None" = None,
    steps: Steps = silent,
) -> DrillResult:
    """Run a drill.

    Law: the same plan gives the same result, apart from clock readings.

    Args:
        plan: What is drilled.
        folder: Where everything is written; new or empty.
        pipeline: What is put to the test.
        project: Whose ledger learns that there was a drill; this one event is all that is written
            outside `folder`.
        steps: Announces each step, and shows its progress.

    Raises:
        UsageError: If the data lacks a class, source and target are one, or there are not enough
            victims for the rate. Nothing is written then.
    """
    start = pipeline.clock()
    with pipeline.beside() as beside:
        material = gather(plan, beside, steps)
        red_team.victims(material, red_team.attack_on(material, plan), plan)
        with Record(folder, pipeline.clock, start) as record:
            drill = _Drill(plan, pipeline, record, beside, steps)
            result = drill.run(written(material, folder, plan.seed, steps))
            head = str(record.head())
    if project is not None:
        detail = result.as_json()
        del detail["timeline"], detail["missed"]
        with bezoar.open_ledger(project) as ledger:
            ledger.append("drill.finished", head, detail)
    return result


@dataclass(frozen=True, slots=True)
class _Drill:
    plan: Plan
    pipeline: Pipeline
    record: Record
    beside: Executor
    steps: Steps

    def run(self, material: Material) -> DrillResult:
        """Poison, take in, clean, measure, report."""
        record, pipeline = self.record, self.pipeline
        attack, truth = self._poison(material)
        poisoned, original = record.folder / "poisoned", record.folder / "original"
        before = self.beside.submit(self._training(attack), poisoned)
        twin = self.beside.submit(
            blue_team.inspect_twin, original, pipeline.policy, pipeline.inspect
        )
        found = blue_team.take_in(poisoned, record, pipeline.policy, pipeline.inspect, self.steps)
        after = None
        if found.inspection.flagged:
            cleaned = self._clean(set(found.inspection.flagged))
            with self.steps("Training on the cleaned set") as progress:
                after = self._training(attack)(cleaned, progress=progress)
        with self.steps("Training on the poisoned set"):
            learned = before.result()
        with self.steps("Inspecting the unpoisoned twin"):
            measures = outcome.Measures(truth, found, learned, after or learned, twin.result())
        return outcome.report(self.plan, material, measures, record)

    def _training(self, attack: Attack) -> Callable[..., Measured]:
        test = self.record.folder / "test"
        seed, train = self.plan.seed, self.pipeline.train
        return partial(train_and_measure, test=test, attack=attack, seed=seed, train=train)

    def _poison(self, material: Material) -> tuple[Attack, red_team.Truth]:
        plan, record = self.plan, self.record
        what = f"{len(material.train):,} samples to train on, {len(material.test):,} to test on"
        record.add("drill.started", plan.scenario.name, what, seed=plan.seed, rate=plan.share)
        attack = red_team.attack_on(material, plan)
        with self.steps("Red team: poisoning a copy") as progress:
            poisoned = record.folder / "poisoned"
            truth = red_team.poison(material, attack, plan, poisoned, progress)
        digest = record.write_json("truth.json", truth.as_json(attack))
        what = (
            f"Red team: {attack.name} on {len(truth.paths):,} samples of {material.source!r}, "
            f"labelled {material.target!r}; the poisoned copy is in place"
        )
        record.add("drill.poisoned", digest, what, poisoned=len(truth.paths))
        return attack, truth

    def _clean(self, flagged: set[str]) -> Path:
        """Write a version of the data without what was flagged."""
        folder = self.record.folder / "cleaned"
        dataset = bezoar.open_dataset(self.record.folder / "poisoned")
        kept = [sample for sample in dataset if sample.id not in flagged]
        with self.steps("Blue team: writing a version without what was flagged") as progress:
            bezoar.write_class_folder(kept, folder, lambda done: progress(done, len(kept)))
        what = f"Blue team: {len(kept):,} samples are left without the flagged ones"
        self.record.add("dataset.cleaned", "cleaned", what, dropped=len(flagged), kept=len(kept))
        return folder
