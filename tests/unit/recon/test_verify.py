import os

import pytest
from dataset_layouts import four_files, png, write_files, write_npz, write_zip

from bezoar.core.outcome import Status
from bezoar.core.severity import Severity
from bezoar.datasets.manifest import build_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.recon.verify import verify


def findings(outcomes):
    return [(f.code, f.place.name) for outcome in outcomes for f in outcome.findings]


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path / "d", four_files())


@pytest.fixture
def manifest(root):
    return build_manifest(open_dataset(root))


def found(manifest, path):
    return findings(verify(manifest, open_dataset(path)))


def test_nothing_changed(manifest, root):
    outcomes = verify(manifest, open_dataset(root))
    assert findings(outcomes) == []
    passed = [outcome.rule.code for outcome in outcomes if outcome.passed]
    assert passed[:5] == ["BZ151", "BZ152", "BZ153", "BZ154", "BZ155"]


def test_bytes_behind_a_restored_time_stamp(manifest, root):
    path = root / "go/0.png"
    times, data = path.stat(), bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert found(manifest, root) == [("BZ151", "go/0.png")]


def test_missing_and_extra(manifest, root):
    (root / "go/0.png").unlink()
    write_files(root, {"stop/new.png": png(9)})
    assert found(manifest, root) == [("BZ153", "go/0.png"), ("BZ154", "stop/new.png")]


def test_renamed(manifest, root):
    (root / "go/0.png").rename(root / "go/z.png")
    (finding,) = [f for o in verify(manifest, open_dataset(root)) for f in o.findings]
    assert (finding.code, finding.place.name) == ("BZ155", "go/z.png")
    assert "go/0.png" in finding.message
    assert finding.evidence["old"]["sha256"] == finding.evidence["new"]["sha256"]


def test_moved_to_another_class(manifest, root):
    (root / "stop/0.png").rename(root / "go/z.png")
    assert found(manifest, root) == [("BZ152", "go/z.png")]


def test_two_classes_swapped(manifest, root):
    (root / "go").rename(root / "x")
    (root / "stop").rename(root / "go")
    (root / "x").rename(root / "stop")
    names = ["go/0.png", "go/1.png", "stop/0.png", "stop/1.png"]
    assert found(manifest, root) == [("BZ151", name) for name in names]


def test_label_flipped_in_a_table(tmp_path):
    files = {f"{i}.png": png(i) for i in range(3)}
    table = b"path,label\n0.png,go\n1.png,stop\n2.png,stop\n"
    root = write_files(tmp_path, files | {"labels.csv": table})
    manifest = build_manifest(open_dataset(root))
    times = (root / "labels.csv").stat()
    (root / "labels.csv").write_bytes(table.replace(b"1.png,stop", b"1.png,go\t\t"))
    os.utime(root / "labels.csv", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert found(manifest, root) == [("BZ152", "1.png")]


def test_label_flipped_in_an_archive_of_arrays(tmp_path):
    rows = [[[i]] for i in range(3)]
    path = write_npz(tmp_path / "a.npz", x=rows, y=[1, 2, 2], name=list("abc"))
    manifest = build_manifest(open_dataset(path))
    write_npz(path, x=rows, y=[1, 2, 1], name=list("abc"))
    assert found(manifest, path) == [("BZ152", "c")]


def test_sample_that_can_no_longer_be_read(tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files())
    manifest = build_manifest(open_dataset(path))
    data = bytearray(path.read_bytes())
    data[data.index(b"go/0.png") + 30] ^= 0xFF
    path.write_bytes(data)
    outcomes = verify(manifest, open_dataset(path))
    assert findings(outcomes) == [("BZ151", "go/0.png")]
    assert "cannot be read" in outcomes[0].findings[0].message


def test_file_that_vanished_between_listing_and_reading(manifest, root):
    dataset = open_dataset(root)
    (root / "go/0.png").unlink()
    assert findings(verify(manifest, dataset)) == [("BZ151", "go/0.png")]


def test_sample_replaced_by_a_link_to_its_own_bytes(manifest, root):
    (root / "go/0.png").rename(root.parent / "0.png")
    (root / "go/0.png").symlink_to(root.parent / "0.png")
    assert found(manifest, root) == [("BZ153", "go/0.png"), ("BZ211", "go/0.png")]


def test_every_difference_is_at_least_medium(manifest, root):
    (root / "go/0.png").rename(root / "go/z.png")
    (root / "go/1.png").write_bytes(b"")
    (root / "stop/0.png").unlink()
    outcomes = verify(manifest, open_dataset(root))
    assert all(f.severity >= Severity.MEDIUM for o in outcomes for f in o.findings)


def test_listing_rules_that_do_not_apply_say_so(tmp_path):
    path = write_npz(tmp_path / "a.npz", x=[[[1]]], name=["a"])
    dataset = open_dataset(path)
    status = {o.rule.code: o.status for o in verify(build_manifest(dataset), dataset)}
    assert status["BZ205"] is Status.NOT_APPLICABLE
    assert status["BZ207"] is Status.PASSED
