"""The monitor: sentences, refusals, states, and that batches do not matter."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.errors import BezoarError
from bezoar.limit.baseline import estimate_baseline, known_baseline
from bezoar.limit.monitor import Monitor, resumed
from bezoar.limit.predictions import Batch

SHARES = {"stop": 0.6, "80": 0.002, "yield": 0.398}


def watched(**options):
    """Return a monitor of a model whose shares are known."""
    return Monitor(known_baseline("signs", SHARES), **options)


def drawn(size, seed=1, **shares):
    """Draw classes."""
    shares = SHARES | shares
    total = sum(shares.values())
    rng = np.random.default_rng(seed)
    return rng.choice(list(shares), size, p=[p / total for p in shares.values()]).tolist()


def told(monitor, classes, **options):
    """Observe one by one, and return the alerts."""
    alerts = [alert for name in classes for alert in monitor.observe(name, **options)]
    return alerts + monitor.flush()


def test_the_sentence_has_counts_and_the_promise():
    monitor = watched()
    assert told(monitor, drawn(20_000)) == []
    (alert,) = told(monitor, drawn(3_000, **{"80": 0.02}))
    assert alert.class_ == "80"
    assert 20_000 < alert.alert.index < 21_500
    assert alert.sentence.startswith("Prediction distribution for class '80' has deviated by ")
    assert "standard deviations from baseline" in alert.sentence
    assert "at most one false alarm per 1,000,000 predictions" in alert.sentence
    assert alert.deviations > 5
    (calm,) = told(monitor, drawn(60_000, seed=3))
    assert not calm.began
    assert "back to baseline" in calm.sentence


def test_a_class_that_nobody_knows_is_noticed():
    alerts = told(watched(), [*drawn(100), *["new"] * 50])
    assert alerts == [], "a share of zero known exactly promises nothing"
    classes = ["stop"] * 5000
    estimate = estimate_baseline("m", lambda: [_batch(classes)])
    alerts = told(Monitor(estimate), [*classes, *["new"] * 200])
    assert [alert.class_ for alert in alerts] == [""]
    assert "has not" in alerts[0].sentence


def _batch(classes):
    size = len(classes)
    return Batch(0, classes, np.full(size, np.nan), np.full(size, np.nan))


@given(st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_batches_do_not_matter(sizes):
    classes = drawn(2_000, seed=4, **{"80": 0.05})
    whole = watched(per_false_alarm=1e4).observe_batch(_batch(classes))
    monitor, found, begin = watched(per_false_alarm=1e4), [], 0
    for size in [*sizes, 2_000]:
        part = classes[begin : begin + size]
        begin += size
        found += monitor.observe_batch(_batch(part)) if size % 2 else told(monitor, part)
    assert found == whole


def test_what_cannot_be_counted_is_refused_and_counted():
    monitor = watched()
    bad = [None, "", True, 1.5, [], {}, b"stop", float("nan"), "x" * 10_000]
    told(monitor, bad)
    for confidence in (-1, 2, float("nan"), float("inf"), "0.5", True, [], 10**400):
        monitor.observe("stop", confidence)
    monitor.flush()
    assert monitor.refused["no class"] == len(bad)
    assert monitor.refused["no confidence"] == 8
    assert monitor.evidence.predictions == 0
    assert monitor.position == len(bad) + 8


def test_a_restart_loses_nothing():
    classes = drawn(3_000, seed=5, **{"80": 0.01})
    whole, before = watched(), watched()
    want = told(whole, classes)
    told(before, classes[:400])
    after = resumed(before.baseline, before.state())
    assert told(after, classes[400:]) == want[-1:]
    assert after.state() == whole.state()


def test_a_state_of_something_else_is_refused():
    state = watched().state()
    with pytest.raises(BezoarError, match="another baseline"):
        resumed(known_baseline("signs", {"a": 1.0}), state)
    for data in (b"", b"PK\x03\x04", state[:-100], state[:200] + b"\xff" * 50 + state[250:]):
        with pytest.raises(BezoarError):
            resumed(watched().baseline, data)
    sink = io.BytesIO()
    np.savez(sink, baseline=np.array([{}], object))
    with pytest.raises(BezoarError):
        resumed(watched().baseline, sink.getvalue())


def test_replicas_see_together_what_each_misses():
    """Four replicas get a quarter each; together they know what one would know of it all."""
    replicas = [watched() for _ in range(4)]
    for number, monitor in enumerate(replicas):
        told(monitor, drawn(260, seed=10 + number, **{"80": 0.02}))
    together = replicas[0].merged(replicas[1:])
    which = together.baseline.index()["80"]
    assert together.evidence.predictions == 4 * 260
    assert together.evidence.strengths()[which] > max(
        r.evidence.strengths()[which] for r in replicas
    )
    with pytest.raises(BezoarError, match="different baselines"):
        replicas[0].merged([Monitor(known_baseline("m", {"a": 1.0}))])
