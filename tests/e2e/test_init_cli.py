"""`bezoar init`: what it sets up works at once, and nothing that is there is overwritten."""

import io
import os
import subprocess
import sys
import tomllib

import fortify_scene as fs
import pytest
import yaml
from ci_scene import BEZOAR, adds_a_source, adds_none, commit, git, repository

from bezoar.cli import init as init_cli
from bezoar.cli.app import run
from bezoar.flows.ci_files import Ci, ci_file, guessed_ci
from bezoar.fortify.signing.private_keys import own_keys
from bezoar.project import Project


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def root(tmp_path, monkeypatch):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def bezoar(capsysbinary):
    """Return what runs a command: exit code, stdout, stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


ALL = ("--mirror", "file:../mirror", "--key", "alice", "--no-passphrase", "--ci", "github")


def test_everything_at_once(bezoar, root):
    code, out, err = bezoar("init", "--yes", *ALL)
    assert code == 0
    assert "bezoar.toml: written" in out
    assert "BEZOAR_TRUST=sha256:" in err
    assert "bezoar scan" in err
    assert Project(root).settings.mirror.uri == "file:../mirror"
    assert [one.name for one in fs.keyring(Project(root)).keys.values()] == ["alice"]
    assert (root / ".gitignore").read_text() == "/.bezoar/\n"
    assert bezoar("status")[0] == 0
    assert bezoar("keys", "list")[0] == 0
    assert bezoar("log", "verify")[0] == 0
    git(root, "add", "-A")
    committed = git(root, "diff", "--cached", "--name-only").split()
    expected = {".github/workflows/bezoar.yml", ".gitignore", "bezoar.toml", "dbom/keys/1.json"}
    assert set(committed) == expected


def test_twice_changes_nothing(bezoar, root):
    bezoar("init", "--yes", *ALL)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    code, out, _ = bezoar("init", "--yes", "--key", "bob", "--no-passphrase", "--ci", "github")
    assert code == 0
    assert out.count("left alone") == 4
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert after == before
    assert list(own_keys()) == ["alice"]


def test_what_is_there_stays(bezoar, root):
    (root / "bezoar.toml").write_text("fail_on = 'high'\n")
    (root / ".gitignore").write_text("*.pyc")
    (root / ".gitlab-ci.yml").write_text("stages: [test]\n")
    code, out, err = bezoar("init", "--yes", "--mirror", "s3://acme-data/mirror")
    assert code == 0
    assert (root / "bezoar.toml").read_text() == "fail_on = 'high'\n"
    assert 'uri = "s3://acme-data/mirror"' in err
    assert (root / ".gitignore").read_text() == "*.pyc\n/.bezoar/\n"
    assert (root / ".gitlab-ci.yml").read_text() == "stages: [test]\n"
    assert (root / ".gitlab" / "bezoar.gitlab-ci.yml").is_file()
    assert "include: [{local: .gitlab/bezoar.gitlab-ci.yml}]" in err
    assert "dbom/keys" not in out


def test_settings_in_pyproject_stay_there(bezoar, root):
    text = "[tool.bezoar]\nfail_on = 'high'\n"
    (root / "pyproject.toml").write_text(text)
    code, out, _ = bezoar("init", "--yes", "--mirror", "file:../m")
    assert (code, "pyproject.toml: left alone" in out) == (0, True)
    assert not (root / "bezoar.toml").exists()


def test_each_thing_is_asked_for(bezoar, root, monkeypatch):
    answers = Terminal("file:../mirror\ncarol\ngitlab\n")
    monkeypatch.setattr(init_cli.sys, "stdin", answers)
    code, _, err = bezoar("init", "--no-passphrase")
    assert code == 0
    assert "Where does the team keep its own copies?" in err
    assert Project(root).settings.mirror.uri == "file:../mirror"
    assert list(own_keys()) == ["carol"]
    assert (root / ".gitlab-ci.yml").is_file()


def test_each_question_has_a_default(bezoar, root, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "Dr. Née\n")
    monkeypatch.setattr(init_cli.sys, "stdin", Terminal("\n\n\n"))
    assert bezoar("init", "--no-passphrase")[0] == 0
    assert tomllib.loads((root / "bezoar.toml").read_text()) == {}
    assert list(own_keys()) == ["dr.-n-e"]
    assert not (root / ".github").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "no terminal to ask"),
        (("--yes", "--ci", "jenkins"), "not a place for CI"),
        (("--yes", "--mirror", "gopher://x/y"), "mirror"),
        (("--yes", "--mirror", "s3://user:pw@bucket"), "no password"),
        (("--yes", "--key", "../x", "--no-passphrase"), "not a key's name"),
        (("--yes", "--key", "alice"), "--no-passphrase"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_cannot_be(bezoar, arguments, why):
    code, _, err = bezoar("init", *arguments)
    assert code == 2
    assert why in err
    assert own_keys() == {}


def test_a_mirror_that_is_none_writes_nothing(bezoar, root):
    bezoar("init", "--yes", "--mirror", "gopher://x/y")
    assert not (root / "bezoar.toml").exists()


@pytest.mark.parametrize(
    ("url", "ci"),
    [
        ("https://github.com/a/b", Ci.GITHUB),
        ("git@gitlab.example.org:a/b.git", Ci.GITLAB),
        ("https://example.org/a/b", Ci.NONE),
    ],
)
def test_where_ci_runs_is_guessed(root, url, ci):
    assert guessed_ci(root) is Ci.NONE
    git(root, "remote", "add", "origin", url)
    assert guessed_ci(root) is ci


def script(ci, root):
    """Return the lines that a runner would run after bezoar was installed."""
    _, text, _ = ci_file(ci, root, "0.1.0")
    jobs = yaml.safe_load(text)
    if ci is Ci.GITLAB:
        lines, where = jobs["bezoar"]["script"][0], "/tmp/bezoar/bin/"  # noqa: S108 - a container's
    else:
        steps = jobs["jobs"]["bezoar"]["steps"]
        lines = "\n".join(
            step["run"] for step in steps if "run" in step and "venv" not in step["run"]
        )
        where = '"$RUNNER_TEMP/bezoar/bin/'
        lines = lines.replace('/bin/bezoar"', "/bin/bezoar").replace('/bin/python"', "/bin/python")
    # What a suite needs is installed here.
    return lines.replace(f"{where}bezoar", str(BEZOAR)).replace(f"{where}python -I -m pip", "true")


@pytest.mark.parametrize("ci", [Ci.GITHUB, Ci.GITLAB])
@pytest.mark.parametrize(("change", "code"), [(adds_a_source, 1), (adds_none, 0)])
def test_the_job_that_is_written_runs(tmp_path, ci, change, code):
    origin = tmp_path / "origin"
    base = repository(origin)
    change(origin)
    commit(origin)
    done = subprocess.run(
        ["bash", "-e"],
        input=script(ci, tmp_path),
        cwd=origin,
        env={**os.environ, "BASE": base, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr


WORKFLOW = """\
on: push
jobs:
  train:
    runs-on: ubuntu-24.04
    steps:
      - run: bezoar pull signs@1 --to data/signs
      - run: bezoar validate data/signs
      - run: python train.py --data data/signs --out model.joblib
"""


@pytest.mark.parametrize("ci", [Ci.GITHUB, Ci.GITLAB])
@pytest.mark.parametrize(("spoiled", "code"), [(True, 1), (False, 0)])
def test_the_job_fails_where_a_change_opens_a_way_past_validation(tmp_path, ci, spoiled, code):
    origin = tmp_path / "origin"
    repository(origin)
    path = origin / ".github" / "workflows" / "train.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOW)
    base = commit(origin)
    excuse = '[audit]\nexclude = [".github/*"]\nvalidators = ["python train.py"]\n'
    (origin / "bezoar.toml").write_text(excuse if spoiled else "")
    path.write_text(
        WORKFLOW.replace("validate data/signs", "validate data/signs || true")
        if spoiled
        else WORKFLOW + "# as before\n"
    )
    commit(origin)
    done = subprocess.run(
        ["bash", "-e"],
        input=script(ci, tmp_path),
        cwd=origin,
        env={**os.environ, "BASE": base, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("The validation cannot stop the training" in done.stdout) is spoiled


@pytest.mark.parametrize("ci", [Ci.GITHUB, Ci.GITLAB])
def test_the_job_fails_where_data_is_not_what_its_suite_says(tmp_path, ci):
    origin = tmp_path / "origin"
    base = repository(origin)
    (origin / "expectations").mkdir()
    (origin / "expectations" / "-signs.json").write_text("{}")
    commit(origin)
    told = tmp_path / "told"
    stand_in = tmp_path / "bezoar"
    # A bezoar that notes what it is asked, delivers data, and finds something in it.
    stand_in.write_text(
        f'#!/bin/sh\necho "$*" >>{told}\ncase $1 in pull) echo data/x ;; validate) exit 1 ;; esac\n'
    )
    stand_in.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e"],
        input=script(ci, tmp_path).replace(str(BEZOAR), str(stand_in)),
        cwd=origin,
        env={**os.environ, "BASE": base, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert told.read_text().splitlines()[2:] == [
        "pull -- -signs",
        "validate --suite expectations/-signs.json -- data/x",
    ]


def test_as_a_process(root):
    command = [sys.executable, "-m", "bezoar", "init", "--yes"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False, text=True)
    assert (done.returncode, "bezoar.toml: written" in done.stdout) == (0, True)
