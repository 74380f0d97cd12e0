"""The process beside: it works, it ends with the block, it leaves no orphan."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.exercise.workers import process_beside, share_cores


def is_alive(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_it_is_another_process():
    with process_beside() as beside:
        other = beside.submit(os.getpid).result()
    assert other != os.getpid()
    assert wait_until(lambda: not is_alive(other))


def test_an_error_in_the_block_ends_it_at_once():
    start = time.monotonic()
    with pytest.raises(UsageError), process_beside() as beside:  # noqa: PT012 - the block is what is tested
        beside.submit(os.getpid).result()
        beside.submit(time.sleep, 60)
        raise UsageError("off")
    assert time.monotonic() - start < 30


def test_its_death_is_an_error_for_people():
    with pytest.raises(BezoarError, match="ended from outside"), process_beside() as beside:
        beside.submit(os._exit, 3).result()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look at")
def test_it_leaves_no_orphan_when_the_parent_is_killed():
    code = """
import os, time
from bezoar.exercise.workers import process_beside
if __name__ == "__main__":
    with process_beside() as beside:
        print(beside.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not is_alive(child))


def test_cores_are_shared_unless_somebody_has_said_how(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    share_cores()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    monkeypatch.delenv("OMP_NUM_THREADS")
    share_cores()
    assert int(os.environ["OMP_NUM_THREADS"]) == max(1, len(os.sched_getaffinity(0)) // 2)
