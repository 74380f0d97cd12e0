"""Files that are no images: each is one sample, pinned as it is."""

import os

import pytest
from dataset_layouts import write_files

from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.files import open_files, open_registered
from bezoar.datasets.manifest import build_manifest
from bezoar.project import Project
from bezoar.recon.registered import verify_entry
from bezoar.recon.registering import Facts, register_dataset

FILES = {"model.safetensors": b"weights", "data/a.csv": b"x,y\n1,2\n", "data/b.png": b"no image"}
FACTS = Facts("table", "1", ("https://example.org/table",))


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path / "d", FILES)


def test_each_file_of_a_folder_is_a_sample(root):
    dataset = open_files(root)
    assert {sample.id: sample.fetch() for sample in dataset} == FILES
    assert set(dataset.labels) == {None}
    assert dataset.problems == ()


def test_a_file_alone(root):
    (sample,) = open_files(root / "data" / "a.csv")
    assert (sample.id, sample.fetch()) == ("a.csv", b"x,y\n1,2\n")


def test_nothing_there(tmp_path):
    with pytest.raises(UsageError):
        open_files(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToInspectError):
        open_files(tmp_path / "empty")


def test_links_are_not_read(root):
    (root / "link").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe")
    dataset = open_files(root)
    assert list(dataset.ids) == sorted(FILES)
    assert [finding.code for finding in dataset.problems] == ["BZ211", "BZ211"]


def test_one_byte_more_is_another_root(root):
    before = build_manifest(open_files(root)).root
    (root / "data" / "a.csv").write_bytes(b"x,y\n1,3\n")
    assert build_manifest(open_files(root)).root != before


@pytest.mark.parametrize("where", [".", "data/a.csv"])
def test_registered_and_verified_as_they_are(tmp_path, root, where):
    dbom = Dbom(Project(tmp_path))
    register_dataset(root / where, FACTS, dbom, files=True)
    entry = dbom.find("table")
    assert (entry.status, entry.registered.layout) == ("draft", "files")

    def holds():
        dataset = open_registered(entry.registered, root / where)
        return verify_entry(entry, dbom.manifests, dataset).intact

    assert holds()
    (root / "data" / "a.csv").write_bytes(b"x,y\n1,3\n")
    assert not holds()
