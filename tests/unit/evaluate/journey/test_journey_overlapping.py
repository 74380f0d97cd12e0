"""The index of names says the same as asking everybody."""

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey.identity import overlap
from bezoar.evaluate.journey.journey import build
from bezoar.evaluate.journey.order import bits_of, highest, lowest, numbers_of
from bezoar.evaluate.journey.overlapping import Overlapping
from bezoar.evaluate.pipelines.definition import Command, Pipeline, Reference, Step

HOME = Place(PlaceKind.FILE, "workflow.yaml", 1)
NAMES = st.one_of(
    st.text("ab/*{", max_size=8),
    st.sampled_from(["s3://b/d", "s3://b/d/x", "PIPELINE-INTERNAL:a.b", "/" * 99, "/"]),
)


def chain(length):
    steps = [
        Step(
            f"s{n}",
            HOME,
            commands=(Command("step", 1),),
            reads=(Reference(f"data/{n}.csv"),),
            writes=(Reference(f"data/{n + 1}.csv"),),
            after=(f"s{n - 1}",) if n else (),
        )
        for n in range(length)
    ]
    return Pipeline("p", "argo", HOME, tuple(steps))


@given(st.lists(st.lists(NAMES, max_size=3), max_size=6), NAMES)
def test_who_overlaps_is_found(listed, name):
    wanted = [n for n, names in enumerate(listed) if any(overlap(name, one) for one in names)]
    assert list(numbers_of(Overlapping(listed).of(name))) == wanted


@given(st.sets(st.integers(0, 300)))
def test_bits_say_which_numbers_they_were_made_of(numbers):
    bits = bits_of(numbers)
    assert list(numbers_of(bits)) == sorted(numbers)
    assert not numbers or (lowest(bits), highest(bits)) == (min(numbers), max(numbers))


def test_thousands_of_steps_take_little_longer_each_than_hundreds():
    def seconds(length):
        made = chain(length)
        began = time.process_time()
        build([made])
        return time.process_time() - began

    few, many = max(seconds(400), 0.02), seconds(4_000)
    assert many < 40 * few  # 100 times were quadratic


def test_a_chain_of_thousands_of_steps_is_followed_to_its_source():
    made = chain(3_000)
    fit = Command("sklearn.linear_model.LogisticRegression.fit(x, y)", 1, "call")
    last = replace(made.steps[-1], commands=(fit,), writes=())
    (followed,) = build([replace(made, steps=(*made.steps[:-1], last))]).followed
    (training,) = followed.trainings
    (way,) = training.unguarded
    assert way.source.endswith("data/0.csv")
    assert len(way.way) == 3_000
