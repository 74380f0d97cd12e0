"""Rates beside those of classes: a rise is noticed, and not for nothing."""

import numpy as np

from bezoar.limit.rates import Rate
from bezoar.limit.shares import bound_of


def test_a_rate_that_holds_keeps_its_promise():
    """At a promise of 2,000 the runs to a false alarm are longer than that on average."""
    rng = np.random.default_rng(0)
    lengths = []
    for _ in range(60):
        rate = Rate("x", 0.02, per_false_alarm=2_000)
        turns = rate.observe(rng.random(20_000) < 0.02)
        lengths.append(turns[0].alert.index if turns else 20_000)
    assert np.mean(lengths) > 2_000


def test_a_rate_that_rises_is_noticed_and_its_end_told():
    rng = np.random.default_rng(1)
    rate = Rate("x", 0.02)
    assert rate.observe(rng.random(20_000) < 0.02) == []
    (first,) = rate.observe(rng.random(600) < 0.2)
    assert first.began
    assert 20_000 < first.alert.index < 20_600
    assert first.alert.false_alarm_rate == 1e-6
    assert first.observed > 5 * first.expected
    turns = rate.observe(rng.random(50_000) < 0.01)
    assert [turn.began for turn in turns] == [False]


def test_a_bound_lies_over_the_rate():
    assert 0 < bound_of(0, 1000) < 0.01
    assert 0.01 < bound_of(10, 1000) < 0.03
    assert bound_of(1000, 1000) < 1
