"""`bezoar monitor merge`: replicas see together what none of them sees alone."""

import json
import subprocess
import sys

import numpy as np
import pytest

from bezoar.limit.baseline import known_baseline
from bezoar.limit.intake import Intake
from bezoar.limit.monitor import Monitor
from bezoar.limit.predictions import batch_of

SHARES = {"stop": 0.98, "80": 0.01, "30": 0.01}
BASELINE = known_baseline("signs", SHARES)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    (tmp_path / "b.json").write_text(BASELINE.as_json())
    return tmp_path


def drawn(size, seed, share=0.01):
    parts = [0.99 - share, share, 0.01]
    return np.random.default_rng(seed).choice(["stop", "80", "30"], size, p=parts).tolist()


def batch(classes):
    return batch_of(0, [{"class": name} for name in classes], ())


def merged(folder, *states):
    """Merge as a user types it."""
    command = [sys.executable, "-m", "bezoar", "monitor", "merge", *states, "--baseline", "b.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def result(done):
    return done.returncode, json.loads(done.stdout)


FORM = ("--format", "json")


def state(folder, classes):
    """Leave the state of a replica; return how near to its line class 80 is."""
    intake = Intake(BASELINE, folder, [].append)
    intake.take([intake.parcel(batch(classes))])
    strength = float(intake.monitor.evidence.strengths()[BASELINE.index()["80"]])
    intake.close()
    return strength / intake.monitor.per_false_alarm


def test_merged_replicas_alert_where_one_stream_does_and_not_where_it_is_clean(project):
    calm = [project / f"calm{k}" for k in range(4)]
    assert max(state(folder, drawn(5000, k)) for k, folder in enumerate(calm)) < 0.01
    names = [folder.name for folder in calm]
    code, found = result(merged(project, *names, *FORM))
    assert (code, found["alerts"], found["predictions"], found["replicas"]) == (0, [], 20_000, 4)

    # Each replica sees the same attack until it is part of the way up to the line.
    extra, near = [], []
    while not near or near[0] < 0.15:
        extra += [*["stop"] * 15, "80"]
        near = [state(project / f"try{len(extra)}", drawn(2000, 9) + extra)]
    assert near[0] < 1
    folders = [project / f"r{k}" for k in range(8)]
    for folder in folders:
        state(folder, drawn(2000, 9) + extra)
    code, found = result(merged(project, *(folder.name for folder in folders), *FORM))
    (alert,) = found["alerts"]
    assert (code, alert["class"]) == (1, "80")
    assert alert["observed"] == 8 * (drawn(2000, 9) + extra).count("80")
    assert alert["evidence"] == pytest.approx(8 * near[0] * 1e6, rel=1e-6)
    whole = Monitor(BASELINE)
    turns = whole.observe_batch(batch(drawn(16_000, 9) + 8 * extra))
    assert [one.class_ for one in turns] == ["80"]


def test_files_and_folders_go_together_and_a_merged_state_is_one(project):
    state(project / "a", drawn(300, 1))
    one = Monitor(BASELINE)
    one.observe_batch(batch(drawn(200, 2)))
    (project / "two.npz").write_bytes(one.state())
    done = merged(project, "a", "two.npz", "-o", "sum.npz")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "500 predictions of signs in 2 states: none over the line\n"
    assert result(merged(project, "sum.npz", *FORM))[1]["predictions"] == 500


@pytest.mark.parametrize(
    ("states", "code", "why"),
    [
        (["a", "./a"], 2, "twice"),
        (["nowhere"], 2, "cannot read"),
        (["empty"], 2, "no state"),
        (["odd"], 3, "cannot be read"),
        (["other"], 3, "another baseline"),
        (["busy"], 2, "another monitor"),
    ],
)
def test_what_cannot_be_merged(project, states, code, why):
    state(project / "a", ["stop"])
    (project / "empty").mkdir()
    (project / "odd").write_bytes(b"PK\x03\x04" + bytes(100))
    (project / "other").write_bytes(Monitor(known_baseline("m", {"x": 1.0})).state())
    busy = Intake(BASELINE, project / "busy", [].append)
    done = merged(project, *states)
    busy.close()
    assert done.returncode == code, done.stderr
    assert why in done.stderr
