"""The sandbox as an ordinary user has it: started by root for this test, as nobody."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bezoar.sandbox import run_task

HERE = Path(__file__).parent
NOBODY = 65534
SCRIPT = """
import json, os, re, sys
from pathlib import Path
from bezoar.sandbox import Limits, TaskFailed, run_task, running
sys.path.insert(0, sys.argv[1])
running._TASK = re.compile(r"hostile_tasks:\\w+")

def said(name, **arguments):
    try:
        limits = Limits(threads=64)
        return run_task(
            "hostile_tasks:" + name, arguments, reads=[Path(sys.argv[1])], limits=limits
        ).value
    except TaskFailed as error:
        return error.message

running_as = os.getuid()
isolation = run_task("hostile_tasks:echo", {}, reads=[Path(sys.argv[1])]).isolation
print(json.dumps({
    "user": running_as,
    "level": isolation.level,
    "missing": isolation.missing,
    "secret": said("read", path="/etc/passwd"),
    "write": said("write", path="/tmp/bezoar-nobody-was-here"),
    "socket": said("open_socket", family="AF_INET", kind="SOCK_STREAM"),
    "fork": said("fork"),
    "threads": said("thread_bomb"),
    "parent": said("kill", pid=os.getpid()),
}))
"""


def opened():
    """Return shell commands that open the way to this interpreter, in a mount namespace.

    An interpreter below `/root` is one that nobody else can start.
    """
    base = Path(sys.base_prefix)
    shut = [above for above in base.parents if not above.stat().st_mode & 0o001]
    if not shut:
        return ""
    return f"""
        other=$(mktemp -d) && mount --bind {base} "$other" &&
        mount -t tmpfs -o mode=755 none {shut[-1]} && mkdir -p {base} &&
        mount --move "$other" {base} && rmdir "$other" &&
    """


@pytest.fixture(scope="module")
def said():
    if os.geteuid() != 0:
        pytest.skip("this is an ordinary user: the other tests are as good")
    for program in ("unshare", "setpriv", "mount"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    command = f"cd / && {opened()} exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
    line = f'{command} "$@"'
    python = [sys.executable, "-c", SCRIPT, str(HERE)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", line, "sh", *python], capture_output=True, check=False
    )
    if done.returncode and b"unshare" in done.stderr:
        pytest.skip("mount namespaces are not allowed here")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_reaches_what_root_reaches(said):
    assert said["user"] == NOBODY
    reached = run_task("bezoar.core.place:printable", {"text": ""}).isolation
    if said["level"] < reached.level:
        pytest.skip(f"user namespaces are not allowed here: {said['missing']}")
    assert said["level"] == reached.level


@pytest.mark.parametrize(
    ("what", "level"), [("secret", 2), ("write", 2), ("socket", 3), ("parent", 3)]
)
def test_it_holds_the_same(said, what, level):
    if said["level"] < level:
        pytest.skip(f"level {said['level']}: {said['missing']}")
    assert "PermissionError" in said[what]


def test_it_starts_no_process_and_few_threads(said):
    if said["level"] < 4:
        pytest.skip(f"level {said['level']}: {said['missing']}")
    assert "raised" in said["fork"]
    assert said["threads"] < 64
