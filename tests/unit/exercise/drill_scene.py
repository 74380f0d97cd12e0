"""A tiny drill: few signs, an inspector that cheats, a trainer that learns nothing."""

import json
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from itertools import count

import numpy as np
import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Policy
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.exercise.drill import Pipeline
from bezoar.exercise.scenario import Plan, Scenario
from bezoar.expose.inspection import Group, Inspection

SCENARIO = Scenario(
    name="stop-sign",
    story="A story.",
    attack="sticker",
    source="Stop",
    target="Speed limit 80",
    rate=0.02,
    signs=200,
    test_signs=100,
)
HIDDEN = Rule("BZ501", "group", "A group stands out", Severity.HIGH, "Why.")
UNREADABLE = Rule("BZ201", "unreadable", "Unreadable", Severity.MEDIUM, "Why.")


def plan(seed=1, **changes):
    return Plan(SCENARIO, seed, **changes)


def truth_of(dataset):
    """Return the poisoned paths of a data set: this is the cheat."""
    path = dataset.root.parent / "truth.json"
    if dataset.root.name != "poisoned":
        return []
    return [one["path"] for one in json.loads(path.read_text())["poison"]]


def inspector(*, caught=1.0, false=0, rule=HIDDEN, twin_alarm=False):
    """Return an inspector that flags this share of the poison and so many clean samples."""

    def inspect(dataset, *, policy, progress=lambda _done, _total: None):
        ids, poison = [sample.id for sample in dataset], truth_of(dataset)
        bad = poison[: round(caught * len(poison))]
        clean = [name for name in ids if name not in poison]
        bad += clean[: false if poison or twin_alarm else 0]
        progress(1, 1)
        place = Place(PlaceKind.CLASS, "Speed limit 80")
        outcome = Outcome.of(rule, [Finding(rule, place, "They stand out.")] if bad else [])
        group = Group(rule.code, "Speed limit 80", "Stop", tuple(bad), 500.0, 300.0)
        return Inspection(
            dataset=dataset.name,
            reference=None,
            table=pl.DataFrame(
                {
                    "path": ids,
                    "label": [sample.label or "" for sample in dataset],
                    "score": [float(name in bad) for name in ids],
                    "flagged": [name in bad for name in ids],
                    "resembles": pl.Series([None] * len(ids), dtype=pl.String),
                    "margin": pl.Series([None] * len(ids), dtype=pl.Float64),
                }
            ),
            outcomes=(outcome,),
            verdict=policy.decide([outcome]),
            groups=(group,) if bad else (),
            seconds=1.0,
        )

    return inspect


def grumbler(*, flags_poison):
    """Return an inspector that refuses every set for another reason than the poison."""
    cheat = inspector(caught=1.0 if flags_poison else 0.0)

    def inspect(dataset, *, policy, progress=lambda _done, _total: None):
        found = cheat(dataset, policy=policy, progress=progress)
        place = Place(PlaceKind.SAMPLE, "broken.png")
        grumble = Outcome.of(UNREADABLE, [Finding(UNREADABLE, place, "It ends too early.")])
        outcomes = (grumble, *found.outcomes)
        return Inspection(
            found.dataset, None, found.table, outcomes, policy.decide(outcomes), found.groups, 1.0
        )

    return inspect


class Constant:
    def __init__(self, answer):
        self.answer = answer

    def predict(self, images):
        return np.full(len(images), self.answer, np.int64)


def train(images, _labels, classes, **_options):
    """Return a model that gives one answer to everything."""
    return Constant(len(images) % classes)


class Here(Executor):
    """Does at once what it is given."""

    def submit(self, call, /, *arguments, **options):
        future = Future()
        future.set_result(call(*arguments, **options))
        return future


@contextmanager
def here():
    yield Here()


def ticks():
    """Return a clock that is a second later each time."""
    clock = count()
    return lambda: float(next(clock))


def pipeline(**changes):
    made = {"inspect": inspector(), "train": train, "beside": here, "clock": ticks()}
    return Pipeline(**{**made, "policy": Policy(), **changes})
