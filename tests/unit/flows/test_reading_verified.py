"""Reading file by file: fsspec, torch and `datasets`, each file verified when it is read."""

import hashlib
import pickle
import tomllib
from importlib import import_module
from pathlib import Path

import fsspec
import numpy as np
import pytest
from dataset_layouts import four_files, picture, png
from pull_scene import blob, forget, mirrored, overwrite

import bezoar
from bezoar.core.errors import BezoarError, HashMismatch, UsageError
from bezoar.flows.filesystem import BezoarFileSystem
from bezoar.flows.reading import hugging_face, open_version, torch_dataset
from bezoar.fortify.pull import content, reading
from bezoar.fortify.pull.cache import Cache
from bezoar.fortify.signing import NotApprovedError
from bezoar.fortify.signing.places import sign_off_path
from bezoar.ledger import open_ledger


@pytest.fixture
def scene(tmp_path, monkeypatch):
    fsspec.register_implementation("bezoar", BezoarFileSystem, clobber=True)
    scene = mirrored(tmp_path / "project")
    forget(scene)
    monkeypatch.chdir(scene.project.root)
    yield scene
    BezoarFileSystem.clear_instance_cache()


@pytest.fixture(params=["the mirror", "a copy"])
def opened(scene, request):
    assert scene.project.root == Path.cwd()
    if request.param == "a copy":
        bezoar.pull("signs")
    return open_version("signs")


def spoil(scene, opened, data):
    """Change go/0.png where it is read from."""
    folder = opened.files.folder
    overwrite(folder / "go/0.png" if folder else blob(scene, png(0)), data)


@pytest.mark.parametrize("small", [content.SMALL, -1])
def test_each_file_is_what_was_approved(opened, small, monkeypatch):
    monkeypatch.setattr(reading, "SMALL", small)
    assert {path: opened.files.read(path) for path in opened.files.entries} == four_files()


@pytest.mark.parametrize("small", [content.SMALL, -1])
@pytest.mark.parametrize("found", [png(9), png(0)[:-1], png(0) + b"x"])
def test_a_file_that_is_not_is_an_error_and_an_event(scene, opened, small, found, monkeypatch):
    monkeypatch.setattr(reading, "SMALL", small)
    spoil(scene, opened, found)
    assert opened.files.read("go/1.png") == png(1)
    with pytest.raises(HashMismatch):
        opened.files.read("go/0.png")
    with open_ledger(scene.project) as ledger:
        last = list(ledger.events())[-1]
    assert (last.kind, last.detail["dataset"]) == ("dataset.refused", "signs@1")


def test_a_link_in_a_copy_is_not_followed(scene):
    copy = bezoar.pull("signs")
    opened = open_version("signs")
    (copy / "go/0.png").rename(scene.project.root / "kept.png")
    (copy / "go/0.png").symlink_to(scene.project.root / "kept.png")
    with pytest.raises(HashMismatch, match="cannot be read"):
        opened.files.read("go/0.png")


def test_a_copy_with_other_names_is_not_opened(scene):
    copy = bezoar.pull("signs")
    (copy / "a").mkdir()
    with pytest.raises(HashMismatch, match="nobody approved this folder"):
        open_version("signs")
    del scene


def test_what_nobody_signed_is_not_opened(scene):
    sign_off_path(scene.project.dbom, "signs@1").unlink()
    with pytest.raises(NotApprovedError):
        open_version("signs")


def test_no_such_file(opened):
    with pytest.raises(UsageError, match="has no file 'go/x'"):
        opened.files.read("go/x")


def test_it_travels_to_other_processes(opened):
    opened.files.read("go/0.png")
    again = pickle.loads(pickle.dumps(opened.files))  # noqa: S301 - made here
    assert again.read("go/1.png") == png(1)


class TestFileSystem:
    """`bezoar://name/path`."""

    def test_opens_lists_and_walks(self, scene):
        with fsspec.open("bezoar://signs@1/go/0.png") as file:
            assert file.read() == png(0)
        system = fsspec.filesystem("bezoar")
        assert system.ls("", detail=False) == ["signs@1"]
        assert system.ls("signs", detail=False) == ["signs/go", "signs/stop"]
        assert system.ls("signs/go", detail=False) == ["signs/go/0.png", "signs/go/1.png"]
        assert system.info("signs/go")["type"] == "directory"
        assert system.info("signs/go/0.png")["size"] == len(png(0))
        assert sorted(system.glob("bezoar://signs/*/1.png")) == [
            "signs/go/1.png",
            "signs/stop/1.png",
        ]
        assert system.cat("signs/stop/1.png") == png(3)
        del scene

    def test_refuses_other_bytes(self, scene):
        overwrite(blob(scene, png(0)), png(9))
        with pytest.raises(HashMismatch), fsspec.open("bezoar://signs/go/0.png"):
            pass

    @pytest.mark.usefixtures("scene")
    def test_is_not_for_writing(self):
        with pytest.raises(PermissionError), fsspec.open("bezoar://signs/go/0.png", "wb"):
            pass

    @pytest.mark.usefixtures("scene")
    @pytest.mark.parametrize("path", ["signs/no", "signs/go/0.pn", "signs/go/../../x"])
    def test_no_such_file(self, path):
        with pytest.raises(FileNotFoundError):
            fsspec.filesystem("bezoar").info(path)
        with pytest.raises(FileNotFoundError):
            fsspec.filesystem("bezoar").open(path)

    @pytest.mark.usefixtures("scene")
    def test_no_such_dataset(self):
        with pytest.raises(BezoarError):
            fsspec.filesystem("bezoar").ls("faces")

    def test_is_found_by_name_where_bezoar_is_installed(self):
        project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
        name = project["project"]["entry-points"]["fsspec.specs"]["bezoar"]
        module, _, attribute = name.partition(":")
        assert getattr(import_module(module), attribute) is BezoarFileSystem


class TestTorch:
    """A torch `Dataset`."""

    @pytest.fixture(autouse=True)
    def _torch(self):
        self.data = pytest.importorskip("torch.utils.data")

    def test_gives_images_and_classes(self, scene):
        dataset = torch_dataset("signs")
        assert dataset.classes == ["go", "stop"]
        image, label = dataset[3]
        assert (tuple(image.shape), label) == ((3, 8, 8), 1)
        assert np.array_equal(image.permute(1, 2, 0).numpy(), picture(3))
        del scene

    @pytest.mark.usefixtures("scene")
    def test_with_a_transform(self):
        assert torch_dataset("signs", transform=lambda pixels: int(pixels.sum()))[0][0] > 0

    @pytest.mark.parametrize("pulled", [True, False])
    def test_in_the_workers_of_a_loader(self, scene, pulled):
        if pulled:
            bezoar.pull("signs")
        dataset = torch_dataset("signs")
        loader = self.data.DataLoader(dataset, batch_size=2, num_workers=2)
        assert [labels.tolist() for _, labels in loader] == [[0, 0], [1, 1]]
        cached = Path(Cache().path(hashlib.sha256(png(0)).digest()))
        overwrite(scene.project.state / "data/signs@1/go/0.png" if pulled else cached, png(9))
        loader = self.data.DataLoader(dataset, batch_size=2, num_workers=2)
        with pytest.raises(Exception, match="approved"):
            list(loader)


class TestHuggingFace:
    """A set of the `datasets` library."""

    @pytest.fixture(autouse=True)
    def _datasets(self):
        pytest.importorskip("datasets")

    def test_gives_images_and_classes(self, scene):
        dataset = hugging_face("signs")
        row = dataset[3]
        assert (row["path"], row["label"]) == ("stop/1.png", 1)
        assert np.array_equal(np.asarray(row["image"]), picture(3))
        assert dataset.features["label"].names == ["go", "stop"]
        del scene

    def test_reads_and_verifies_only_what_is_looked_at(self, scene):
        overwrite(blob(scene, png(0)), png(9))
        dataset = hugging_face("signs")
        assert dataset[1]["label"] == 0
        with pytest.raises(HashMismatch):
            dataset[0]
