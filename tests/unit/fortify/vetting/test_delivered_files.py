"""The files manifest: every file that is delivered, and none that changed meanwhile."""

import os

import pytest

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.manifest import Entry, Manifest
from bezoar.datasets.files import open_files
from bezoar.datasets.manifest import build_manifest
from bezoar.fortify.vetting.files import take_stock
from bezoar.fortify.vetting.label_conflict import label_conflicts


@pytest.fixture
def folder(tmp_path):
    for name in ("b/2.txt", "a.txt", "b/.hidden", "ä.txt"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "data"


def test_every_file_stands_in_it(folder):
    stock = take_stock(folder)
    assert stock.names == ("a.txt", "b/.hidden", "b/2.txt", "ä.txt")
    assert stock.manifest == build_manifest(open_files(folder))
    assert stock.since() == []


def test_one_file_is_one_entry(folder):
    stock = take_stock(folder / "a.txt")
    assert [entry.path for entry in stock.manifest.entries] == ["a.txt"]
    assert stock.since() == []
    (folder / "other.txt").write_text("beside it")
    assert stock.since() == []


def test_what_is_written_to_comes_or_goes_is_told(folder):
    stock = take_stock(folder)
    path = folder / "a.txt"
    times = path.stat()
    path.write_text("A.txt")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    (folder / "b/2.txt").unlink()
    (folder / "new").write_text("")
    assert [finding.place.name for finding in stock.since()] == ["a.txt", "b/2.txt", "new"]


def test_a_sample_that_is_not_its_file_is_told(folder):
    stock = take_stock(folder)
    entries = list(stock.manifest.entries)
    labelled = [entry._replace(label="x") for entry in entries]
    assert stock.unlike(Manifest.of(labelled)) == []
    other = Manifest.of([*labelled[1:], entries[0]._replace(sha256=bytes(32))])
    strange = Manifest.of([Entry("none", 1, bytes(32), None)])
    assert [finding.place.name for finding in stock.unlike(other)] == ["a.txt"]
    assert [finding.place.name for finding in stock.unlike(strange)] == ["none"]


def test_links_are_told_and_not_followed(folder):
    (folder / "link").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe")
    stock = take_stock(folder)
    assert "link" not in stock.names
    assert {problem.code for problem in stock.problems} == {"BZ211"}
    assert len(stock.problems) == 2


def test_nothing_is_nothing(tmp_path):
    with pytest.raises(NothingToInspectError):
        take_stock(tmp_path)
    with pytest.raises(UsageError):
        take_stock(tmp_path / "none")


def test_what_cannot_be_read_is_an_error(folder):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "a.txt").chmod(0)
    with pytest.raises(BezoarError, match=r"a\.txt"):
        take_stock(folder)


def test_the_same_bytes_under_two_labels_are_told():
    one, other = bytes(32), bytes([1]) * 32
    entries = [
        Entry("a", 1, one, "stop"),
        Entry("b", 1, one, "yield"),
        Entry("c", 1, other, "stop"),
        Entry("d", 1, other, "stop"),
        Entry("e", 0, bytes([2]) * 32, "stop"),
        Entry("f", 0, bytes([2]) * 32, "yield"),
        Entry("g", 1, one, None),
    ]
    (finding,) = label_conflicts(Manifest.of(entries))
    assert finding.place.name == "a"
    assert finding.evidence["labels"] == ["stop", "yield"]
    assert label_conflicts(Manifest.of(entries[2:])) == []
