"""Inputs and late labels: through batches, restarts and replicas, beside the classes."""

import numpy as np
import pytest

from bezoar.limit import answers as answering
from bezoar.limit.answers import Answers
from bezoar.limit.baseline import estimate_baseline, parse_baseline
from bezoar.limit.monitor import Monitor, resumed
from bezoar.limit.predictions import BESIDE, batch_of

RNG = np.random.default_rng(0)


def rows(size, *, far=0.0, wrong=0.02, late=False):
    """Return predictions with features and labels; late labels are rows of their own."""
    features = RNG.normal(size=(size, 3))
    features[RNG.random(size) < far, 1] += 50
    names = RNG.choice(["stop", "80"], size, p=[0.9, 0.1]).tolist()
    mistaken = (RNG.random(size) < wrong).tolist()
    found, labels = [], []
    for k in range(size):
        row = {"class": names[k], "features": features[k].tolist()}
        truth = {"label": "other" if mistaken[k] else names[k]}
        if late:
            row["id"] = f"{size}-{k}"
            labels.append({"id": row["id"], **truth})
        else:
            row |= truth
        found.append(row)
    return found + labels


def batch(some):
    return batch_of(0, some, BESIDE)


@pytest.fixture(scope="module")
def baseline():
    trusted = batch(rows(20_000))
    made = estimate_baseline("signs", lambda: [trusted])
    assert 0.015 < made.wrong < 0.03
    assert 0.005 < made.inputs.bound < 0.02
    again = parse_baseline(made.as_json().encode())
    assert again.digest == made.digest
    return again


def told(monitor, some, size=500):
    parts = [batch(some[i : i + size]) for i in range(0, len(some), size)]
    return [alert for part in parts for alert in monitor.observe_batch(part)]


def test_clean_streams_say_nothing_and_changed_ones_say_what(baseline):
    monitor = Monitor(baseline)
    assert told(monitor, rows(20_000, late=True)) == []
    assert monitor.evidence.predictions == 20_000
    assert monitor.refused.total() == 0
    (far,) = told(monitor, rows(1500, far=0.1))
    (wrong,) = told(monitor, rows(1500, wrong=0.3, late=True))
    assert (far.class_, wrong.class_) == ("(inputs far from the trusted ones)", "(wrong answers)")
    assert far.sentence.startswith("Rate of inputs far from the trusted ones has deviated by ")
    assert far.rate
    assert far.alert.index < 41_500 < wrong.alert.index, "rows of the stream are counted"


def test_other_batches_give_the_same_alerts(baseline):
    some = [*rows(3000, late=True), *rows(1500, far=0.1, wrong=0.3, late=True)]
    want = [(a.class_, a.alert.index) for a in told(Monitor(baseline), some, 10_000)]
    assert len(want) == 2
    for size in (9, 77):
        monitor = Monitor(baseline, lean=True)
        assert [(a.class_, a.alert.index) for a in told(monitor, some, size)] == want


def test_a_restart_forgets_neither_evidence_nor_what_is_waited_for(baseline):
    some = [*rows(3000, late=True), *rows(1500, far=0.1, wrong=0.3, late=True)]
    whole = Monitor(baseline)
    want = [(a.class_, a.alert.index) for a in told(whole, some)]
    monitor, found = Monitor(baseline), []
    for begin in range(0, len(some), 1000):
        found += told(monitor, some[begin : begin + 1000])
        monitor = resumed(baseline, monitor.state())
    assert [(a.class_, a.alert.index) for a in found] == want
    assert monitor.state() == whole.state()


def test_one_by_one_in_python(baseline):
    monitor = Monitor(baseline)
    found = []
    for number in range(300):
        found += monitor.observe("stop", 0.9, features=[0.0, 90.0, 0.0], id=f"r{number}")
    for number in range(300):
        found += monitor.label(f"r{number}", "80")
    assert {a.class_ for a in found if a.rate} == {
        "(inputs far from the trusted ones)",
        "(wrong answers)",
    }
    assert monitor.label("r1", "80") == []
    assert monitor.signals.answers.unknown == 1


def test_what_is_malformed_is_counted_and_the_prediction_stays(baseline):
    monitor = Monitor(baseline)
    odd = [
        {"class": "stop", "features": [1.0]},
        {"class": "stop", "features": "x" * 100_000, "id": ["a"], "label": {"b": 1}},
        {"class": "stop", "id": "x" * 500},
        {"id": "never", "label": "stop"},
        {"id": "a"},
        {"label": "stop"},
        None,
    ]
    assert told(monitor, odd) == []
    assert monitor.evidence.predictions == 3
    assert monitor.signals.refused["no features"] == 2
    assert monitor.signals.answers.unknown == 1
    assert monitor.refused["no class"] == 3
    assert not monitor.signals.answers.waiting


def test_replicas_add(baseline):
    one, two = Monitor(baseline), Monitor(baseline)
    told(one, rows(2000, far=0.02, late=True)[:2500])
    told(two, rows(3000, far=0.02, late=True)[:3500])
    both = one.merged([two])
    total = one.signals.inputs.evidence.masses() + two.signals.inputs.evidence.masses()
    np.testing.assert_allclose(both.signals.inputs.evidence.masses(), total)
    assert both.signals.wrong.evidence.predictions == 1000
    assert len(both.signals.answers.waiting) == 1500 + 2500
    assert one.signals.wrong.evidence.predictions == 500, "a sum changes none of its parts"


def test_a_baseline_without_them_ignores_them():
    made = estimate_baseline("m", lambda: [batch([{"class": "a"}, {"class": "b"}] * 50)])
    assert (made.inputs, made.wrong) == (None, 0)
    assert "inputs" not in made.as_json()
    monitor = Monitor(made)
    assert monitor.columns == ()
    extra = {"features": [9.0], "id": "x", "label": "b"}
    assert told(monitor, [{"class": "a"} | extra, {"class": "b"} | extra] * 200) == []


def test_answers_find_their_prediction_once_and_the_oldest_are_given_up(monkeypatch):
    monkeypatch.setattr(answering, "MOST_OPEN", 3)
    held = Answers()
    for name in "abcde":
        held.predicted(name, "stop")
    held.predicted("e", "80")
    assert held.given_up == 2
    assert [held.labelled(name, "stop") for name in "aeec"] == [None, False, None, False]
    assert held.unknown == 2
    again = Answers.parse(held.state())
    assert again == held
