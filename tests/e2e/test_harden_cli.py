"""`bezoar harden` as a user types it."""

import json
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture
def sets(tmp_path):
    rng = np.random.default_rng(0)
    for name, count in (("train", 120), ("test", 30)):
        labels = np.arange(count) % 3
        images = rng.integers(0, 60, (count, 32, 32, 3)) + 60 * labels[:, None, None, None]
        np.savez(tmp_path / f"{name}.npz", x=images.astype(np.uint8), y=labels)
    return tmp_path


def bezoar(folder, *arguments):
    command = [sys.executable, "-m", "bezoar", "harden", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_practised_attack(sets):
    options = ("--test", "./test.npz", "--epsilon", "0", "--recipe", "augment", "--rate", "0.1")
    attack = ("--practise", "sticker", "--source", "0", "--target", "2", "--seed", "1")
    found = bezoar(sets, "./train.npz", *options, *attack, "--weights", "w.pt", "--format", "json")
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["before"]["attack_success"] is not None
    assert told["after"]["augment"]["robust_accuracy"] is None
    assert (sets / "w.pt").stat().st_size > 100_000


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--recipe", "prayer"), "a recipe is one of"),
        (("--recipe", "fine-tune"), "vouches"),
        (("--practise", "sticker"), "needs a source and a target"),
        (("--practise", "sticker", "--source", "9", "--target", "1"), "no class is called '9'"),
        (("--practise", "magic", "--source", "0", "--target", "1"), "no attack is named"),
    ],
)
def test_what_cannot_work_is_told(sets, options, why):
    found = bezoar(sets, "./train.npz", "--test", "./test.npz", "--epsilon", "0", *options)
    assert found.returncode == 2
    assert why in found.stderr
    assert "Traceback" not in found.stderr
