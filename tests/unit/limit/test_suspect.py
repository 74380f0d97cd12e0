"""Which class is missing where another comes up too often: the pair of a backdoor."""

import numpy as np
import pytest

from bezoar.limit.baseline import estimate_baseline, known_baseline
from bezoar.limit.monitor import Monitor, resumed
from bezoar.limit.predictions import Batch

TARGET, SOURCE = "Speed limit 80", "Stop"
COMMON = {f"sign {number}": 1.0 for number in range(38)}
SHARES = {
    name: share / 41.2 for name, share in (COMMON | {SOURCE: 2.0, TARGET: 0.2, "b": 1}).items()
}


def drawn(size, seed, moved=0.0, thrown=0.0):
    """Return predictions; of the stop signs a share is read as the target; or it rises alone."""
    rng = np.random.default_rng(seed)
    names = rng.choice(list(SHARES), size, p=list(SHARES.values()))
    chance = rng.random(size)
    names[(names == SOURCE) & (chance < moved)] = TARGET
    names[chance < thrown] = TARGET
    return Batch(0, names.tolist(), np.full(size, np.nan), np.full(size, np.nan))


def first_alarm(monitor, batch):
    return next(turn for turn in monitor.observe_batch(batch) if turn.began)


@pytest.mark.parametrize("lean", [False, True])
def test_the_pair_is_named_once_it_is_clear(lean):
    """An alarm comes before all is known; a few hundred predictions later nobody doubts."""
    baseline = known_baseline("signs", SHARES)
    at_once, later = [], []
    for seed in range(20):
        monitor = Monitor(baseline, lean=lean)
        assert monitor.observe_batch(drawn(3_000, seed)) == []
        alarm = first_alarm(monitor, drawn(700, seed + 100, moved=0.9))
        assert alarm.class_ == TARGET
        at_once += [alarm.suspect] if alarm.suspect else []
        later.append(monitor.suspect(monitor.number(TARGET)))
    assert {one.class_ for one in (*at_once, *later)} == {SOURCE}
    assert all(one.observed < one.expected / 2 for one in later)
    assert 0 < len(at_once) < 20


def test_a_rise_that_takes_from_all_names_nobody():
    named = []
    for seed in range(20):
        monitor = Monitor(known_baseline("signs", SHARES))
        named.append(first_alarm(monitor, drawn(9_000, seed, thrown=0.05)).suspect)
    assert named.count(None) >= 18


def test_a_baseline_that_is_not_exact_accuses_nobody_for_it():
    """The bounds that the detector works with lie above the shares; the shares are compared."""
    trusted = drawn(4_000, 1)
    baseline = estimate_baseline("signs", lambda: iter([trusted]))
    named = []
    for seed in range(10):
        monitor = Monitor(baseline)
        monitor.observe_batch(drawn(4_000, seed + 50))
        named.append(first_alarm(monitor, drawn(9_000, seed, thrown=0.05)).suspect)
    assert named.count(None) >= 9


def test_other_batches_and_a_restart_name_the_same():
    baseline = known_baseline("signs", SHARES)
    batch = drawn(5_000, 100, moved=0.9)
    want = first_alarm(Monitor(baseline), batch)
    assert want.suspect.class_ == SOURCE
    monitor = Monitor(baseline)
    which, confidences, rows = monitor.coded(batch)
    found = []
    for begin in range(0, 5_000, 37):
        part = slice(begin, begin + 37)
        found += monitor.observe_codes(which[part], confidences[part], rows[part])
        monitor = resumed(baseline, monitor.state())
    assert found[0] == want


def test_the_end_of_an_alarm_accuses_nobody():
    monitor = Monitor(known_baseline("signs", SHARES))
    first_alarm(monitor, drawn(5_000, 3, moved=0.9))
    ends = [turn for turn in monitor.observe_batch(drawn(300_000, 4)) if not turn.began]
    assert [(turn.class_, turn.suspect) for turn in ends] == [(TARGET, None)]
