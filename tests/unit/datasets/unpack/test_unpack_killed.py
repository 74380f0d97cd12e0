"""Unpacking that is killed at any moment: the next run finishes, and half is never whole."""

import os
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from io import BytesIO

import pytest
from ordinary_archives import below

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.unpack import unpack, unpack_in_sandbox
from bezoar.datasets.unpack.staging import Staging

CONTENTS = {f"{number // 50:02}/{number:04}.bin": b"%04d" % number * 300 for number in range(1_500)}
RUN = """
import sys
from pathlib import Path
from bezoar.datasets.unpack import {way} as way
print("begun", flush=True)
way(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("archives") / "a.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, data in CONTENTS.items():
            one = tarfile.TarInfo(name)
            one.size = len(data)
            file.addfile(one, BytesIO(data))
    return path


def once_alone(archive, into):
    """Unpack; the child of a killed parent ends a moment after it, and keeps its lock till then."""
    for _ in range(200):
        with suppress(BezoarError):
            return unpack_in_sandbox(archive, into)
        time.sleep(0.1)
    raise AssertionError("the lock of a killed run holds")


@pytest.mark.parametrize("way", ["unpack", "unpack_in_sandbox"])
@pytest.mark.parametrize("part", [0.02, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])
def test_the_next_run_finishes(archive, tmp_path, part, way):
    into = tmp_path / "data"
    command = [sys.executable, "-c", RUN.format(way=way), archive, into]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(part)
        os.kill(process.pid, signal.SIGKILL)
    if into.exists():
        assert below(into) == CONTENTS
        return
    assert once_alone(archive, into).files == len(CONTENTS)
    assert below(into) == CONTENTS
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_a_killed_run_left_is_not_taken_over(archive, tmp_path):
    part = tmp_path / ".data.part"
    (part / "00").mkdir(parents=True)
    (part / "00" / "0000.bin").write_bytes(b"half")
    (part / "stranger").write_bytes(b"not of this archive")
    (part / "link").symlink_to("/etc/passwd")
    unpack(archive, tmp_path / "data")
    assert below(tmp_path / "data") == CONTENTS


def test_two_runs_do_not_share_a_folder(tmp_path):
    with (
        Staging(tmp_path / "data"),
        pytest.raises(BezoarError, match="another process"),
        Staging(tmp_path / "data"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_the_folder_is_not_followed(archive, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".data.part").symlink_to(elsewhere)
    with pytest.raises(BezoarError):
        unpack(archive, tmp_path / "data")
    assert list(elsewhere.iterdir()) == []


def test_what_is_there_stays(archive, tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        unpack(archive, tmp_path / "data")


def test_a_link_that_nobody_unpacked_is_not_published(tmp_path):
    with Staging(tmp_path / "data") as staging:
        (staging.path / "link").symlink_to("/etc/passwd")
        with pytest.raises(BezoarError, match="nobody unpacked"):
            staging.inventory()


def test_no_archive_is_said(tmp_path):
    with pytest.raises(UsageError, match="is no file"):
        unpack_in_sandbox(tmp_path / "none", tmp_path / "data")
    with pytest.raises(UsageError, match="is no file"):
        unpack(tmp_path, tmp_path / "data")


def test_a_full_disk_is_an_error_of_one_line(archive, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bezoar.datasets.unpack.writer.os.write", full)
    with pytest.raises(BezoarError, match="No space left"):
        unpack(archive, tmp_path / "data")
    assert list(tmp_path.iterdir()) == []
