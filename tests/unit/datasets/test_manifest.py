import json
import os

import pyarrow.parquet as pq
import pytest
from dataset_layouts import four_files, png, write_files, write_npz, write_tar, write_zip

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.manifest_diff import ManifestDiff, diff
from bezoar.datasets.manifest import (
    DamagedManifestError,
    build_manifest,
    manifest_path,
    read_manifest,
    write_manifest,
)
from bezoar.datasets.opening import open_dataset


def manifest_of(path):
    return build_manifest(open_dataset(path))


def entry(name, data, label):
    return Entry(name, len(data), Digest.of(data).value, label)


def test_manifest_of_class_folders(tmp_path):
    manifest = manifest_of(write_files(tmp_path, four_files()))
    wanted = [entry(name, data, name.split("/")[0]) for name, data in four_files().items()]
    assert manifest.entries == tuple(wanted)


def test_layouts_with_the_same_files_have_one_root(tmp_path):
    files = four_files()
    paths = [
        write_files(tmp_path / "d", files),
        write_zip(tmp_path / "a.zip", files),
        write_tar(tmp_path / "a.tar.gz", files),
    ]
    assert len({manifest_of(path).root for path in paths}) == 1


def test_progress(tmp_path):
    seen = []
    dataset = open_dataset(write_npz(tmp_path / "a.npz", x=[[[1]], [[2]], [[3]]]))
    build_manifest(dataset, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 3)]


def test_a_sample_that_cannot_be_read_is_never_left_out(tmp_path):
    dataset = open_dataset(write_files(tmp_path, four_files()))
    (tmp_path / "go/0.png").unlink()
    with pytest.raises(BezoarError, match=r"1 of 4 .*go/0\.png: No such file"):
        build_manifest(dataset)


def test_bytes_behind_a_restored_time_stamp(tmp_path):
    root = write_files(tmp_path, four_files())
    before, path = manifest_of(root), root / "go/0.png"
    times, data = path.stat(), bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_mtime_ns == times.st_mtime_ns
    assert [old.path for old, _ in diff(before, manifest_of(root)).changed] == ["go/0.png"]


def test_flipped_label_in_a_table(tmp_path):
    files = {"0.png": png(0), "1.png": png(1)}
    write_files(tmp_path, files | {"labels.csv": b"path,label\n0.png,go\n1.png,stop\n"})
    before = manifest_of(tmp_path)
    write_files(tmp_path, {"labels.csv": b"path,label\n0.png,go\n1.png,go\n"})
    found = diff(before, manifest_of(tmp_path))
    assert [(old.label, new.label) for old, new in found.relabelled] == [("stop", "go")]
    assert not found.changed


def test_file_moved_to_another_class_is_relabelled(tmp_path):
    root = write_files(tmp_path, four_files())
    before = manifest_of(root)
    (root / "stop/0.png").rename(root / "go/2.png")
    (root / "stop/1.png").rename(root / "stop/9.png")
    found = diff(before, manifest_of(root))
    pairs = [(old.path, new.path) for old, new in found.relabelled]
    assert pairs == [("stop/0.png", "go/2.png")]
    assert [(old.path, new.path) for old, new in found.renamed] == [("stop/1.png", "stop/9.png")]
    assert not found.added
    assert not found.removed


def test_bytes_and_label_changed_at_once():
    old, new = entry("a", b"1", "go"), entry("a", b"2", "stop")
    found = diff(Manifest.of([old]), Manifest.of([new]))
    assert found == ManifestDiff(changed=((old, new),), relabelled=((old, new),))


MANIFEST = Manifest.of([entry("a", b"1", "go"), entry("b", b"", None)])


def test_stored_manifest_is_named_by_its_digest(tmp_path):
    digest = write_manifest(MANIFEST, tmp_path / "deep" / "manifests")
    path = tmp_path / "deep" / "manifests" / f"{digest.hex}.parquet"
    assert Digest.of(path.read_bytes()) == digest
    assert pq.read_table(path).column_names == ["path", "size", "sha256", "label"]


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("damage", ["absent", "cut", "text", "flipped", "empty"])
def test_damaged_manifest(tmp_path, damage, pinned):
    digest = write_manifest(MANIFEST, tmp_path)
    path = manifest_path(tmp_path, digest)
    data = path.read_bytes()
    path.unlink()
    if damage != "absent":
        flipped = data.replace(Digest.of(b"1").value, Digest.of(b"3").value)
        assert flipped != data
        other = {"cut": data[:-9], "text": b"hello", "flipped": flipped, "empty": b""}
        path.write_bytes(other[damage])
    with pytest.raises(DamagedManifestError):
        read_manifest(path, digest if pinned else None)


def test_other_root_than_the_dbom_says(tmp_path):
    digest = write_manifest(MANIFEST, tmp_path)
    with pytest.raises(DamagedManifestError, match="root"):
        read_manifest(manifest_path(tmp_path, digest), digest, root=Manifest(()).root)


def test_manifest_of_another_version(tmp_path):
    table = pq.read_table(manifest_path(tmp_path, write_manifest(MANIFEST, tmp_path)))
    about = json.dumps({"schema_version": 99, "root": str(MANIFEST.root)})
    pq.write_table(table.replace_schema_metadata({"bezoar": about}), tmp_path / "b.parquet")
    with pytest.raises(DamagedManifestError, match="another version"):
        read_manifest(tmp_path / "b.parquet", None)


@pytest.mark.parametrize("metadata", [None, {"bezoar": "{"}, {"bezoar": "[]"}, {"bezoar": "{}"}])
def test_parquet_that_is_no_manifest(tmp_path, metadata):
    table = pq.read_table(manifest_path(tmp_path, write_manifest(MANIFEST, tmp_path)))
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "b.parquet")
    with pytest.raises(DamagedManifestError, match="cannot be read"):
        read_manifest(tmp_path / "b.parquet", None)


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BezoarError, match="cannot write"):
        write_manifest(MANIFEST, tmp_path / "file" / "manifests")


def test_nothing_is_left_of_a_failed_write(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BezoarError, match="No space left"):
        write_manifest(MANIFEST, tmp_path)
    assert list(tmp_path.iterdir()) == []
