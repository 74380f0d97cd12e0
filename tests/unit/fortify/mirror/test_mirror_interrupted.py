"""Whatever ends a publishing: the index never names what is missing, and the next run finishes."""

import os
import resource
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from mirror_scene import FILES, made_version, silent
from strict_s3 import StrictS3

from bezoar.core.errors import BezoarError
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.keys import index_key
from bezoar.fortify.mirror.verifying import verify

# Ends without a word at the n-th reading of an object's bytes, or the n-th look for an object.
CHILD = """
import os, signal, sys
from pathlib import Path

from mirror_scene import made_version, silent
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.store import CheckedReader

left, read = [int(sys.argv[3])], CheckedReader.read

def dying(self, most=-1):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return read(self, most)

CheckedReader.read = dying
folder = Path(sys.argv[1])
publish(open_mirror(sys.argv[2], folder), made_version(folder / "data"), silent)
"""


def published_until(folder, uri, moment):
    """Publish in a process of its own until it is killed; tell whether it was."""
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    command = [sys.executable, "-c", CHILD, folder, uri, str(moment)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode in {0, -signal.SIGKILL}
    return done.returncode != 0


def holds(mirror, version):
    """Tell whether the index is there; if so, all that it names has to be."""
    if mirror.find(index_key(version.name, version.version)) is None:
        return False
    assert all(outcome.passed for outcome in verify(mirror, version.blobs(), "x", 4, silent))
    return True


def finished(mirror, version):
    assert publish(mirror, version, silent).receipt is not None
    assert holds(mirror, version)


@pytest.mark.parametrize("moment", [1, 6, 13, 19, 20, 999])
def test_killed_at_any_moment_the_next_run_finishes(tmp_path, moment):
    killed = published_until(tmp_path, "mirror", moment)
    mirror, version = open_mirror("mirror", tmp_path), made_version(tmp_path / "data")
    assert holds(mirror, version) is not killed
    finished(mirror, version)


@pytest.mark.skipif(not find_spec("boto3"), reason="boto3 is not installed")
@pytest.mark.parametrize("moment", [3, 9, 10])
def test_killed_at_any_moment_of_an_upload_the_next_run_finishes(tmp_path, monkeypatch, moment):
    with StrictS3().running() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert published_until(tmp_path, "s3://data", moment)
        mirror, version = open_mirror("s3://data", tmp_path), made_version(tmp_path / "data")
        assert not holds(mirror, version)
        finished(mirror, version)


def test_drafts_that_a_crash_left_are_swept_once_they_are_old(tmp_path):
    published_until(tmp_path, "mirror", 6)
    drafts = list((tmp_path / "mirror" / ".drafts").iterdir())
    assert drafts
    os.utime(drafts[0], (0, 0))
    finished(open_mirror("mirror", tmp_path), made_version(tmp_path / "data"))
    assert drafts[0].exists() is False


def test_a_full_disk_is_said_and_leaves_no_half_object(tmp_path):
    version = made_version(tmp_path / "data", FILES | {"large": b"x" * 300_000})
    mirror = open_mirror("mirror", tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(BezoarError, match="File too large") as caught:
            publish(mirror, version, silent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.next == "ulimit -f unlimited"
    assert not holds(mirror, version)
    assert not any((tmp_path / "mirror" / ".drafts").iterdir())
    finished(mirror, version)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_says_so(tmp_path):
    (tmp_path / "mirror").mkdir(mode=0o500)
    mirror = open_mirror("mirror", tmp_path)
    with pytest.raises(BezoarError, match="Permission denied") as caught:
        publish(mirror, made_version(tmp_path / "data"), silent)
    assert caught.value.next == f"ls -ld {tmp_path / 'mirror'}"


def test_a_file_in_the_place_of_a_folder_says_so(tmp_path):
    (tmp_path / "mirror").write_text("")
    mirror = open_mirror("mirror", tmp_path)
    with pytest.raises(BezoarError, match="Not a directory") as caught:
        publish(mirror, made_version(tmp_path / "data"), silent)
    assert caught.value.next == f"ls -ld {tmp_path / 'mirror'}"
