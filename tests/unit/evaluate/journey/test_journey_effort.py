"""Definitions written to keep an audit busy: they end soon, and what is given up is told."""

import time

import pytest

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey import build
from bezoar.evaluate.journey.effort import Effort, TooMuchError
from bezoar.evaluate.pipelines.definition import Command, OnFailure, Pipeline, Reference, Step
from bezoar.evaluate.rules import outcomes_of
from bezoar.evaluate.training import trains

HOME = Place(PlaceKind.FILE, "workflow.yaml", 1)
TASKS = 10_000
CHECK = "bezoar validate data --suite s.json"
TRAIN = "python train.py --data data"
WRITE = "python augment.py --input data --output data"
SECONDS = 10  # of the processor; a second or two where nothing else runs


def chain(*texts, alone=False, **fields):
    """Return a pipeline of one step for each command, each waiting for the one before."""
    return Pipeline(
        "p",
        "argo",
        HOME,
        tuple(
            Step(
                f"s{n}",
                HOME,
                (Command(text, n + 1),),
                after=() if alone or not n else (f"s{n - 1}",),
                **fields,
            )
            for n, text in enumerate(texts)
        ),
    )


def fan_in(number):
    names = tuple(f"s{n}" for n in range(number))
    steps = [Step(name, HOME, (Command("cp a data", 1),)) for name in names]
    last = [
        Step(f"t{n}", HOME, (Command(TRAIN, n),), after=names[: number // 50])
        for n in range(number)
    ]
    return Pipeline("p", "argo", HOME, (*steps, *last))


def looped(number):
    """Return a make target that runs itself over and over."""
    again = tuple(Command("make all", n) for n in range(number))
    return Pipeline(
        "Makefile", "makefile", Place(PlaceKind.FILE, "Makefile", 1), (Step("all", HOME, again),)
    )


def handed(number):
    """Return a step of many commands that all have what the step is given."""
    given = tuple(Reference(f"PIPELINE-INTERNAL:a.{n}") for n in range(number))
    commands = tuple(Command(f"python train.py --data d/{n}", n + 1) for n in range(number))
    return Pipeline("p", "argo", HOME, (Step("s", HOME, commands, reads=given),))


SHAPES = {
    "checks that cannot stop and trainings": chain(
        *[CHECK] * (TASKS // 2), *[TRAIN] * (TASKS // 2), on_failure=OnFailure.IGNORED
    ),
    "each training behind a check and a write": chain(*[CHECK, WRITE, TRAIN] * (TASKS // 3)),
    "side by side": chain(*[CHECK, WRITE, TRAIN] * (TASKS // 3), alone=True),
    "writers that read what they write": chain(
        "wget https://a.example/data", *[WRITE] * TASKS, TRAIN
    ),
    "the same, then checked too late": chain(CHECK, *[WRITE] * TASKS, TRAIN, CHECK),
    "the same, and each may be skipped": chain(*[WRITE] * TASKS, TRAIN, condition="x"),
    "many trainings at the end of a long way": chain(
        *[f"cp d/{n} d/{n + 1}" for n in range(TASKS // 2)],
        *[f"python train.py --data d/{TASKS // 2}"] * (TASKS // 2),
    ),
    "patterns": chain(
        *[f"cp a/*{n} b/?{n}" for n in range(TASKS)], "python train.py --data b/*.csv"
    ),
    "gates that stand elsewhere": chain(
        *["pytest tests", "kubectl apply -f m.yaml"] * (TASKS // 2), alone=True
    ),
    "all read what all wrote": fan_in(TASKS // 2),
    "a target that runs itself": looped(TASKS),
    "all commands have all data": handed(TASKS // 2),
    "one long word": chain(f"python train.py --data {'d' * 2_000_000}"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_it_ends_soon_or_is_given_up_aloud(shape):
    began = time.process_time()
    journey = build([SHAPES[shape]])
    outcomes = outcomes_of(journey)
    counted = trains(journey)
    spent = time.process_time() - began
    assert spent < SECONDS
    (followed,) = journey.followed
    told = [f.message for one in outcomes for f in one.findings if f.code == "BZ240"]
    assert len(told) == bool(followed.given_up)
    assert not (followed.given_up and any(one.validated for one in counted))


def test_what_was_not_judged_is_not_said_to_be_validated():
    journey = build([SHAPES["many trainings at the end of a long way"]])
    (followed,) = journey.followed
    judged = [one.judged for one in followed.trainings]
    assert judged[0]
    assert not judged[-1]
    assert f"{judged.count(False):,} of {len(judged):,}" in followed.given_up
    assert not trains(journey)[0].validated


def test_effort_ends():
    effort = Effort(3)
    effort.spend(2)
    with pytest.raises(TooMuchError):
        effort.spend(2)
    effort.spend()
