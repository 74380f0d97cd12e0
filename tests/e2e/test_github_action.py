"""`action.yml`: its own scripts, run as GitHub runs them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ci_scene import (
    BEZOAR,
    ROOT,
    adds_a_source,
    adds_cifar,
    adds_none,
    commit,
    git,
    registers,
    repository,
)

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
# Makes an environment whose python does as it is told, and writes down what it is told.
PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
test "$1 $2 $3" = "-I -m venv" || exit 1
for last; do :; done
mkdir -p "$last/bin" && printf '#!/bin/sh\\necho "$*" >> "$LOG"\\n' > "$last/bin/python"
chmod +x "$last/bin/python"
"""

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")


def resolved(text, inputs, event):
    """Return a value of `env:` with its expressions replaced, of those kinds that stand there."""

    def value(term):
        scope, _, name = term.strip().partition(".")
        if term.strip() == "github.action_path":
            return str(ROOT)
        return inputs[name] if scope == "inputs" else event.get(name.removeprefix("event."), "")

    def first(match):
        return next(filter(None, map(value, match[1].split("||"))), "")

    return EXPRESSION.sub(first, text)


class Runner:
    """What a runner gives to a step."""

    def __init__(self, folder, checkout):
        self.temp, self.checkout = folder / "runner temp", checkout
        (self.temp / "bezoar" / "bin").mkdir(parents=True)
        (self.temp / "bezoar" / "bin" / "bezoar").symlink_to(BEZOAR)
        self.output = folder / "output"

    def step(self, step, event=None, programs="", **inputs):
        defaults = {name: row["default"] for name, row in ACTION["inputs"].items()}
        given = defaults | {name.replace("_", "-"): value for name, value in inputs.items()}
        environment = {
            name: resolved(value, given, event or {}) for name, value in step["env"].items()
        }
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        self.output.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.checkout,
            env={
                **os.environ,
                **environment,
                "PATH": programs + os.environ["PATH"],
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(self.output),
                "GITHUB_ACTIONS": "true",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        outputs = dict(line.partition("=")[::2] for line in self.output.read_text().splitlines())
        return done, outputs


@pytest.fixture
def pull_request(tmp_path):
    """Return a runner with the shallow checkout of a pull request, and its event."""

    def make(*changes):
        origin = tmp_path / "origin"
        base = repository(origin)
        git(origin, "checkout", "-qb", "change")
        for change in changes:
            change(origin)
        commit(origin)
        checkout = tmp_path / "checkout"
        url = origin.as_uri()
        git(tmp_path, "clone", "-q", "--depth=1", "--branch", "change", url, str(checkout))
        return Runner(tmp_path, checkout), {"pull_request.base.sha": base}

    return make


def test_a_source_that_nobody_registered_fails_with_its_line_and_the_command(pull_request):
    runner, event = pull_request(adds_a_source)
    done, outputs = runner.step(CHECK, event)
    assert done.returncode == 1, done.stderr
    (annotation,) = [line for line in done.stdout.splitlines() if "::error" in line]
    assert annotation.startswith("::error file=get.sh,title=BZ101 Source that the DBOM does not")
    assert ",line=1," in annotation
    assert "%0Abezoar dbom add --draft --name signs --version 1 --origin https://" in annotation
    assert outputs["exit-code"] == "1"
    (sarif,) = json.loads(Path(outputs["report"]).read_text())["runs"]
    assert {result["ruleId"] for result in sarif["results"]} == {"BZ101", "BZ103"}


def test_a_data_set_that_a_library_brings_in_fails_as_well(pull_request):
    done, _ = runner_step(pull_request(adds_cifar))
    assert done.returncode == 1
    assert "::error file=train.py,title=BZ101 Source that the DBOM does not know,line=3" in (
        done.stdout
    )
    assert "%0Abezoar dbom add --draft --name cifar10 --version 1 --origin" in done.stdout


def test_a_change_that_adds_none_passes(pull_request):
    done, outputs = runner_step(pull_request(adds_none))
    assert (done.returncode, done.stdout.strip()) == (0, "")
    assert outputs["exit-code"] == "0"


def test_one_that_registers_its_source_passes_and_is_shown(pull_request):
    done, _ = runner_step(pull_request(adds_a_source, registers))
    assert done.returncode == 0
    assert "::notice file=get.sh,title=BZ141 Registered by this change" in done.stdout


def test_one_that_excuses_itself_fails(pull_request):
    def excuse(folder):
        (folder / "bezoar.toml").write_text('[scan]\nexclude = ["*"]\n')

    done, _ = runner_step(pull_request(adds_a_source, excuse))
    assert done.returncode == 1
    assert "::error file=get.sh" in done.stdout
    assert "::notice file=bezoar.toml,title=BZ142" in done.stdout


def runner_step(pair, **inputs):
    runner, event = pair
    return runner.step(CHECK, event, **inputs)


def test_without_a_base_the_whole_project_is_checked(pull_request):
    runner, _ = pull_request(adds_a_source)
    done, _ = runner.step(CHECK)
    assert done.returncode == 1
    assert "::error file=get.sh" in done.stdout


def test_the_inputs_count(pull_request):
    pair = pull_request(adds_a_source)
    assert runner_step(pair, fail_on="high")[0].returncode == 0
    assert runner_step(pair, path="prepare.sh")[0].returncode == 0
    done, outputs = runner_step(pair, format="junit")
    assert done.returncode == 1
    assert "<testsuite " in Path(outputs["report"]).read_text()
    assert runner_step(pair, format="../x")[0].returncode == 2
    assert runner_step(pair, base="nope")[0].returncode == 2


@pytest.mark.parametrize("value", ["$(touch gone)`touch gone`", "--exit-zero", '"\ntouch gone'])
def test_no_input_is_run_or_becomes_an_option(pull_request, value):
    runner, event = pull_request(adds_a_source)
    for name in ("path", "base", "format", "fail_on", "baseline"):
        done, _ = runner.step(CHECK, event, **{name: value})
        assert done.returncode == 2, name
        assert not (runner.checkout / "gone").exists()


def test_no_script_holds_an_expression():
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]


def test_it_installs_what_it_came_with_or_a_version(pull_request, tmp_path, monkeypatch):
    runner, _ = pull_request(adds_none)
    log, programs = tmp_path / "log", tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").write_text(PYTHON)
    (programs / "python3").chmod(0o755)
    monkeypatch.setenv("LOG", str(log))
    path = f"{programs}{os.pathsep}"
    assert runner.step(INSTALL, programs=path)[0].returncode == 0
    made, installed = log.read_text().splitlines()
    assert made == f"-I -m venv --clear {runner.temp}/bezoar"
    assert installed.startswith("-I -m pip install ")
    assert installed.endswith(f"--constraint {ROOT}/constraints.txt {ROOT}")
    assert runner.step(INSTALL, programs=path, version="1.2.3rc1")[0].returncode == 0
    assert log.read_text().splitlines()[-1].endswith(" bezoar==1.2.3rc1")
    for bad in ("--pre", "1; touch gone", "1 @ file:///x", "git+https://x.org"):
        done, _ = runner.step(INSTALL, programs=path, version=bad)
        assert done.returncode == 2, bad
    assert len(log.read_text().splitlines()) == 4
