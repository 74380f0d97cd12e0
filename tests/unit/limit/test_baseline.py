"""Baselines: what is estimated, how it is written, and what is refused when it is read."""

import json

import numpy as np
import pytest

from bezoar.core.errors import BezoarError, NothingToInspectError
from bezoar.limit.baseline import OTHER, estimate_baseline, known_baseline, parse_baseline
from bezoar.limit.predictions import Batch
from bezoar.limit.shares import shares_by_hour, shares_by_stratum


def batch(classes, confidences=None, hours=None, **columns):
    """Return a batch of predictions."""
    size = len(classes)
    sure = np.full(size, np.nan) if confidences is None else np.asarray(confidences, float)
    seconds = np.full(size, np.nan) if hours is None else np.asarray(hours, float) * 3600
    return Batch(0, list(classes), sure, seconds, {k: list(v) for k, v in columns.items()})


def estimated(*batches, **options):
    """Return the baseline of some batches."""
    return estimate_baseline("signs", lambda: iter(batches), **options)


def test_shares_and_their_errors():
    made = estimated(batch(["stop"] * 900 + ["80"] * 100))
    assert made.classes == ("80", "stop", OTHER)
    assert made.shares[0, :2] == pytest.approx([0.1, 0.9], abs=1e-3)
    assert made.errors[0, :2] == pytest.approx([0.1, 1 / 30], abs=1e-3)
    assert 0 < made.shares[0, 2] < 1e-3, "what was never seen is rare, not impossible"


def test_the_cut_splits_each_class():
    rng = np.random.default_rng(0)
    made = estimated(batch(["a", "b"] * 8000, rng.random(16_000)))
    assert made.cuts[0] == pytest.approx([0.5, 0.7, 0.9], abs=0.03)
    assert made.above[0] == pytest.approx([0.5, 0.3, 0.1], abs=0.03)
    everything, *above = made.expected(0)[0, :4]
    assert above == pytest.approx(everything * made.above[0])


def test_a_confidence_reaches_some_of_its_class_s_cuts():
    rng = np.random.default_rng(0)
    made = estimated(batch(["a"] * 2000 + ["b"], [*rng.random(2000), np.nan]))
    which = np.array([0, 0, 0, 0, 0, 1])
    found = made.levels(which, np.array([0.1, 0.6, 0.8, 0.95, np.nan, 0.5]))
    assert found.tolist() == [0, 1, 2, 3, -1, -1]


def test_a_class_that_is_always_sure_has_no_cut():
    made = estimated(batch(["a"] * 1000, np.ones(1000)))
    assert made.expected()[0, 1:4].tolist() == [0] * 3


def test_without_confidence_only_the_class_is_watched():
    assert estimated(batch(["a", "b"])).expected()[0].nonzero()[0].tolist() == [0, 4, 8]


def test_hours_are_drawn_towards_a_smooth_day():
    """A rare class leaves 40 events an hour; the estimate is closer than their counts."""
    rng = np.random.default_rng(1)
    hours = np.arange(24)
    truth = 0.002 * (1 + 0.5 * np.sin(2 * np.pi * (hours + 0.5) / 24 + 1))
    totals = np.full(24, 20_000.0)
    counts = rng.poisson(totals * truth)[:, None].astype(float)
    shares, errors = shares_by_hour(counts, totals)
    ours = np.abs(shares[:, 0] / truth - 1).mean()
    assert ours < 0.7 * np.abs(counts[:, 0] / totals / truth - 1).mean()
    assert (np.abs(shares[:, 0] / truth - 1) < 3.5 * errors[:, 0]).all()


def test_an_hour_that_nobody_saw_has_a_wide_error_and_no_hole():
    totals = np.full(24, 1000.0)
    totals[5] = 0
    counts = np.tile([[100.0, 900.0]], (24, 1))
    counts[5] = 0
    shares, errors = shares_by_hour(counts, totals)
    assert np.isfinite(shares).all()
    assert errors[5, 0] >= errors[12, 0]


def test_small_strata_are_drawn_towards_the_whole():
    totals = np.array([100_000.0, 10.0])
    counts = np.array([[1000.0, 99_000.0], [5.0, 5.0]])
    shares, errors = shares_by_stratum(counts, totals)
    assert shares[0, 0] == pytest.approx(0.01, rel=0.05)
    assert errors[1, 0] > errors[0, 0]


def test_a_stratum_that_is_new_is_compared_with_the_busiest():
    classes = ["stop"] * 10 + ["80"] * 90 + ["stop"] * 90 + ["80"] * 10
    made = estimated(batch(classes, camera=["a"] * 100 + ["b"] * 100), columns=("camera",))
    assert made.strata.code(None, {"camera": "c"}) == 2
    assert made.shares[2] == pytest.approx(made.shares[:2].max(0))


def test_it_is_read_as_it_was_written():
    rng = np.random.default_rng(2)
    made = estimated(
        batch(["a", "b"] * 240, rng.random(480), np.arange(480) % 24, site=["x"] * 480),
        hour=True,
        columns=("site",),
    )
    again = parse_baseline(made.as_json().encode())
    assert again.as_json() == made.as_json()
    assert again.digest == made.digest
    assert again.strata == made.strata


def test_nothing_usable_is_no_baseline():
    with pytest.raises(NothingToInspectError):
        estimated(batch([None, None]))


def test_too_many_strata_are_refused():
    names = [str(number) for number in range(10_001)]
    with pytest.raises(BezoarError, match="strata"):
        estimated(batch(["a"] * len(names), camera=names), columns=("camera",))


GOOD = json.loads(known_baseline("m", {"a": 0.5, "b": 0.5}).as_json())


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"shares": [[0.5, 0.5]]},
        {"shares": [[0.5, 0.5, "x"], [0.5, 0.5, 0]]},
        {"shares": [[0.5, 2, 0], [0.5, 0.5, 0]]},
        {"shares": [[0.5, -1, 0], [0.5, 0.5, 0]]},
        {"shares": [[0.5, None, 0], [0.5, 0.5, 0]]},
        {"errors": [[1e400] * 3] * 2},
        {"classes": ["a", "a", ""]},
        {"classes": ["a", "b", "c"]},
        {"classes": None},
        {"levels": 3},
        {"columns": [["x"]], "levels": []},
        {"predictions": "many"},
        {"cuts": []},
    ],
)
def test_a_baseline_that_was_tampered_with_is_refused(change):
    with pytest.raises(BezoarError, match="no baseline"):
        parse_baseline(json.dumps({**GOOD, **change}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b"1e9999"])
def test_what_is_no_baseline_at_all_is_refused(data):
    with pytest.raises(BezoarError):
        parse_baseline(data)


def test_the_compiled_loop_counts_the_cuts_as_numpy_does():
    rng = np.random.default_rng(5)
    made = estimated(batch(["a", "b"] * 1000, rng.random(2000)))
    which = rng.integers(0, len(made.classes), 500)
    asked = np.where(rng.random(500) < 0.1, np.nan, rng.random(500))
    np.testing.assert_array_equal(made.levels(which, asked), made.levels(which, asked, lean=False))
