import hashlib
import os
from functools import partial

import pytest
from dataset_layouts import four_files, write_files
from hypothesis import given
from hypothesis import strategies as st

from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Origin, Published, now
from bezoar.project import Project
from bezoar.recon import published
from bezoar.recon.published import compare_published as compare
from bezoar.recon.published import file_digests, in_place
from bezoar.recon.registering import Facts, register_dataset

md5 = partial(hashlib.md5, usedforsecurity=False)
sha1 = partial(hashlib.sha1, usedforsecurity=False)


def compare_published(path, files):
    return compare(files, in_place(path))


DATA = b"one\r\ntwo\rthree\n\r\n"


def file(algorithm, data=DATA, path="a.bin", **fields):
    digest = {
        "git-blob-sha1": lambda: sha1(b"blob %d\0%b" % (len(data), data)),
        "md5-dos2unix": lambda: md5(data.replace(b"\r\n", b"\n")),
    }.get(algorithm, lambda: hashlib.new(algorithm, data))()
    return Published(path=path, digest=f"{algorithm}:{digest.hexdigest()}", **fields)


SHA256 = "sha256:" + hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize(
    "algorithm", ["md5", "sha1", "sha256", "sha512", "git-blob-sha1", "md5-dos2unix"]
)
def test_what_holds_is_sha256_from_then_on(tmp_path, algorithm):
    write_files(tmp_path, {"a.bin": DATA})
    for path in (tmp_path, tmp_path / "a.bin"):
        (kept,), found = compare_published(path, [file(algorithm)])
        assert (kept.digest, kept.size, found) == (SHA256, len(DATA), ())


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "git-blob-sha1", "md5-dos2unix"])
def test_what_does_not_hold_is_found_and_kept(tmp_path, algorithm):
    write_files(tmp_path, {"a.bin": DATA + b"x"})
    (kept,), (finding,) = compare_published(tmp_path, [file(algorithm)])
    assert kept == file(algorithm)
    assert (finding.code, finding.place.name) == ("BZ157", "a.bin")


def test_a_wrong_size_does_not_hold(tmp_path):
    write_files(tmp_path, {"a.bin": DATA})
    _, (finding,) = compare_published(tmp_path, [file("md5", size=1)])
    assert "not 1" in finding.message


def test_what_is_not_here_is_left_as_it_is(tmp_path):
    write_files(tmp_path, {"a.bin": DATA, "d/x": b""})
    (tmp_path / "link").symlink_to("a.bin")
    os.mkfifo(tmp_path / "pipe")
    files = [file("md5", path=path) for path in ("gone", "d", "link", "pipe")]
    files.append(Published(path="a.bin", digest="blake9:00"))
    assert compare_published(tmp_path, files) == (tuple(files), ())
    assert compare_published(tmp_path / "a.bin", files[:4]) == (tuple(files[:4]), ())


@given(data=st.lists(st.sampled_from([b"\r", b"\n", b"x"]), max_size=40).map(b"".join))
def test_line_ends_are_folded_over_the_edges_of_pieces(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "folded"
    path.write_bytes(data)
    before, published._PIECE = published._PIECE, 3
    try:
        digests, _ = file_digests(path, "md5-dos2unix")
    finally:
        published._PIECE = before
    assert digests[2].hex == md5(data.replace(b"\r\n", b"\n")).hexdigest()


@pytest.mark.parametrize("honest", [True, False])
def test_a_draft_is_held_against_its_source_when_its_bytes_come(tmp_path, honest):
    dbom, files = Dbom(Project(tmp_path)), four_files()
    root = write_files(tmp_path / "d", files)
    said = file("md5", files["go/0.png"] if honest else b"x", path="go/0.png")
    origin = Origin(uris=("https://example.org",), files=(said,))
    dbom.put(DbomEntry(name="signs", version="1", added_at=now(), origin=origin))
    result = register_dataset(root, Facts("signs", "1"), dbom)
    assert result.entry == dbom.find("signs")
    assert result.entry.status == ("draft" if honest else "quarantined")
    assert result.entry.origin.files[0].digest.startswith("sha256:" if honest else "md5:")
    assert [f.code for f in result.findings] == ([] if honest else ["BZ157"])
