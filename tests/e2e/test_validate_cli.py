"""`bezoar validate` as a person and a CI job use it."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli.app import run

REAL = Path(__file__).parents[3] / "shared" / "data" / "gtsrb_natural_train_sub.zip"


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    write_files(tmp_path / "signs", four_files())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(
    find_spec("great_expectations") is None, reason="great-expectations is not installed"
)
def test_a_ci_job_fails_where_the_data_is_not_what_was_written_down(project):
    command = [sys.executable, "-m", "bezoar", "validate", "./signs"]
    assert run(["validate", "./signs", "--suggest", "-o", "suite.json"]) == 0
    fine = subprocess.run([*command, "--suite", "suite.json"], capture_output=True, check=False)
    assert fine.returncode == 0, fine.stderr
    (project / "signs" / "stopp").mkdir()
    (project / "signs" / "stopp" / "0.png").write_bytes(png(9))
    job = subprocess.run(
        [*command, "--suite", "suite.json", "--data-docs", "docs"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert job.returncode == 1
    assert "BZ251" in job.stdout
    assert "stopp/0.png" in job.stdout
    assert job.stderr == ""
    assert max(map(len, job.stdout.splitlines())) <= 80
    assert (project / "docs" / "index.html").is_file()


@pytest.mark.usefixtures("project")
def test_json_says_what_was_looked_at(capfd):
    assert run(["validate", "./signs", "--format", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["kind"], told["rows"], told["findings"]) == ("images", 4, [])
    assert told["root"].startswith("merkle-sha256-v1:")


def test_names_and_labels_cannot_act_on_a_terminal(project, capfd):
    evil = "st\x1b[31mop\u202e"
    pl.DataFrame({"a": [1, 1], "label": ["ok", evil]}).write_parquet(project / "t.parquet")
    run(["validate", "./t.parquet", "--fail-on", "low"])
    out = capfd.readouterr().out
    assert "BZ260" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


BAD_CALLS = {
    "nothing": ([], 2),
    "two subjects": (["./signs", "--sql", "sqlite:///x"], 2),
    "a database without a table": (["--sql", "sqlite:///x"], 2),
    "no such path": (["./none"], 2),
    "no such name": (["none"], 2),
    "no such version": (["./signs", "--against", "none@1"], 2),
    "no such suite": (["./signs", "--suite", "none.json"], 3),
    "no suite": (["./signs", "--suite", "bezoar.toml"], 2),
}


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("kind", BAD_CALLS)
def test_a_bad_call_is_explained(capfd, kind):
    arguments, code = BAD_CALLS[kind]
    assert run(["validate", *arguments]) == code
    err = capfd.readouterr().err
    assert err.startswith("error: ")
    assert "Traceback" not in err


@pytest.mark.usefixtures("project")
def test_real_pictures_have_no_finding_that_fails(capfd):
    if not REAL.is_file():
        pytest.skip(f"no {REAL.name} in ../shared/data")
    assert run(["validate", str(REAL), "--format", "json", "--fail-on", "low"]) == 0
    assert json.loads(capfd.readouterr().out)["rows"] == 4440
