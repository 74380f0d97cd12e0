import hashlib
import os
import subprocess
import sys
import threading

import pytest
from dataset_layouts import write_files

from bezoar.datasets import hashing
from bezoar.datasets.hashing import FileHashes

NAMES = [f"{number}.bin" for number in range(7)]
SIZES = (0, 1, 5000, 1 << 18, (1 << 18) + 1, 1 << 20, 3)


def content(number):
    return bytes([number + 1]) * SIZES[number]


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path, {name: content(i) for i, name in enumerate(NAMES)})


def expected():
    return [(SIZES[i], hashlib.sha256(content(i)).digest()) for i in range(len(NAMES))]


def hashed(root, names=NAMES):
    return [(one.size, one.sha256) for one in FileHashes(root, names).results()]


def test_sizes_and_digests(root):
    assert hashed(root) == expected()


def test_in_child_processes(root, monkeypatch):
    monkeypatch.setattr(hashing, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(hashing, "_single_threaded", lambda: True)
    assert hashed(root, NAMES * 30) == expected() * 30


def test_no_child_process_where_threads_run(root, monkeypatch):
    monkeypatch.setattr(hashing, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr("os.fork", lambda: pytest.fail("it forked"))
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert hashed(root) == expected()
    finally:
        done.set()
        thread.join()


def test_what_cannot_be_read(root):
    (root / "link").symlink_to(NAMES[0])
    (root / "folder").mkdir()
    errors = [one.error for one in FileHashes(root, ["gone", "link", "folder"]).results()]
    assert [os.strerror(number) for number in errors] == [
        "No such file or directory",
        "Too many levels of symbolic links",
        "Is a directory",
    ]


def test_pipe_in_the_place_of_a_file_does_not_hang(root):
    os.mkfifo(root / "pipe")
    assert hashed(root, ["pipe"]) == [(0, hashlib.sha256(b"").digest())]


# In a process of its own: one thread, nothing loaded, real child processes.
KILLED = """
import os, signal, sys
from pathlib import Path
from bezoar.core.errors import BezoarError
from bezoar.datasets import hashing

hashing._WORTH_A_PROCESS = 1
hashes = hashing.FileHashes(Path(sys.argv[1]), sys.argv[2:] * 2000)
children = [process for process, _, _ in hashes._children]
assert len(children) == len(os.sched_getaffinity(0)), children
os.kill(children[-1], signal.SIGKILL)
try:
    list(hashes.results())
except BezoarError as error:
    print(error)
forgotten = hashing.FileHashes(Path(sys.argv[1]), sys.argv[2:] * 2000)
children = [process for process, _, _ in forgotten._children]
del forgotten
for process in children:
    try:
        os.kill(process, 0)
        print("still there")
    except ProcessLookupError:
        pass
"""


def test_killed_and_forgotten_children(root):
    command = [sys.executable, "-W", "error", "-c", KILLED, str(root), *NAMES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "a process that hashed files was ended\n"
    assert done.stderr == ""
