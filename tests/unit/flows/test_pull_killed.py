"""A pull that is killed at any moment: the next one finishes, nothing half is taken as whole."""

import os
import signal
import subprocess
import sys

from pull_scene import mirrored, tree

from bezoar.flows.pulling import pull_version

# An audit hook sees each file that is opened, made or renamed; at one of them the process ends.
SCRIPT = """
import os, signal, sys
from pathlib import Path
from bezoar.flows.pulling import pull_version
from bezoar.project import Project
from bezoar.fortify.pull import content, delivery
content.SMALL = delivery.SMALL = 3000  # some files in memory, some streamed
left = int(sys.argv[1])
def hook(event, arguments):
    global left
    if event in {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"} and left:
        if any(part in str(arguments[0]) for part in (".part", "/cache/", "/drafts/")):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
pull_version(Project(Path.cwd()), "signs")
"""
FILES = {f"{c}/{n}.png": os.urandom(500 if n % 3 else 9000) for c in "ab" for n in range(6)}


def test_the_next_one_finishes(tmp_path):
    scene = mirrored(tmp_path, files=FILES)
    target = scene.project.state / "data" / "signs@1"
    killed = 0
    for moment in range(1, 200, 8):
        words = [sys.executable, "-c", SCRIPT, str(moment)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        killed += 1
        assert not target.exists()
    assert killed >= 3
    pulled = pull_version(scene.project, "signs")
    assert tree(pulled.path) == FILES
    assert [path.name for path in target.parent.iterdir()] == ["signs@1"]
