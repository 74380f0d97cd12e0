"""`.pre-commit-hooks.yaml`: its commands, and the real pre-commit where it is installed."""

import os
import shlex
import shutil
import subprocess

import pytest
import yaml
from ci_scene import BEZOAR, IDENTITY, ROOT, adds_a_source, adds_none, commit, registers, repository

HOOKS = {
    hook["id"]: hook
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
PRE_COMMIT = shutil.which("pre-commit")


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Let a hook find bezoar, and pre-commit a home of its own."""
    monkeypatch.setenv("PATH", f"{BEZOAR.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    repository(folder)
    return folder


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_an_entry_refuses_an_unregistered_source_and_nothing_else(hook, project):
    assert (hook["pass_filenames"], hook["always_run"]) == (False, True)
    command = shlex.split(hook["entry"])
    adds_none(project)
    assert run(command, project).returncode == 0
    adds_a_source(project)
    done = run(command, project)
    assert done.returncode == 1
    assert "     get.sh:1\n" in done.stdout
    registers(project)
    assert run(command, project).returncode == 0


@pytest.mark.usefixtures("environment")
def test_before_the_first_commit_all_is_new(tmp_path):
    (tmp_path / "new").mkdir()
    run(["git", "init", "-q"], tmp_path / "new")
    adds_a_source(tmp_path / "new")
    command = shlex.split(HOOKS["bezoar-check"]["entry"])
    done = run(command, tmp_path / "new")
    assert done.returncode == 1
    assert "     get.sh:1\n" in done.stdout


@pytest.mark.usefixtures("environment")
@pytest.mark.skipif(not PRE_COMMIT, reason="pre-commit is not installed")
def test_the_real_pre_commit_refuses_the_commit(tmp_path, project):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    run(["git", "init", "-q"], hooks)
    revision = commit(hooks)
    wanted = {"repo": str(hooks), "rev": revision, "hooks": [{"id": "bezoar-check-system"}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [wanted]}))
    assert run([PRE_COMMIT, "install"], project).returncode == 0
    adds_none(project)
    assert committed(project).returncode == 0
    adds_a_source(project)
    done = committed(project)
    assert done.returncode == 1
    assert "bezoar dbom add --draft --name signs" in done.stdout + done.stderr
    registers(project)
    assert committed(project).returncode == 0


def committed(folder):
    run(["git", "add", "-A"], folder)
    return run(["git", *IDENTITY, "commit", "-qm", "x"], folder)
