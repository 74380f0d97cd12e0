"""The detector against its own definition, step by step, and its promise against simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.limit.evidence import RATIO_WEIGHTS, RATIOS, WATCHED, WEIGHTS, Evidence

SHARES = np.array([0.6, 0.3, 0.1])
SIDES = {-1: [0], 0: [0], 1: [0, 1], 2: [0, 1, 2], 3: [0, 1, 2, 3]}


def rates(shares=SHARES, cuts=(0.5, 0.3, 0.1)):
    """Return the four rates of each class, in one stratum."""
    parts = (1, *cuts)
    return np.stack([shares * part for part in parts], 1).reshape(1, -1)


def fed(evidence, classes, above=None, strata=None):
    """Feed everything and return the turns."""
    size = len(classes)
    above = np.full(size, -1) if above is None else above
    strata = np.zeros(size, int) if strata is None else strata
    return list(evidence.observe(np.array(classes), np.array(above), np.array(strata)))


def by_definition(expected, classes, above, strata):
    """Return each rate's masses, with every step taken for every rate."""
    masses = np.zeros((expected.shape[1], len(RATIOS)))
    ceilings = expected.max(0)
    for which, over, stratum in zip(classes, above, strata, strict=True):
        events = {which * WATCHED + side for side in SIDES[over]}
        for rate in range(expected.shape[1]):
            p = expected[stratum, rate]
            for g, ratio in enumerate(RATIOS):
                k = ratio - 1
                none = np.exp(-k * p)
                factor = (1 - (1 - p) * none) / p if rate in events else none
                added = (1 - none) / (k * ceilings[rate])
                masses[rate, g] = masses[rate, g] * factor + added
    return masses


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 3), st.integers(0, 1)), min_size=1),
)
def test_skipping_what_does_not_happen_changes_nothing(predictions):
    expected = np.vstack([rates(), rates(SHARES[::-1])])
    evidence = Evidence(expected, per_false_alarm=1e12)
    classes, above, strata = zip(*predictions, strict=True)
    fed(evidence, classes, above, strata)
    want = by_definition(expected, classes, above, strata)
    np.testing.assert_allclose(evidence.masses(), want, rtol=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 3)), min_size=2, max_size=60),
    st.integers(1, 59),
)
def test_the_parts_of_a_stream_give_what_the_whole_gives(predictions, cut):
    classes, above = map(list, zip(*predictions, strict=True))
    whole, parts = (Evidence(rates(), per_false_alarm=50) for _ in range(2))
    turns = fed(whole, classes, above)
    cut = min(cut, len(classes))
    first = fed(parts, classes[:cut], above[:cut])
    second = fed(parts, classes[cut:], above[cut:])
    assert first + [(i + cut, which, began) for i, which, began in second] == turns
    np.testing.assert_array_equal(parts.mass, whole.mass)


def test_evidence_of_two_streams_adds():
    rng = np.random.default_rng(1)
    streams = [rng.choice(3, size, p=SHARES) for size in (300, 500)]
    one, two = (Evidence(rates(), per_false_alarm=1e12) for _ in streams)
    fed(one, streams[0])
    fed(two, streams[1])
    both = one.added(two)
    np.testing.assert_allclose(both.mass, one.masses() + two.masses())
    assert both.predictions == 800
    with pytest.raises(ValueError, match="another baseline"):
        one.added(Evidence(rates(SHARES[::-1])))


def test_weights_are_parts_of_one():
    assert sum(WEIGHTS) == pytest.approx(1)
    np.testing.assert_allclose(RATIO_WEIGHTS.sum(1), 1)


@given(st.floats(1e-9, 0.999), st.sampled_from(RATIOS), st.floats(0, 1))
def test_no_step_adds_evidence_on_average_while_the_rate_is_at_most_what_is_expected(
    p, ratio, part
):
    """A mass of the last ratio, fed one prediction: with an event, and without."""
    expected = np.zeros((1, 2 * WATCHED))
    expected[0, 0] = p
    grown = []
    for class_ in (0, 1):
        evidence = Evidence(expected)
        evidence.mass[0] = 1000.0
        fed(evidence, [class_])
        grown.append(evidence.masses()[0, RATIOS.index(ratio)])
    q = p * part
    assert q * grown[0] + (1 - q) * grown[1] <= 1001 * (1 + 1e-6)
    at_most = p * grown[0] + (1 - p) * grown[1]
    assert at_most >= 1000 * (1 - 1e-6)


def test_the_promise_is_kept_without_calibration():
    """At a line of 500 the mean number of predictions to a false alarm is at least 500."""
    rng = np.random.default_rng(2)
    runs = []
    for _ in range(60):
        evidence = Evidence(rates(), per_false_alarm=500)
        classes, above = (
            rng.choice(3, 20_000, p=SHARES),
            (rng.random((20_000, 1)) < [0.5, 0.3, 0.1]).sum(1),
        )
        turns = fed(evidence, classes, above)
        runs.append(next((i + 1 for i, _, began in turns if began), 20_000))
    assert np.mean(runs) > 500


def test_a_tenfold_rise_of_a_rare_class_is_noticed_and_its_end_too():
    shares = np.array([0.998, 0.002])
    evidence = Evidence(rates(shares), per_false_alarm=1e6)
    rng = np.random.default_rng(3)
    assert fed(evidence, rng.choice(2, 50_000, p=shares)) == []
    turns = fed(evidence, rng.choice(2, 5_000, p=[0.98, 0.02]))
    assert [(which, began) for _, which, began in turns] == [(1, True)]
    assert turns[0][0] < 1500
    predictions, observed, wanted = evidence.recent(1)
    assert observed > 8 * wanted
    assert predictions * 0.002 == pytest.approx(wanted)
    turns = fed(evidence, rng.choice(2, 100_000, p=shares))
    assert [(which, began) for _, which, began in turns] == [(1, False)]


def test_a_class_of_which_nothing_is_known_never_alarms():
    evidence = Evidence(rates(np.array([1.0, 0.0])), per_false_alarm=100)
    assert fed(evidence, [1] * 1000) == []
