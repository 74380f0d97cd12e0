"""Two tools on the same predictions: what each of them is given."""

import json

import numpy as np
import pytest

from bezoar.adapters.evidently import Drift, DriftReport
from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.limit import comparison
from bezoar.limit.baseline import estimate_baseline
from bezoar.limit.comparison import compare
from bezoar.limit.monitor import Monitor
from bezoar.limit.predictions import read_predictions
from bezoar.limit.replay import stream_digest


def written(path, size, risen=0.0, seed=0):
    rng = np.random.default_rng(seed)
    names = rng.choice(["stop", "80"], size, p=[0.99 - risen, 0.01 + risen])
    rows = [{"class": str(name), "confidence": 0.9, "camera": "front"} for name in names]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def trusted(tmp_path):
    return written(tmp_path / "trusted.jsonl", 20_000)


@pytest.fixture
def monitor(trusted):
    made = estimate_baseline(
        "signs",
        lambda: read_predictions(trusted, ("camera",)),
        columns=("camera",),
        source=stream_digest(trusted),
    )
    return Monitor(made)


@pytest.fixture
def given(monkeypatch):
    """What Evidently is given; it finds no drift."""
    seen = []

    def report(reference, current):
        seen.append((reference, current))
        return DriftReport("0.0", (Drift("class", "JS", 0.01, 0.1, drifted=False),), "<html>")

    monkeypatch.setattr(comparison, "drift_report", report)
    return seen


def test_both_judge_the_very_same_predictions(tmp_path, trusted, monitor, given):
    stream = written(tmp_path / "today.jsonl", 2_000, risen=0.05, seed=1)
    with stream.open("a") as file:
        file.write('{"class": null}\n{"class": "80", "confidence": 7}\nnot JSON\n')
        file.write('{"class": "</script>", "camera": "<b>"}\n')
    found = compare(stream, trusted, monitor)
    ((reference, current),) = given
    assert len(current) == found.predictions == found.replay.monitor.evidence.predictions == 2_001
    assert len(reference) == found.trusted == 20_000
    assert current.classes[-1] == current.columns["camera"][-1] == "(unknown)"
    assert [alert.class_ for alert in found.replay.alerts] == ["80"]
    assert found.found
    told = found.as_json()
    assert told["evidently"] == {
        "version": "0.0",
        "columns": [
            {"column": "class", "method": "JS", "score": 0.01, "threshold": 0.1, "drifted": False}
        ],
    }
    assert told["bezoar"]["alerts"][0]["class"] == "80"
    assert json.dumps(told)


def test_the_reference_is_what_the_baseline_was_made_from(tmp_path, monitor, given):
    other = written(tmp_path / "other.jsonl", 500, seed=2)
    with pytest.raises(UsageError, match="is not what the baseline was made from"):
        compare(other, other, monitor)
    assert not given


def test_too_many_and_none_are_errors_with_a_reason(tmp_path, trusted, monitor, given, monkeypatch):
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_text("not JSON\n")
    with pytest.raises(NothingToInspectError, match="no usable prediction"):
        compare(nothing, trusted, monitor)
    monkeypatch.setattr(comparison, "MOST", 100)
    with pytest.raises(UsageError, match="more than 100 predictions"):
        compare(written(tmp_path / "long.jsonl", 101), trusted, monitor)
    assert not given
