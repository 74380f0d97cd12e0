"""The level is measured: a mechanism that is switched off is missing, and is said to be."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bezoar.sandbox import run_task, running

HERE = Path(__file__).parent
OFF = {
    "limits": "probes.limit",
    "no_new_privileges": "kernel.forgo_privileges",
    "files": "landlock.restrict",
    "sockets": "seccomp.restrict",
    "processes": "seccomp.restrict",
    "namespace": "namespaces.leave",
}
LEVELS = {
    "limits": 0,
    "no_new_privileges": 0,
    "files": 1,
    "sockets": 2,
    "processes": 2,
    "namespace": 3,
}
LOCKED = """
import json, os, sys
from pathlib import Path
from bezoar.sandbox import Limits, child, kernel, landlock, namespaces, probes, seccomp
from bezoar.sandbox import surroundings
from bezoar.sandbox.job import Job

def refuse(*_):
    raise OSError(38, "Function not implemented")

if sys.argv[2]:
    room, name = sys.argv[2].split(".")
    setattr(globals()[room], name, refuse)
outside = Path(sys.argv[1])
reads = [Path(path) for path in surroundings.readable()]
job = Job("bezoar.x:y", {}, reads, [], Limits(), 0, False)
isolation = child.locked(job, os.getppid(), outside)
sys.stdout.write(json.dumps([isolation.level, isolation.missing]))
sys.stdout.flush()
"""


def locked(folder, off):
    outside = folder / "outside"
    outside.write_text("text")
    command = [sys.executable, "-c", LOCKED, outside, off]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("mechanism", OFF)
def test_a_mechanism_that_is_off_is_missing(mechanism, tmp_path):
    level, missing = locked(tmp_path, "")
    if level < 4:
        pytest.skip(f"level {level}; missing: {missing}")
    (tmp_path / "off").mkdir()
    level, missing = locked(tmp_path / "off", OFF[mechanism])
    assert mechanism in missing
    assert level == LEVELS[mechanism]


def test_a_task_that_may_read_everything_is_not_kept_from_files():
    result = run_task("bezoar.core.place:printable", {"text": "x"}, reads=[Path("/")])
    assert result.value == "x"
    assert "files" in result.isolation.missing
    assert result.isolation.level <= 1


def test_a_task_ends_with_its_parent(tmp_path):
    script = f"""
import re, sys
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from bezoar.sandbox import run_task, running
running._TASK = re.compile(".*")
run_task("hostile_tasks:sleep", {{}}, reads=[Path({str(HERE)!r})])
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path) as parent:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        if not children.exists():
            parent.kill()
            pytest.skip("this kernel does not list children")
        deadline = time.monotonic() + 30
        while not (found := children.read_text().split()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child = int(found[0])
        while b"child import main" not in Path(f"/proc/{child}/cmdline").read_bytes():
            time.sleep(0.05)
        # The child asks to end with its parent while it locks itself in, before the task begins.
        while "NoNewPrivs:\t1" not in Path(f"/proc/{child}/status").read_text():
            time.sleep(0.05)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_task_whose_parent_is_gone_does_not_begin(tmp_path):
    script = LOCKED.replace("os.getppid()", "1 << 22")
    outside = tmp_path / "outside"
    outside.write_text("text")
    command = [sys.executable, "-c", script, outside, ""]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_the_pattern_of_tasks_is_that_of_bezoar():
    assert running._TASK.fullmatch("bezoar.datasets.unpack.task:unpack")
    assert re.fullmatch(running._TASK, "os:system") is None
