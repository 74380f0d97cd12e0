"""`bezoar drill` as a person uses it: what cannot be drilled is said before anything is written."""

import json
import subprocess
import sys

import numpy as np
import pytest
from dataset_layouts import picture, write_npz


def bezoar(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "bezoar", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    rows = np.stack([picture(n) for n in range(20)])
    for name in ("data", "test"):
        write_npz(tmp_path / f"{name}.npz", x=rows, y=np.arange(20) % 2)
    return tmp_path


GIVEN = ("--data", "data.npz", "--test", "test.npz")
WRONG = {
    "a scenario that is none": (["stop-sing"], "did you mean stop-sign?"),
    "data without a test set": (["stop-sign", "--data", "data.npz"], "go together"),
    "a path that is missing": (
        ["stop-sign", "--data", "data.npz", "--test", "no.npz"],
        "no.npz does not exist",
    ),
    "a class that is not there": (["stop-sign", *GIVEN], "no class 'Stop'; it has '0', '1'"),
    "source and target alike": (
        ["stop-sign", *GIVEN, "--source", "1", "--target", "1"],
        "source and target are one class",
    ),
    "a rate that is no share": (["stop-sign", "--rate", "30"], "share"),
    "more victims than there are": (
        ["stop-sign", *GIVEN, "--source", "1", "--target", "0", "--rate", "0.9"],
        "takes 18 victims",
    ),
    "a seed below 0": (["stop-sign", "--seed", "-1"], "--seed"),
}


@pytest.mark.parametrize(("arguments", "why"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_drilled_is_2_and_says_what_to_type(project, arguments, why):
    before = sorted(project.iterdir())
    done = bezoar(project, "drill", "run", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert why in done.stderr
    assert "  try: " in done.stderr
    assert "Traceback" not in done.stderr
    left = {path.name for path in project.iterdir()} - {path.name for path in before}
    assert left <= {".bezoar"}
    assert not (project / ".bezoar" / "drills").exists()


def test_a_folder_in_use_is_refused(project):
    (project / "mine").mkdir()
    (project / "mine" / "note").write_text("mine")
    options = ("--source", "1", "--target", "0", "--rate", "0.1", "--folder", "mine")
    done = bezoar(project, "drill", "run", "stop-sign", *GIVEN, *options)
    assert done.returncode == 2
    assert "mine is not empty" in done.stderr
    assert [path.name for path in (project / "mine").iterdir()] == ["note"]


def test_the_scenarios_are_listed(project):
    done = bezoar(project, "drill", "list")
    assert done.returncode == 0
    assert "stop-sign" in done.stdout
    told = json.loads(bezoar(project, "drill", "list", "--format", "json").stdout)
    assert told["scenarios"][0]["name"] == "stop-sign"


def test_drill_alone_shows_its_help(project):
    assert "run" in bezoar(project, "drill").stdout
