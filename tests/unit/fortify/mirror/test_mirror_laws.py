"""What every mirror must obey, whatever it is kept in."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
from mirror_scene import FILES, made_version, silent
from put_server import CloudStorageHandler, ObjectServer, PutHandler
from registry_scene import registry
from strict_s3 import StrictS3

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.keys import blob_key, index_key, revocation_key
from bezoar.fortify.mirror.publishing import read_object, settle
from bezoar.fortify.mirror.store import WrongBytesError
from bezoar.fortify.mirror.verifying import verify

KEY = index_key("signs", "1+a")
LISTING = {"folder", "s3", "gcs", "oci"}
VERSIONED = {"s3", "gcs", "oci"}


@pytest.fixture(scope="module")
def one_registry(tmp_path_factory):
    with registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture(params=["folder", "s3", "web", "gcs", "oci"])
def mirror(request, tmp_path, monkeypatch):
    match request.param:
        case "folder":
            yield open_mirror("mirror", tmp_path)
        case "s3":
            if not find_spec("boto3"):
                pytest.skip("boto3 is not installed")
            monkeypatch.setattr("bezoar.adapters.s3.PART", 1 << 20)
            with StrictS3().running() as server:
                for name, value in server.environment.items():
                    monkeypatch.setenv(name, value)
                yield open_mirror("s3://data/m", tmp_path)
        case "web":
            with ObjectServer(PutHandler).running() as server:
                yield open_mirror(f"{server.url}/our/mirror", tmp_path)
        case "gcs":
            with ObjectServer(CloudStorageHandler).running() as server:
                monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
                yield open_mirror("gs://data/m", tmp_path)
        case "oci":
            monkeypatch.setattr("bezoar.fortify.mirror.oci.CHUNK", 1 << 20)
            host = request.getfixturevalue("one_registry")
            name = f"{tmp_path.name}-{os.getpid()}".lower().replace("_", "-")
            yield open_mirror(f"oci+http://{host}/team/{name}", tmp_path)


@pytest.fixture
def kind(request):
    return request.node.callspec.params["mirror"]


def put(mirror, key, data, digest=None):
    return mirror.put(key, io.BytesIO(data), len(data), digest or Digest.of(data))


def read(mirror, key, version=""):
    return b"".join(mirror.get(key, version))


@pytest.mark.parametrize("size", [0, 1, 70_000, (3 << 20) + 5])
def test_content_that_is_put_is_found_and_read(mirror, size):
    data = os.urandom(size)
    key = blob_key(Digest.of(data))
    assert mirror.find(key) is None
    assert put(mirror, key, data).size == size
    assert mirror.find(key).size == size
    assert read(mirror, key) == data
    assert put(mirror, key, data) == mirror.find(key)


def test_a_document_that_is_put_is_found_and_read(mirror, kind):
    assert mirror.find(KEY) is None
    stored = put(mirror, KEY, b"{}  ")
    assert mirror.find(KEY) == stored
    assert bool(stored.version) is (kind in VERSIONED)
    assert read(mirror, KEY) == b"{}  "
    assert read(mirror, KEY, stored.version) == b"{}  "


def test_a_document_stays_until_it_is_replaced(mirror, kind):
    first = put(mirror, KEY, b"first")
    assert put(mirror, KEY, b"second") == first
    assert read(mirror, KEY) == b"first"
    mirror.replace(KEY, io.BytesIO(b"third"), 5, Digest.of(b"third"))
    assert read(mirror, KEY) == b"third"
    if kind in VERSIONED:
        assert read(mirror, KEY, first.version) == b"first"


def test_names_that_look_alike_are_two(mirror):
    keys = [index_key("a-b", "c"), index_key("a", "b-c"), index_key("a", "b+c")]
    for key in keys:
        put(mirror, key, key.encode())
    for key in keys:
        assert read(mirror, key) == key.encode()


@pytest.mark.parametrize("size", [5, (3 << 20) + 5], ids=["small", "large"])
@pytest.mark.parametrize("fault", ["changed", "shorter", "longer"])
def test_other_bytes_than_announced_leave_nothing(mirror, size, fault):
    announced = Digest.of(b"x" * size)
    data = {"changed": b"x" * (size - 1) + b"y", "shorter": b"x" * (size - 1)}
    key = blob_key(announced)
    with pytest.raises(WrongBytesError):
        mirror.put(key, io.BytesIO(data.get(fault, b"x" * (size + 1))), size, announced)
    assert mirror.find(key) is None
    put(mirror, key, b"x" * size)
    assert mirror.find(key).size == size


def test_what_is_not_there_is_an_error_to_read(mirror):
    for key in (KEY, blob_key(Digest.of(b"nobody"))):
        with pytest.raises(BezoarError) as caught:
            read(mirror, key)
        assert caught.value.next


def test_documents_are_listed(mirror, kind):
    revoked = revocation_key(Digest.of(b"root"))
    for key in (KEY, index_key("other", "1"), index_key("third", "1"), revoked):
        put(mirror, key, b"{}")
    found = set(mirror.keys("revoked/"))
    assert found == ({revoked} if kind in LISTING else set())
    if kind in LISTING:
        assert set(mirror.keys("datasets/signs/")) == {KEY}
        assert len(set(mirror.keys("datasets/"))) == 3


@pytest.mark.parametrize("key", ["../x", "a/../b", "/x", "a//b", ".x/y", "", "a/\0", "a/b?c", "ä"])
def test_no_name_leads_elsewhere(mirror, key):
    for ask in (mirror.find, lambda key: put(mirror, key, b"x"), lambda key: read(mirror, key)):
        with pytest.raises(ValueError, match="not the name of an object"):
            ask(key)


def test_a_version_is_there_once_however_often_it_is_published(mirror, tmp_path):
    version = made_version(tmp_path / "data")
    first = publish(mirror, version, silent)
    again = publish(mirror, version, silent)
    assert (first.new_objects, first.present) == (9, 0)
    assert (again.new_objects, again.present) == (0, 9)
    assert again.receipt.same_as(first.receipt)
    assert all(outcome.passed for outcome in verify(mirror, version.blobs(), "x", 4, silent))
    for data in FILES.values():
        assert read(mirror, blob_key(Digest.of(data))) == data


def test_two_versions_share_what_they_have_in_common(mirror, tmp_path):
    publish(mirror, made_version(tmp_path / "one"), silent)
    files = FILES | {"stop/3.png": b"a third"}
    second = publish(mirror, made_version(tmp_path / "two", files, version="2"), silent)
    assert (second.new_objects, second.present) == (6, 4)


def test_a_document_is_settled_once(mirror):
    first = settle(mirror, KEY, b"one")
    assert settle(mirror, KEY, b"one") == first
    settle(mirror, KEY, b"two")
    assert read_object(mirror, KEY, 10) == b"two"
    assert read_object(mirror, KEY, 1) == b"tw"


def test_reading_may_end_early(mirror):
    data = os.urandom(3 << 20)
    key = blob_key(Digest.of(data))
    put(mirror, key, data)
    pieces = mirror.get(key)
    assert data.startswith(next(pieces))
    pieces.close()
    assert read(mirror, key) == data


def test_how_it_is_set_up_is_no_worry(mirror):
    assert not [one for outcome in mirror.outcomes() for one in outcome.findings]


def test_two_who_publish_at_once_do_not_disturb_each_other(mirror, tmp_path):
    version = made_version(tmp_path / "data")
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(publish, mirror, version, silent) for _ in range(2)]
        one, other = (future.result().receipt for future in both)
    assert one.same_as(other)
    assert all(outcome.passed for outcome in verify(mirror, version.blobs(), "x", 4, silent))
