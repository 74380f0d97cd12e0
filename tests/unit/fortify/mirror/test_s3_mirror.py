"""A mirror in S3: against a strict server that misbehaves when told to, and against moto's."""

import io
import os
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from urllib.request import urlopen

import pytest
from mirror_scene import made_version, silent
from strict_s3 import StrictS3

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.outcome import Status
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.publishing import settle
from bezoar.fortify.mirror.store import WrongBytesError
from bezoar.project.settings import MirrorSettings

pytestmark = pytest.mark.skipif(not find_spec("boto3"), reason="boto3 is not installed")

KEY = "datasets/signs/1.json"


def put(mirror, key, data, digest=None):
    return mirror.put(key, io.BytesIO(data), len(data), digest or Digest.of(data))


def use(server, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def server(monkeypatch):
    with StrictS3().running() as running:
        use(running, monkeypatch)
        yield running


@pytest.fixture
def mirror(server, tmp_path):
    return open_mirror(f"s3://{server.bucket}/our/mirror", tmp_path)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("bezoar.adapters.s3.PART", 1 << 16)


@pytest.fixture
def impatient(monkeypatch):
    """Wait less between attempts."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", _no_delay)


def _no_delay(*_):
    return 0.01


def test_what_is_put_is_found_and_read(mirror, server):
    assert mirror.find(KEY) is None
    stored = put(mirror, KEY, b"x" * 100)
    assert (stored.key, stored.size, stored.version) == (KEY, 100, "v000001")
    assert mirror.find(KEY) == stored
    assert list(server.objects) == [f"our/mirror/{KEY}"]
    assert b"".join(mirror.get(KEY)) == b"x" * 100
    assert list(mirror.keys("datasets/")) == [KEY]
    assert list(mirror.keys("blobs/")) == []
    assert mirror.uri == "s3://data/our/mirror"


def test_a_version_is_read_as_it_was(mirror):
    first = put(mirror, KEY, b"first")
    second = mirror.replace(KEY, io.BytesIO(b"second"), 6, Digest.of(b"second"))
    assert b"".join(mirror.get(KEY)) == b"second"
    assert b"".join(mirror.get(KEY, first.version)) == b"first"
    assert first.version != second.version


def test_what_is_there_already_stays(mirror, server):
    first = put(mirror, KEY, b"first")
    assert put(mirror, KEY, b"second") == first
    assert server.data(f"our/mirror/{KEY}") == b"first"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [5, (1 << 16) * 3 + 1], ids=["one request", "parts"])
def test_a_server_that_knows_no_conditions_is_asked_without(mirror, server, size):
    server.conditions = False
    assert put(mirror, KEY, b"x" * size).size == size
    assert not server.uploads


@pytest.mark.usefixtures("small_parts", "impatient")
def test_parts_that_are_refused_end_the_upload_early(mirror, server):
    server.misbehave("error", methods=frozenset({"PUT"}))
    with pytest.raises(BezoarError, match="InternalError"):
        put(mirror, KEY, b"x" * (1 << 16) * 100)
    assert not server.objects
    assert not server.uploads
    assert len(server.requests) < 300  # of 100 parts, six times each


def test_a_list_has_many_pages(mirror, server):
    for number in range(2_300):
        server.overwrite(f"our/mirror/datasets/n/{number}.json", b"")
    assert len(set(mirror.keys("datasets/n/"))) == 2_300


@pytest.mark.usefixtures("small_parts")
def test_a_large_object_goes_in_parts(mirror, server):
    data = os.urandom((1 << 20) + 17)
    stored = put(mirror, KEY, data)
    assert b"".join(mirror.get(KEY)) == data
    assert mirror.find(KEY) == stored
    assert server.objects[f"our/mirror/{KEY}"][0].checksum.endswith("-17")
    assert put(mirror, KEY, data) == stored
    assert not server.uploads


@pytest.mark.parametrize("size", [5, (1 << 16) * 3 + 1], ids=["one request", "parts"])
@pytest.mark.parametrize("fault", ["changed", "shorter", "longer"])
@pytest.mark.usefixtures("small_parts")
def test_other_bytes_than_announced_leave_nothing(mirror, server, size, fault):
    data = {"changed": b"x" * (size - 1) + b"y", "shorter": b"x" * (size - 1)}
    announced = Digest.of(b"x" * size)
    with pytest.raises(WrongBytesError):
        mirror.put(KEY, io.BytesIO(data.get(fault, b"x" * (size + 1))), size, announced)
    assert not server.objects
    assert not server.uploads


def test_an_empty_object_is_an_object(mirror):
    assert put(mirror, KEY, b"").size == 0
    assert b"".join(mirror.get(KEY)) == b""


@pytest.mark.usefixtures("server")
def test_the_server_itself_refuses_a_wrong_sum(mirror):
    name = f"our/mirror/{KEY}"
    with pytest.raises(BezoarError, match="BadDigest"):
        mirror._bucket.put(name, io.BytesIO(b"x"), 1, Digest.of(b"y").value)


@pytest.mark.parametrize("kind", ["error", "slowdown", "close"])
@pytest.mark.usefixtures("impatient")
def test_what_goes_wrong_twice_is_tried_again(mirror, server, kind):
    server.misbehave(kind, times=2)
    assert put(mirror, KEY, b"x").size == 1
    assert mirror.find(KEY).size == 1


@pytest.mark.usefixtures("impatient")
def test_what_always_goes_wrong_is_given_up(mirror, server):
    server.misbehave("slowdown")
    with pytest.raises(BezoarError, match="SlowDown"):
        put(mirror, KEY, b"x")
    assert 1 < len(server.requests) < 10


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_was_lost_is_no_second_object(mirror, server):
    server.misbehave("drop", methods=frozenset({"PUT"}), times=1)
    put(mirror, KEY, b"x")
    assert len(server.objects[f"our/mirror/{KEY}"]) == 1


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_stops_half_way_is_an_error(mirror, server):
    put(mirror, KEY, b"x" * 100_000)
    server.misbehave("drop", methods=frozenset({"GET"}))
    with pytest.raises(BezoarError, match="cannot read"):
        list(mirror.get(KEY))


@pytest.mark.usefixtures("server")
def test_a_mirror_that_is_not_there_says_how_it_is_made(tmp_path):
    mirror = open_mirror("s3://other", tmp_path)
    with pytest.raises(BezoarError, match="there is no bucket other") as caught:
        put(mirror, KEY, b"x")
    assert caught.value.next.startswith("aws s3api create-bucket --bucket other")


def test_wrong_credentials_say_so(mirror, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(BezoarError, match="refuses these credentials") as caught:
        put(mirror, KEY, b"x")
    assert caught.value.next == "aws sts get-caller-identity"


def test_no_credentials_say_so(mirror, monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(BezoarError, match="no credentials") as caught:
        put(mirror, KEY, b"x")
    assert caught.value.next == "aws configure"


@pytest.mark.usefixtures("impatient", "server")
def test_a_server_that_is_not_there_says_so(mirror, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(BezoarError, match="cannot look at") as caught:
            mirror.find(KEY)
    assert caught.value.next == "aws s3api head-bucket --bucket data"


def test_a_bucket_without_versions_is_a_finding(monkeypatch, tmp_path):
    with StrictS3(versioned=False).running() as server:
        use(server, monkeypatch)
        versions, lock = open_mirror("s3://data", tmp_path).outcomes()
    assert [finding.code for finding in versions.findings] == ["BZ351"]
    assert "put-bucket-versioning" in versions.findings[0].next
    assert lock.status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("locking", [True, False])
def test_a_lock_is_set_where_it_is_asked_for(monkeypatch, tmp_path, locking):
    settings = MirrorSettings(object_lock_days=30, object_lock_mode="compliance")
    with StrictS3(locking=locking).running() as server:
        use(server, monkeypatch)
        mirror = open_mirror("s3://data", tmp_path, settings)
        versions, lock = mirror.outcomes()
        assert versions.passed
        assert lock.passed is locking
        if locking:
            put(mirror, KEY, b"x")
            assert server.objects[KEY][0].mode == "COMPLIANCE"
            assert server.objects[KEY][0].until


def test_what_a_version_shares_with_an_older_one_is_locked_anew(monkeypatch, tmp_path):
    with StrictS3(locking=True).running() as server:
        use(server, monkeypatch)
        version = made_version(tmp_path / "data")
        publish(
            open_mirror("s3://data", tmp_path, MirrorSettings(object_lock_days=1)), version, silent
        )
        first = {key: kept[0].until for key, kept in server.objects.items() if "blobs/" in key}
        before = len(server.requests)
        longer = MirrorSettings(object_lock_days=9, object_lock_mode="compliance")
        publish(open_mirror("s3://data", tmp_path, longer), version, silent)
        assert all(server.objects[key][0].until > until for key, until in first.items())
        assert {server.objects[key][0].mode for key in first} == {"COMPLIANCE"}
        assert sum(one.startswith("PUT") for one in server.requests[before:]) == len(first)


def test_a_version_is_there_once_however_often_it_is_published(mirror, server, tmp_path):
    version = made_version(tmp_path / "data")
    first = publish(mirror, version, silent)
    before = {key: list(kept) for key, kept in server.objects.items()}
    again = publish(mirror, version, silent)
    assert (first.new_objects, again.new_objects, again.present) == (9, 0, 9)
    assert {key: list(kept) for key, kept in server.objects.items()} == before
    assert again.receipt.same_as(first.receipt)
    assert first.receipt.named["datasets/signs/1.json"] == "v000011"


def test_what_is_not_named_by_its_content_is_replaced_where_it_differs(mirror, server):
    settle(mirror, KEY, b"one")
    settle(mirror, KEY, b"one")
    settle(mirror, KEY, b"two")
    assert [one.data for one in server.objects[f"our/mirror/{KEY}"]] == [b"one", b"two"]


@pytest.fixture(scope="module")
def moto():
    if not find_spec("moto"):
        pytest.skip("moto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=-3, stderr=-3) as process:
        try:
            _answers(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _answers(url):
    for _ in range(200):
        try:
            with urlopen(url):  # noqa: S310 - the server that was just started
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def test_moto_agrees(moto, monkeypatch, tmp_path):
    import boto3  # noqa: PLC0415 - where it is installed

    monkeypatch.setattr("bezoar.adapters.s3.PART", 5 << 20)
    for name, value in StrictS3().environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    where = {"LocationConstraint": "eu-central-1"}
    client = boto3.client("s3", endpoint_url=moto)
    client.create_bucket(
        Bucket="locked", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True
    )
    mirror = open_mirror("s3://locked/m", tmp_path, MirrorSettings(object_lock_days=2))
    assert all(outcome.passed for outcome in mirror.outcomes())
    first = publish(mirror, made_version(tmp_path / "data"), silent)
    again = publish(mirror, made_version(tmp_path / "data"), silent)
    assert again.receipt.same_as(first.receipt)
    large = os.urandom((11 << 20) + 3)
    stored = put(mirror, "datasets/large", large)
    assert stored.version
    assert b"".join(mirror.get("datasets/large", stored.version)) == large
    assert put(mirror, "datasets/large", large) == stored
    # Not the object in parts: moto forgets to lock those.
    index = first.receipt.named[KEY]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket="locked", Key=f"m/{KEY}", VersionId=index)
