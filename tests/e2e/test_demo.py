"""`bezoar demo`: the whole story, with everything real."""

import json
import subprocess
import sys

import pytest

SEED = "20261"  # an attacker that an earlier statistic missed


@pytest.mark.slow
def test_the_demo_finds_the_poison_and_proves_it(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "bezoar", "demo", "--seed", SEED, "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["noticed"] is True
    assert told["verdict"] == "quarantine"
    assert told["stage"] == "expose"
    assert told["tpr"] >= 0.95
    assert told["fpr"] <= 0.001
    assert told["poisoned"] / told["samples"] <= 0.005
    assert told["attack_success_before"] >= 0.8
    assert told["attack_success_after"] <= 0.05
    assert 0.9 <= told["accuracy_before"] <= 0.995
    assert told["accuracy_after"] >= told["accuracy_before"] - 0.01
    assert (told["clean_twin_verdict"], told["clean_twin_flagged"]) == ("admit", 0)
    assert {path.name for path in tmp_path.iterdir()} == {"bezoar.toml", ".bezoar"}
    report = tmp_path / told["report"]
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    log = subprocess.run(
        [sys.executable, "-m", "bezoar", "log", "verify"],
        cwd=report.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert log.returncode == 0, log.stdout + log.stderr
    assert log.stdout.startswith("drill holds")
