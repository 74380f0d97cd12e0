"""Unpacking: what is said, and what is left."""

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest
from archive_parts import Member, extra, tar_member, tar_of, zip_of

from bezoar.core.severity import Severity
from bezoar.datasets import unpack as room
from bezoar.datasets.unpack import (
    RULES,
    UnpackLimits,
    archive_kind,
    unpack,
    unpack_in_sandbox,
)
from bezoar.datasets.unpack.names import Names, parts_of
from bezoar.datasets.unpack.rules import Refused
from bezoar.datasets.unpack.task import heard
from bezoar.datasets.unpack.writer import Writer
from bezoar.datasets.unpack.zip_extra import decoded
from bezoar.sandbox import Isolation, TaskFailed


def unpacked(folder, data, **limits):
    (folder / "archive").write_bytes(data)
    return unpack(folder / "archive", folder / "data", UnpackLimits(**limits))


def test_every_refused_entry_is_named(tmp_path):
    members = [Member(name) for name in (b"good", b"../a", b"b\\c", b"good", b"con")]
    found = unpacked(tmp_path, zip_of(*members)).findings
    assert [(one.code, one.place.name) for one in found] == [
        ("BZ301", "../a"),
        ("BZ301", "b\\c"),
        ("BZ303", "good"),
        ("BZ301", "con"),
    ]
    assert not (tmp_path / "data").exists()


def test_so_many_findings_are_enough(tmp_path):
    data = tar_of(*(tar_member(b"../%d" % number) for number in range(5_000)))
    assert len(unpacked(tmp_path, data).findings) == 100


def test_an_archive_within_is_reported_and_kept(tmp_path):
    inner = {"a.zip": zip_of(), "b.tar.gz": gzip.compress(b"x"), "c.7z": b"7z\xbc\xaf\x27\x1c" * 99}
    data = tar_of(*(tar_member(name.encode(), data) for name, data in inner.items()))
    result = unpacked(tmp_path, data)
    (found,) = result.findings
    assert (found.code, found.severity, found.place.name) == ("BZ307", Severity.LOW, "a.zip")
    assert (found.evidence["count"], found.evidence["names"]) == (3, list(inner))
    assert not result.refused
    assert result.files == 3
    assert (tmp_path / "data/a.zip").read_bytes() == inner["a.zip"]


def test_permissions_are_not_taken_over(tmp_path):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as file:
        for name, mode in (("setuid", 0o4755), ("setgid", 0o2755), ("open", 0o777), ("shut", 0)):
            one = tarfile.TarInfo(name)
            one.mode = mode
            file.addfile(one)
    result = unpacked(tmp_path, target.getvalue())
    (found,) = result.findings
    assert (found.code, found.severity) == ("BZ308", Severity.LOW)
    assert found.evidence["names"] == ["setuid", "setgid"]
    umask = os.umask(0)
    os.umask(umask)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert modes == {0o644 & ~umask}


def test_limits_are_those_that_are_given(tmp_path):
    data = tar_of(*(tar_member(b"%d" % number, bytes(1_000)) for number in range(10)))
    for number, (limits, code) in enumerate(
        [
            ({"entries": 9}, "BZ304"),
            ({"entries": 10}, None),
            ({"total_bytes": 9_999}, "BZ304"),
            ({"total_bytes": 10_000}, None),
            ({"file_bytes": 999}, "BZ304"),
            ({"file_bytes": 1_000}, None),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert [one.code for one in unpacked(folder, data, **limits).findings] == [code] * bool(
            code
        )


def test_a_ratio_counts_only_above_what_is_free(tmp_path):
    for number, (limits, files) in enumerate(
        [
            ({"ratio": 2, "free_bytes": 100_000}, 1),
            ({"ratio": 2, "free_bytes": 99_999}, 0),
            ({"ratio": 2_000, "free_bytes": 1}, 1),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        data = zip_of(Member(data=bytes(100_000), method=8))
        assert unpacked(folder, data, **limits).files == files


def test_progress_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for number in range(20):
            file.writestr(str(number), b"x" * 1_000)
    size, told = (tmp_path / "a.zip").stat().st_size, []
    unpack(tmp_path / "a.zip", tmp_path / "data", progress=lambda *one: told.append(one))
    assert len(told) == 20
    assert {whole for _, whole in told} == {size}
    assert all(0 < done <= size for done, _ in told)


def test_a_minimum_of_isolation_is_demanded(tmp_path, monkeypatch):
    (tmp_path / "a.tar").write_bytes(tar_of(tar_member()))
    monkeypatch.setattr(Isolation, "level", 1)
    with pytest.raises(TaskFailed, match="not isolated"):
        unpack_in_sandbox(tmp_path / "a.tar", tmp_path / "data", minimum=3)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{}],
        [[]],
        [7],
        [{"at": "x"}],
        [{"at": []}],
        [{"findings": None}],
        [{"findings": [7]}],
        [{"findings": [{"code": "BZ999"}]}],
        [{"findings": [{"code": "BZ301", "name": "", "message": "", "severity": "low"}]}],
        [{"findings": [{"code": "BZ301", "name": 3, "message": "", "severity": "low"}]}],
        [{"findings": [{"code": "BZ301", "name": "x", "message": "", "severity": "worst"}]}],
    ],
)
def test_a_lie_of_the_task_publishes_nothing(items, tmp_path, monkeypatch):
    class Stream:
        isolation = None

        def __init__(self, *_, **__):
            self.failed = lambda kind, why: TaskFailed(kind, "x", why)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def __iter__(self):
            return iter(items)

    monkeypatch.setattr(room, "iterate_task", Stream)
    (tmp_path / "a.tar").write_bytes(tar_of(tar_member()))
    with pytest.raises(TaskFailed):
        unpack_in_sandbox(tmp_path / "a.tar", tmp_path / "data")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def test_findings_survive_the_way_out_of_the_sandbox(tmp_path):
    data = zip_of(Member(b"../\xff\x1b", flags=0))
    here = unpacked(tmp_path, data)
    there = unpack_in_sandbox(tmp_path / "archive", tmp_path / "data")
    assert there.findings == here.findings
    assert heard([]) == []


def test_kinds_are_told_by_content(tmp_path):
    for name, data, kind in (
        ("a.txt", zip_of(), "zip"),
        ("b.zip", tar_of(tar_member()), "tar"),
        ("c.zip", gzip.compress(b""), "gzip"),
        ("d.zip", b"7z\xbc\xaf\x27\x1c", "7z"),
        ("e.zip", b"text", None),
        ("f.zip", b"", None),
        ("g.bin", b"\x50\x2a\x4d\x18\0\0\0\0", "zstd"),
    ):
        (tmp_path / name).write_bytes(data)
        assert archive_kind(tmp_path / name) == kind


def test_rules_are_told_apart():
    assert len({rule.code for rule in RULES}) == len(RULES) == 8
    assert {rule.severity for rule in RULES[:6]} == {Severity.HIGH}


@pytest.mark.parametrize(
    ("name", "folder", "parts"),
    [
        ("a/b", False, ("a", "b")),
        ("./a/b", False, ("a", "b")),
        ("./", True, ()),
        (".", True, ()),
        ("./a/", True, ("a",)),
        ("a", True, ("a",)),
        ("..a/b..c/...d", False, ("..a", "b..c", "...d")),
        ("ab:c", False, ("ab:c",)),
    ],
)
def test_a_good_name_is_its_parts(name, folder, parts):
    assert parts_of(name, folder=folder) == parts


@pytest.mark.parametrize("name", ["/", "//", "", "..", "../", "./..", "a//", ".//"])
@pytest.mark.parametrize("folder", [True, False])
def test_a_bad_name_is_none(name, folder):
    with pytest.raises(Refused):
        parts_of(name, folder=folder)


def test_names_count_the_folders_that_they_imply():
    names = Names()
    assert names.add(("a", "b", "x"), folder=False) == 3
    assert names.add(("a", "b", "y"), folder=False) == 1
    assert names.add(("a", "b"), folder=True) == 0
    assert names.add(("a", "c"), folder=True) == 1


def test_a_writer_follows_no_link_even_if_one_appears(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / "d").symlink_to(outside)
    (root / "f").symlink_to(outside / "f")
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    writer = Writer(handle)
    for parts in (("d", "x"), ("f",)):
        with pytest.raises((Refused, OSError)):
            writer.file(parts, [b"out"])
    with pytest.raises((Refused, OSError)):
        writer.folder(("d",))
    writer.close()
    os.close(handle)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("raw", "unicode_name", "name"),
    [
        (b"plain", None, "plain"),
        ("\u00e9".encode(), None, "\u00e9"),
        (b"\x82t\x82", None, "\u00e9t\u00e9"),
        ("\u00e9".encode(), "\u00e9", "\u00e9"),
        (b"\x82t\x82.png", "\u00e9t\u00e9.png", "\u00e9t\u00e9.png"),
        (b"#U65e5#U672c.png", "\u65e5\u672c.png", "\u65e5\u672c.png"),
        (b"a", "b", None),
        (b"a", "\u00e9a", None),
        ("\u00e9".encode(), "\u00e8", None),
        (b"\x82top/x", "\u00e980/x", None),
    ],
)
def test_a_zip_entry_has_one_name(raw, unicode_name, name):
    more = b""
    if unicode_name:
        sum_ = struct.pack("<L", zlib.crc32(raw))
        more = extra(0x7075, b"\x01" + sum_ + unicode_name.encode())
    if name is None:
        with pytest.raises(Refused, match="two names"):
            decoded(raw, more, utf8=False)
    else:
        assert decoded(raw, more, utf8=False) == name
