"""Features of inputs: what is far from the trusted ones, and what are no features at all."""

import json

import numpy as np
import pytest

from bezoar.core.errors import BezoarError
from bezoar.limit.inputs import as_features, inputs_of, learn_inputs, parse_inputs
from bezoar.limit.predictions import batch_of

BAD = [
    *("[1", "no", "[" * 10_000, "x" * 100_000, [], {}, 1, True, [[1.0]], ["1"], [None]),
    *([True, 1], [1.0] * 3, [10**400, 1], [1.0] * 5000, b"[1,2]"),
]


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


@pytest.mark.parametrize("value", BAD, ids=range(len(BAD)))
def test_what_are_no_features(value):
    assert as_features(value, 2) is None


def test_each_input_is_judged_and_what_was_not_sent_is_not():
    rng = np.random.default_rng(0)
    known = learn_inputs(rng.normal(size=(3000, 2)))
    sent = [[0, 0.5], None, "[9, 9]", [9.0], float("nan"), [float("nan"), 0.0]]
    assert known.judged(sent).tolist() == [0, -1, 1, -2, -2, 1]


def test_what_is_learned_survives_json_and_what_cannot_be_does_not():
    known = learn_inputs(np.random.default_rng(0).normal(size=(3000, 2)))
    raw = json.loads(json.dumps(known.as_json()))
    again = parse_inputs(raw)
    assert again.as_json() == known.as_json()
    for change in (
        {"middle": [0.0]},
        {"middle": []},
        {"middle": [[0.0, 1.0]]},
        {"spread": [0.0, 1.0]},
        {"spread": [-1.0, 1.0]},
        {"far": float("nan")},
        {"bound": 0},
        {"bound": 1.5},
        {"middle": [0.0] * 5000, "spread": [1.0] * 5000},
    ):
        with pytest.raises((ValueError, TypeError)):
            parse_inputs(raw | change)


def test_a_stream_of_odd_rows_is_learned_from_those_that_fit():
    rng = np.random.default_rng(1)
    rows = [{"class": "a", "features": row} for row in rng.normal(size=(400, 3)).tolist()]
    odd = [{"class": "a", "features": value} for value in (None, "x", [1], [float("inf")] * 3)]
    batch = batch_of(0, [*rows, *odd], ("features",))
    found = inputs_of(lambda: [batch])
    assert found is not None
    assert found.middle.shape == (3,)
    assert inputs_of(lambda: [batch_of(0, odd, ("features",))]) is None
    assert inputs_of(lambda: [batch_of(0, odd, ())]) is None
