"""Which ways to a training are guarded, on pipelines made by hand, and laws of that."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey import build
from bezoar.evaluate.journey.identity import identity, overlap
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.evaluate.journey.words import taken_apart
from bezoar.evaluate.pipelines.definition import Command, OnFailure, Pipeline, Step
from bezoar.evaluate.rules import outcomes_of

FETCH = "aws s3 sync s3://acme/signs data/signs"
CHECK = "bezoar validate data/signs --suite expectations/signs.json"
TRAIN = "python train.py --data data/signs --out models/m.onnx"
WRITE = "python augment.py --input data/signs --output data/signs"


def step(name, *texts, after=(), **fields):
    commands = tuple(Command(text, number + 1) for number, text in enumerate(texts))
    return Step(name, Place(PlaceKind.FILE, "p.yaml", 1), commands, after=after, **fields)


def pipeline(*steps):
    return Pipeline("p", "argo", Place(PlaceKind.FILE, "p.yaml", 1), tuple(steps))


def faults(*steps):
    journey = build([pipeline(*steps)])
    return [way.fault for one in journey.followed for t in one.trainings for way in t.unguarded]


def chain(*texts):
    names = [f"s{number}" for number in range(len(texts))]
    return [
        step(name, text, after=tuple(names[max(0, number - 1) : number]))
        for number, (name, text) in enumerate(zip(names, texts, strict=True))
    ]


def test_a_check_between_source_and_training():
    assert faults(*chain(FETCH, CHECK, TRAIN)) == []


def test_no_check():
    assert faults(*chain(FETCH, TRAIN)) == [Fault.NOTHING]


@pytest.mark.parametrize("texts", [(FETCH, TRAIN, CHECK), (CHECK, TRAIN)])
def test_a_check_that_comes_too_late_or_looks_elsewhere(texts):
    other = [text.replace("data/signs --suite", "data/other --suite") for text in texts]
    wanted = texts if texts[-1] == CHECK else other
    assert faults(*chain(*wanted)) == [Fault.ELSEWHERE]


def test_a_check_beside_the_training():
    fetch, check, train = chain(FETCH, CHECK, TRAIN)
    beside = step("s2", TRAIN, after=("s0",))
    assert faults(fetch, check, beside) == [Fault.ELSEWHERE]
    assert faults(fetch, check, train) == []


def test_a_check_that_cannot_stop():
    fetch, _, train = chain(FETCH, CHECK, TRAIN)
    tolerant = step("s1", CHECK, after=("s0",), on_failure=OnFailure.IGNORED)
    assert faults(fetch, tolerant, train) == [Fault.CANNOT_STOP]
    stubborn = step("s2", TRAIN, after=("s1",), runs_after_failure=True)
    assert faults(fetch, step("s1", CHECK, after=("s0",)), stubborn) == [Fault.CANNOT_STOP]


def test_a_check_that_may_be_skipped():
    fetch, _, train = chain(FETCH, CHECK, TRAIN)
    assert faults(fetch, step("s1", CHECK, after=("s0",), condition="x"), train) == [
        Fault.ELSEWHERE
    ]


def test_a_write_between_check_and_use():
    assert faults(*chain(FETCH, CHECK, WRITE, TRAIN)) == [Fault.WRITTEN_SINCE]
    assert faults(*chain(CHECK, WRITE, TRAIN)) == [Fault.WRITTEN_SINCE]
    assert faults(*chain(FETCH, WRITE, CHECK, TRAIN)) == []
    assert faults(*chain(CHECK, WRITE, CHECK, TRAIN)) == []


def test_two_sources_and_one_check():
    train = "python train.py --data data/signs --extra data/more"
    assert faults(*chain(FETCH, "wget https://a.example/m.zip -O data/more", CHECK, train)) == [
        Fault.ELSEWHERE
    ]


texts = st.lists(st.sampled_from([FETCH, CHECK, WRITE, "echo hello"]), max_size=6)


@given(texts, st.randoms(use_true_random=False))
def test_the_order_of_the_definition_does_not_matter(before, random):
    steps = chain(*before, TRAIN)
    shuffled = steps[:]
    random.shuffle(shuffled)
    assert faults(*shuffled) == faults(*steps)


@given(texts)
def test_a_check_right_before_the_training_is_enough(before):
    assert faults(*chain(*before, CHECK, TRAIN)) == []


@given(texts)
def test_one_more_check_never_makes_it_worse(before):
    plain, more = faults(*chain(*before, TRAIN)), faults(*chain(CHECK, *before, TRAIN))
    assert bool(more) <= bool(plain)


def test_ten_thousand_steps():
    steps = chain(FETCH, *["echo hello"] * 10_000, CHECK, TRAIN)
    began = time.process_time()
    assert faults(*steps) == []
    assert time.process_time() - began < 5


def test_steps_that_wait_for_one_another_come_to_an_end():
    steps = [step("a", TRAIN, after=("b",)), step("b", CHECK, after=("a",))]
    assert len(faults(*steps)) <= 1
    outcomes_of(build([pipeline(*steps)]))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("./data/signs/", "data/signs"),
        ("S3A://Bucket/x/", "s3://Bucket/x"),
        ("$DATA/x", "{DATA}/x"),
        ("${{ env.DATA }}/x", "{env.DATA}/x"),
        (".", ""),
        ("", ""),
    ],
)
def test_identities(name, wanted):
    assert identity(name) == wanted


def test_one_name_within_another():
    assert overlap("data", "data/signs/a.csv")
    assert overlap("data/*.csv", "data/a.csv")
    assert not overlap("data/signs", "data/signs2")


@pytest.mark.parametrize(
    ("text", "reads", "writes"),
    [
        ("sudo cp a/x.csv b/", ("a/x.csv",), ("b",)),
        ("curl -o d/x.zip https://a.example/x.zip", ("https://a.example/x.zip",), ("d/x.zip",)),
        ("python -m pkg.train --data d/x --output m/y", ("d/x",), ("m/y",)),
        ("bezoar pull signs@1 --to data", ("bezoar:signs@1",), ("data",)),
        ("tool 'unclosed d/x.csv", ("d/x.csv",), ()),
        ("", (), ()),
    ],
)
def test_what_a_command_reads_and_writes(text, reads, writes):
    found = taken_apart(text)
    assert (found.reads, found.writes) == (reads, writes)


@given(st.text(max_size=200))
def test_no_command_is_too_odd(text):
    taken_apart(text)


def test_code_within_a_definition_is_read():
    imports = "import pandas as pd\nfrom sklearn.svm import SVC\n"
    code = imports + "SVC().fit(pd.read_csv('data/a.csv'), [])\n"
    inline = Command(code, 3, "python")
    place = Place(PlaceKind.FILE, "p.yaml", 1)
    assert faults(Step("s", place, (inline,))) == [Fault.NOTHING]
    assert faults(Step("s", place, (Command("def (", 3, "python"),))) == []
