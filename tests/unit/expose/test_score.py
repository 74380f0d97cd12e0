import numpy as np
from made_evidence import evidence, permuted

from bezoar.expose.score import FLAGGED, suspicion

IDS = [f"s{k}" for k in range(480)]


def test_a_flagged_sample_comes_before_all_others() -> None:
    made, bad = evidence(0, 10)
    scores = suspicion(IDS, made, bad)
    assert scores.values[bad].min() >= FLAGGED
    assert scores.values[~bad].max() < FLAGGED
    assert set(scores.ranked()[:10]) == {IDS[i] for i in np.flatnonzero(bad)}


def test_three_means_one_in_a_thousand() -> None:
    made, _ = evidence(0)
    scores = suspicion(IDS, made, np.zeros(480, bool)).values
    assert scores.min() == 0
    assert scores.max() == -np.log10(1 / 480)


def test_permuted_samples_have_permuted_scores() -> None:
    made, bad = evidence(0, 10)
    order = np.random.default_rng(1).permutation(480)
    again = suspicion([IDS[i] for i in order], permuted(made, order), bad[order])
    np.testing.assert_array_equal(again.values, suspicion(IDS, made, bad).values[order])
