"""What `bezoar init` writes for continuous integration."""

from enum import StrEnum
from pathlib import Path
from typing import Final


class Ci(StrEnum):
    """Where continuous integration runs."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


_GITHUB: Final = """\
# Fails a change that brings in data, or a model trained elsewhere, that nobody registered, one that
# opens a way around validation, and data that is not what its suite says.
name: bezoar
on:
  pull_request:
  merge_group:
  push:
    branches: [main, master]
permissions:
  contents: read
jobs:
  bezoar:
    runs-on: ubuntu-latest
    env:
      # Whose signatures count is decided outside the repository: the variable of that name holds
      # the fingerprint of the first key, as `bezoar keys list` shows it.
      BEZOAR_TRUST: ${{ vars.BEZOAR_TRUST }}
      BASE: ${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      # -I: from the checked-out folder nothing is imported.
      - run: |
          python -I -m venv --clear "$RUNNER_TEMP/bezoar"
          "$RUNNER_TEMP/bezoar/bin/python" -I -m pip install --quiet "bezoar==VERSION"
      - run: |
          set -- --format github
          if test -n "$BASE"; then set -- "$@" --diff "$BASE"; fi
          "$RUNNER_TEMP/bezoar/bin/bezoar" check "$@"
      # The way of the data into training; 4: no pipeline is defined here.
      - run: |
          set -- --format github
          if test -n "$BASE"; then set -- "$@" --diff "$BASE"; fi
          "$RUNNER_TEMP/bezoar/bin/bezoar" audit "$@" || test "$?" -eq 4
      # Each data set with a suite, as it was approved.
      - run: |
          for suite in expectations/*.json; do
            if test ! -e "$suite"; then break; fi
            "$RUNNER_TEMP/bezoar/bin/python" -I -m pip install --quiet "bezoar[gx]==VERSION"
            data=$("$RUNNER_TEMP/bezoar/bin/bezoar" pull -- "$(basename "$suite" .json)")
            "$RUNNER_TEMP/bezoar/bin/bezoar" validate --suite "$suite" -- "$data"
          done
"""

_GITLAB: Final = """\
# Fails a change that brings in data, or a model trained elsewhere, that nobody registered, one that
# opens a way around validation, and data that is not what its suite says.
# Whose signatures count is decided outside the repository: set the CI variable BEZOAR_TRUST to
# the fingerprint of the first key, as `bezoar keys list` shows it.
bezoar:
  stage: test
  image: python:3.12
  variables:
    GIT_DEPTH: "0"
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  before_script:
    # -I: from the checked-out folder nothing is imported.
    - python3 -I -m venv --clear /tmp/bezoar
    - /tmp/bezoar/bin/python -I -m pip install --quiet "bezoar==VERSION"
  script:
    - |
      set -- --report bezoar.xml
      base=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}
      if test -n "$base"; then set -- "$@" --diff "$base"; fi
      /tmp/bezoar/bin/bezoar check "$@"
      # The way of the data into training; 4: no pipeline is defined here.
      set --
      if test -n "$base"; then set -- --diff "$base"; fi
      /tmp/bezoar/bin/bezoar audit "$@" || test "$?" -eq 4
      # Each data set with a suite, as it was approved.
      for suite in expectations/*.json; do
        if test ! -e "$suite"; then break; fi
        /tmp/bezoar/bin/python -I -m pip install --quiet "bezoar[gx]==VERSION"
        data=$(/tmp/bezoar/bin/bezoar pull -- "$(basename "$suite" .json)")
        /tmp/bezoar/bin/bezoar validate --suite "$suite" -- "$data"
      done
  artifacts:
    when: always
    paths: [bezoar.xml]
    reports:
      junit: bezoar.xml
"""

_PATHS: Final = {Ci.GITHUB: ".github/workflows/bezoar.yml", Ci.GITLAB: ".gitlab-ci.yml"}
_BESIDE: Final = ".gitlab/bezoar.gitlab-ci.yml"


def ci_file(ci: Ci, root: Path, version: str) -> tuple[Path, str, str]:
    """Return where a job belongs, what it says, and what else a person has to do.

    Args:
        ci: Where it runs; not `none`.
        root: The project's folder.
        version: The version of bezoar that the job installs.
    """
    if ci is Ci.GITHUB:
        return root / _PATHS[ci], _GITHUB.replace("VERSION", version), ""
    text = _GITLAB.replace("VERSION", version)
    if not (root / _PATHS[ci]).exists():
        return root / _PATHS[ci], text, ""
    todo = f"add to {_PATHS[ci]}: include: [{{local: {_BESIDE}}}]"
    return root / _BESIDE, text, todo


def guessed_ci(root: Path) -> Ci:
    """Return where a repository's CI runs, from what lies in it and where it was cloned from."""
    if (root / ".github").is_dir():
        return Ci.GITHUB
    if (root / ".gitlab-ci.yml").exists():
        return Ci.GITLAB
    try:
        remotes = (root / ".git" / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Ci.NONE
    hosts = [line for line in remotes.splitlines() if line.strip().startswith("url")]
    found = (one for one in (Ci.GITHUB, Ci.GITLAB) if any(str(one) in line for line in hosts))
    return next(found, Ci.NONE)
