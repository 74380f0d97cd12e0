"""Pulling from a server of S3 that misbehaves: never a wrong byte, whatever it answers."""

import fortify_scene
import pull_scene
import pytest
from dataset_layouts import four_files, png
from pull_scene import blob_key, forget, tree
from strict_s3 import StrictS3

import bezoar
from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, HashMismatch

KEY = blob_key(Digest.of(png(0)))


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("boto3")
    with StrictS3().running() as server:
        yield server


@pytest.fixture
def scene(tmp_path, server, monkeypatch):
    server.behave()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    scene = fortify_scene.approved(tmp_path)
    # Each test has a prefix of its own: a name of the mirror holds letters, digits, . _ + -
    scene = pull_scene.published(scene, f"s3://{server.bucket}/{tmp_path.name}")
    forget(scene)
    return scene


def copy_of(scene):
    return scene.project.state / "data/signs@1"


def test_every_file_arrives(scene):
    assert tree(bezoar.pull("signs", project=scene.project)) == four_files()


@pytest.mark.parametrize("kind", ["alter", "truncate"])
def test_other_bytes_on_their_way(scene, server, kind):
    server.misbehave(kind, KEY, methods=frozenset({"GET"}))
    with pytest.raises(HashMismatch, match="approved"):
        bezoar.pull("signs", project=scene.project)
    assert not copy_of(scene).exists()


def test_another_version_of_an_object(scene, server):
    server.overwrite(f"{scene.project.root.name}/{KEY}", png(9))
    with pytest.raises(HashMismatch, match="approved"):
        bezoar.pull("signs", project=scene.project)
    assert not copy_of(scene).exists()


@pytest.mark.parametrize("kind", ["drop", "missing"])
def test_no_bytes(scene, server, kind):
    server.misbehave(kind, KEY, methods=frozenset({"GET"}))
    with pytest.raises(BezoarError):
        bezoar.pull("signs", project=scene.project)
    assert not copy_of(scene).exists()
    server.behave()
    assert tree(bezoar.pull("signs", project=scene.project)) == four_files()


def test_a_short_outage_is_waited_for(scene, server):
    server.misbehave("slowdown", KEY, methods=frozenset({"GET"}), times=1)
    assert tree(bezoar.pull("signs", project=scene.project)) == four_files()
