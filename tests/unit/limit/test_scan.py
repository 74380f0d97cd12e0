"""Evidence without a compiler: the same as the loop makes, prediction by prediction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.limit import evidence as loops
from bezoar.limit.evidence import CEILING, WATCHED, Evidence
from bezoar.limit.scan import at_once

SHARES = np.array([[0.6, 0.3, 0.1, 0.0], [0.2, 0.2, 0.6, 0.0]])
PARTS = ("counts", "seen", "mass", "alarmed", "when", "then", "events")


def expected():
    rates = np.stack([SHARES * part for part in (1, 0.5, 0.3, 0.1)], 2)
    rates[:, 1, 1:] = 0  # of this class no confidence is known
    return rates.reshape(2, -1)


def looped(*args):
    """Return evidence whose loop is Python's: slow, and plain to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "compiled", lambda loop: loop)
        return Evidence(*args)


def fed(evidence, rows, sizes):
    """Feed rows in batches; return the turns, and how sure it was at each of them."""
    begin, turns = 0, []
    for size in sizes:
        part = np.array(rows[begin : begin + size], np.int64).reshape(-1, 3).T
        turns += [
            (begin + i, which, began, evidence.strengths()[which])
            for i, which, began in evidence.observe(*part)
        ]
        begin += size
    return turns


def same_turns(some, others):
    np.testing.assert_allclose(np.array(some, float), np.array(others, float), rtol=1e-6)


def same(one, other):
    for name in PARTS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-7)


ROW = st.tuples(st.integers(0, 3), st.integers(-1, 3), st.integers(0, 1))


@given(st.lists(ROW, max_size=200), st.sampled_from([3.0, 50.0, 1e6]), st.integers(1, 100))
def test_a_scan_gives_what_the_loop_gives(rows, per_false_alarm, size):
    plain = looped(expected(), per_false_alarm)
    lean = Evidence(expected(), per_false_alarm, lean=True)
    parts = [size] * (len(rows) // size + 1)
    same_turns(fed(lean, rows, parts), fed(plain, rows, [len(rows)]))
    same(lean, plain)


def test_long_streams_with_alarms_that_begin_and_end():
    rng = np.random.default_rng(0)
    calm, flood = ([0.6, 0.3, 0.1, 0], [0.0, 0.0, 1.0, 0])
    parts = ((1000, calm), (500, flood), (4000, calm), (500, flood), (4000, calm))
    classes = np.concatenate([rng.choice(4, size, p=p) for size, p in parts])
    sure = (rng.random((10_000, 1)) < [0.5, 0.3, 0.1]).sum(1)
    rows = np.stack([classes, sure, np.zeros(10_000, int)], 1)
    plain, lean = looped(expected(), 1e6), Evidence(expected(), 1e6, lean=True)
    turns = fed(lean, rows, [5000, 1, 4999])
    same_turns(turns, fed(plain, rows, [10_000]))
    assert [began for _, which, began, _ in turns if which == 2] == [True, False] * 2
    same(lean, plain)


@pytest.mark.parametrize("lean", [True, False])
def test_an_unsure_answer_does_not_end_an_alarm_of_the_sure_ones(lean):
    evidence = Evidence(expected(), 1e4, lean=lean)
    rng = np.random.default_rng(0)
    classes = rng.choice(4, 3000, p=SHARES[0])
    sure = np.where(rng.random(3000) < 0.5, 3, -1)  # five times what is expected
    turns = fed(evidence, np.stack([classes, sure, 0 * sure], 1), [3000])
    assert [(which, began) for _, which, began, _ in turns if which in (0, 2)] in (
        [(0, True), (2, True)],
        [(2, True), (0, True)],
    )


def test_a_mass_ends_at_its_ceiling_however_long_the_flood():
    lean = Evidence(expected(), 1e3, lean=True)
    fed(lean, [(2, 3, 0)] * 5000, [5000])
    first = 2 * WATCHED
    assert (lean.mass[first] <= CEILING * lean.lines[first]).all()
    assert lean.mass[first].max() == pytest.approx(CEILING * lean.lines[first])
    assert np.isfinite(lean.mass).all()


def test_many_strata_are_scanned_in_smaller_pieces():
    assert at_once(25) == 1024
    assert at_once(10_000) * 10_000 < 1 << 19
    assert at_once(1 << 30) > 0
