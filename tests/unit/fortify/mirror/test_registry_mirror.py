"""A mirror in Debian's docker-registry: what its sweep leaves, what was altered on its disk."""

import io

import pytest
from mirror_scene import made_version, silent
from put_server import Handler, ObjectServer
from registry_scene import collect_garbage, registry

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Stored
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.artefact import blob_manifests, parse_document
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.verifying import verify


def test_what_was_published_outlives_a_sweep(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.fortify.mirror.artefact.MOST_LAYERS", 4)
    version = made_version(tmp_path / "data")
    with registry(tmp_path) as host:
        mirror = open_mirror(f"oci+http://{host}/team/data", tmp_path)
        publish(mirror, version, silent)
        collect_garbage(tmp_path)
    with registry(tmp_path) as host:
        mirror = open_mirror(f"oci+http://{host}/team/data", tmp_path)
        assert all(one.passed for one in verify(mirror, version.blobs(), "x", 4, silent))
        assert mirror.find("datasets/signs/1.json") is not None
        again = publish(mirror, version, silent)
        assert again.new_objects == 0


def test_what_nobody_keeps_is_swept(tmp_path):
    blob = made_version(tmp_path / "data").blobs()[0]
    key = blob_key(blob.digest)
    with registry(tmp_path) as host:
        mirror = open_mirror(f"oci+http://{host}/team/data", tmp_path)
        mirror.put(key, blob.open(), blob.size, blob.digest)
        assert mirror.find(key) is not None
        collect_garbage(tmp_path)
    with registry(tmp_path) as host:
        assert open_mirror(f"oci+http://{host}/team/data", tmp_path).find(key) is None


def test_bytes_altered_on_the_registry_s_disk_are_seen(tmp_path):
    version = made_version(tmp_path / "data")
    with registry(tmp_path) as host:
        mirror = open_mirror(f"oci+http://{host}/team/data", tmp_path)
        publish(mirror, version, silent)
        hexes = Digest.of(b"a red octagon" * 100).hex
        blobs = tmp_path / "registry/docker/registry/v2/blobs/sha256"
        file = blobs / hexes[:2] / hexes / "data"
        file.write_bytes(b"A red octagon" + b"a red octagon" * 99)
        found = verify(mirror, version.blobs(), "x", 4, silent)
    assert [one.code for outcome in found for one in outcome.findings] == ["BZ354"]


def test_a_tag_that_somebody_else_uses_is_an_error(tmp_path):
    with registry(tmp_path) as host:
        mirror = open_mirror(f"oci+http://{host}/team/data", tmp_path)
        publish(mirror, made_version(tmp_path / "data"), silent)
        tag = next(
            one
            for one in mirror._session.ask("GET", "tags/list").body.decode().split('"')
            if one.startswith("signs-1.") and one.endswith(".all")
        )
        with pytest.raises(BezoarError, match="no manifest of a document"):
            mirror._document("datasets/signs/1.json", tag)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"layers": []}',
        b"[" * 99_999,
        b'{"layers": [{"digest": 1, "size": 2}], "annotations": {"io.bezoar.key": "x"}}',
    ],
)
def test_a_manifest_from_anybody_is_read_with_care(data):
    with pytest.raises(ValueError, match="no manifest of a document"):
        parse_document(data)


def test_many_blobs_go_into_several_manifests():
    blobs = [Stored(blob_key(Digest.of(str(n).encode())), n) for n in range(2_500)]
    manifests = blob_manifests(blobs)
    assert [one.count(b"octet-stream") - 1 for one in manifests] == [1000, 1000, 500]
    assert blob_manifests(reversed(blobs)) == manifests


class Forgetful(Handler):
    """A registry that loses uploads: `lost` of them before they are stored, or just the answers."""

    def answer(self, body):
        server, blob = self.server, self.key.rpartition("/")[2]
        if self.command == "POST":
            self.reply(202, headers={"Location": "/v2/x/blobs/uploads/1"})
        elif self.command == "PUT" and server.lost:
            server.lost -= 1
            if server.keeps:
                server.objects[self.query["digest"][0]] = [body]
            self.reply(404)
        elif self.command == "PUT":
            server.objects[self.query["digest"][0]] = [body]
            self.reply(201)
        elif blob in server.objects:
            self.reply(200, server.objects[blob][0])
        else:
            self.reply(404)


@pytest.mark.parametrize("keeps", [True, False])
def test_an_upload_that_is_lost_is_made_once_more(tmp_path, keeps):
    digest = Digest.of(b"x")
    with ObjectServer(Forgetful).running() as server:
        server.lost, server.keeps = 1, keeps
        mirror = open_mirror(f"oci+http://{server.url[7:]}/x", tmp_path)
        mirror.put(blob_key(digest), io.BytesIO(b"x"), 1, digest)
        assert server.objects[str(digest)] == [b"x"]
        assert sum(one.startswith("POST") for one in server.requests) == (1 if keeps else 2)


def test_a_registry_that_loses_everything_is_given_up(tmp_path):
    digest = Digest.of(b"x")
    with ObjectServer(Forgetful).running() as server:
        server.lost, server.keeps = 99, False
        mirror = open_mirror(f"oci+http://{server.url[7:]}/x", tmp_path)
        with pytest.raises(BezoarError, match="404"):
            mirror.put(blob_key(digest), io.BytesIO(b"x"), 1, digest)
        assert len(server.requests) < 10
