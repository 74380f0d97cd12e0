"""`ci/gitlab/bezoar.gitlab-ci.yml`: its own script, run as a GitLab runner runs it."""

import os
import subprocess
import xml.etree.ElementTree as ET

import pytest
import yaml
from ci_scene import BEZOAR, ROOT, adds_a_source, adds_none, commit, git, registers, repository

TEMPLATE = ROOT / "ci" / "gitlab" / "bezoar.gitlab-ci.yml"
JOB = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["bezoar"]
MADE = "/tmp/bezoar"  # noqa: S108 - where the template keeps its environment, in a container


@pytest.fixture
def runner(tmp_path):
    """Return what makes a merge request of changes and runs the job on it: done, base."""
    origin, checkout = tmp_path / "origin", tmp_path / "checkout"
    base = repository(origin)

    def run(*changes, **variables):
        if not checkout.exists():
            git(origin, "checkout", "-qb", "change")
            for change in changes:
                change(origin)
            commit(origin)
            git(tmp_path, "clone", "-q", "--depth=1", "-b", "change", origin.as_uri(), checkout)
        lines = "\n".join(JOB["script"]).replace(f"{MADE}/bin/bezoar", str(BEZOAR))
        return subprocess.run(
            ["sh"],
            input=f"set -e\n{lines}",
            cwd=checkout,
            env={
                **os.environ,
                **JOB["variables"],
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    run.checkout, run.base = checkout, base
    return run


def test_a_source_that_nobody_registered_fails_with_its_line_and_the_command(runner):
    done = runner(adds_a_source)
    assert done.returncode == 1, done.stderr
    assert "     get.sh:1\n       https://data.acme-signs.org/signs.zip is not in" in done.stdout
    assert "  bezoar dbom add --draft --name signs --version 1 --origin https://" in done.stdout
    (report,) = JOB["artifacts"]["paths"]
    assert JOB["artifacts"]["reports"]["junit"] == report
    suite = ET.parse(runner.checkout / report).find("testsuite")  # noqa: S314 - our own
    assert suite.get("failures") == "1"


def test_a_change_that_adds_none_passes(runner):
    assert runner(adds_none).returncode == 0


def test_one_that_registers_its_source_passes_and_is_shown(runner):
    done = runner(adds_a_source, registers)
    assert done.returncode == 0
    assert "BZ141 Registered by this change, not yet approved (low)" in done.stdout


def test_with_merged_results_the_target_branch_is_compared_with(runner):
    def settles(folder):
        adds_a_source(folder)
        runner.merged = commit(folder)

    done = runner(settles, adds_none)
    assert done.returncode == 1
    assert runner(CI_MERGE_REQUEST_TARGET_BRANCH_SHA=runner.merged).returncode == 0


def test_on_the_default_branch_the_whole_project_is_checked(runner):
    assert runner(adds_a_source, CI_MERGE_REQUEST_DIFF_BASE_SHA="").returncode == 1


def test_the_variables_count_and_are_not_run(runner):
    assert runner(adds_a_source, CHECK_FAIL_ON="high").returncode == 0
    assert runner(CHECK_PATH="prepare.sh").returncode == 0
    for name in ("CHECK_PATH", "CHECK_FAIL_ON", "CHECK_BASELINE"):
        assert runner(**{name: "$(touch gone) --exit-zero"}).returncode == 2
    assert not (runner.checkout / "gone").exists()


def test_it_installs_in_isolation_and_runs_where_it_should():
    made, installed = JOB["before_script"]
    assert made == f"python3 -I -m venv --clear {MADE}"
    assert installed == f'{MADE}/bin/python -I -m pip install --quiet "$CHECK_PACKAGE"'
    assert [rule["if"] for rule in JOB["rules"]] == [
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
    ]
    assert JOB["artifacts"]["when"] == "always"
