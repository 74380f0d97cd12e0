"""`make setup` with interpreters that are made up: which one it takes, and when it does nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")

TOO_OLD = "#!/bin/sh\nexit 1\n"
# Says that it is new enough, and makes an environment whose python does as it is told.
GOOD = """#!/bin/sh
test "$1" = -c && exit 0
echo "$0 $*" >> "$LOG"
mkdir -p .venv/bin && printf '#!/bin/sh\\necho "venv $*" >> "$LOG"\\n' > .venv/bin/python
chmod +x .venv/bin/python
"""


@pytest.fixture
def setup(tmp_path):
    """Return a function that runs `make setup` with some interpreters, in a copy of the project."""
    folder, programs = tmp_path / "project", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    for name in ("sh", "test", "cat", "pwd", "rm", "mkdir", "chmod", "printf"):
        (programs / name).symlink_to(shutil.which(name))
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    log = tmp_path / "log"

    def run(where=folder, **interpreters):
        log.write_text("")
        for name, script in interpreters.items():
            (programs / name.replace("_", ".")).write_text(script)
            (programs / name.replace("_", ".")).chmod(0o755)
        done = subprocess.run(
            [shutil.which("make"), "setup"],
            cwd=where,
            env={"PATH": str(programs), "LOG": str(log)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, log.read_text()

    run.folder = folder
    return run


def test_python3_is_taken_where_it_is_the_only_one(setup):
    done, log = setup(python3=GOOD)
    assert done.returncode == 0, done.stderr
    first, second = log.splitlines()
    assert first.endswith("python3 -m venv --clear .venv")
    assert second.startswith("venv -m pip install")
    assert second.endswith("--constraint constraints.txt")


def test_a_newer_one_is_taken_where_python3_is_too_old(setup):
    done, log = setup(python3=TOO_OLD, python3_12=GOOD)
    assert done.returncode == 0, done.stderr
    assert "python3.12 -m venv" in log


def test_without_one_it_says_what_is_needed(setup):
    done, log = setup(python3=TOO_OLD)
    assert done.returncode == 2
    assert "Python 3.11 or later is needed" in done.stderr
    assert log == ""


def test_a_second_run_does_nothing_and_an_edit_installs_in_place(setup):
    setup(python3=GOOD)
    assert setup()[1] == ""
    stamp = (setup.folder / ".venv" / "ready").stat()
    later = (stamp.st_atime_ns, stamp.st_mtime_ns + 10**9)
    os.utime(setup.folder / "constraints.txt", ns=later)
    log = setup()[1]
    assert len(log.splitlines()) == 1
    assert log.startswith("venv -m pip install")


def test_an_interrupted_set_up_begins_again(setup):
    setup(python3=GOOD)
    (setup.folder / ".venv" / "ready").unlink()
    assert "-m venv --clear" in setup()[1]


def test_a_checkout_that_moved_begins_again(setup):
    setup(python3=GOOD)
    moved = setup.folder.rename(setup.folder.with_name("moved"))
    assert "-m venv --clear" in setup(where=moved)[1]
