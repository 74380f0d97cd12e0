"""Inputs that are far, answers that were wrong: noticed, and not for nothing."""

import numpy as np
import pytest

from bezoar.core.errors import BezoarError
from bezoar.limit.rates import Labels, Rate, bound_of, learn_inputs


def test_a_rate_that_holds_keeps_its_promise():
    """At a promise of 2,000 the runs to a false alarm are longer than that on average."""
    rng = np.random.default_rng(0)
    lengths = []
    for _ in range(60):
        rate = Rate("x", 0.02, per_false_alarm=2_000)
        turns = rate.observe(rng.random(20_000) < 0.02)
        lengths.append(turns[0][0].index if turns else 20_000)
    assert np.mean(lengths) > 2_000


def test_a_rate_that_rises_is_noticed_and_its_end_told():
    rng = np.random.default_rng(1)
    rate = Rate("x", 0.02)
    assert rate.observe(rng.random(20_000) < 0.02) == []
    (first,) = rate.observe(rng.random(600) < 0.2)
    assert first[1]
    assert 20_000 < first[0].index < 20_600
    assert first[0].false_alarm_rate == 1e-6
    turns = rate.observe(rng.random(50_000) < 0.01)
    assert [began for _, began in turns] == [False]


def test_a_bound_lies_over_the_rate():
    assert 0 < bound_of(0, 1000) < 0.01
    assert 0.01 < bound_of(10, 1000) < 0.03
    assert bound_of(1000, 1000) < 1


def test_inputs_that_drift_are_noticed():
    rng = np.random.default_rng(2)
    known = learn_inputs(rng.normal(size=(30_000, 8)))
    watch = known.watch()
    assert watch.observe(known.scores(rng.normal(size=(50_000, 8))) > known.far) == []
    drifted = rng.normal(size=(2_000, 8))
    drifted[:, 3] += 3
    ((alert, began),) = watch.observe(known.scores(drifted) > known.far)
    assert began
    assert alert.index < 50_500


def test_scores_of_what_is_no_number_are_infinite():
    rng = np.random.default_rng(3)
    known = learn_inputs(np.hstack([rng.normal(size=(300, 1)), np.ones((300, 1))]))
    odd = np.array([[np.nan, 1], [np.inf, 1], [0, 1], [0, 2], [1e308, -1e308]])
    scores = known.scores(odd)
    assert np.isinf(scores[:2]).all()
    assert scores[2] < known.far < scores[3]
    for bad in (np.zeros((10, 2)), np.full((300, 2), np.nan), np.zeros(300)):
        with pytest.raises(BezoarError):
            learn_inputs(bad)


def test_labels_that_come_later_find_their_prediction_once():
    labels = Labels(Rate("wrong answers", 0.02))
    for number in range(200):
        labels.predicted(str(number), "stop")
    labels.predicted("0", "80")
    right = [(str(number), "stop") for number in range(100)]
    assert labels.labelled(right) == []
    assert labels.labelled([*right[:3], ("never", "stop")]) == []
    assert labels.unknown == 4
    turns = labels.labelled([(str(number), "80") for number in range(100, 200)])
    assert [began for _, began in turns] == [True]
