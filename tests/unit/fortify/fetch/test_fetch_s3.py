"""Objects in S3, from moto's server: listed, signed or not, cut, exchanged between list and get."""

import pytest
from fetch_scene import Web, left, sha256

from bezoar.adapters.web.download import Downloads, Pace
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.adapters.web.reach import Reach
from bezoar.core.errors import UsageError
from bezoar.fortify.fetch import s3 as s3_source
from bezoar.fortify.fetch.opening import Way

boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
moto = pytest.importorskip("moto.server", reason="moto is not installed")
DATA = bytes(range(256)) * 200
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}


@pytest.fixture(scope="module")
def server():
    one = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def s3(server, monkeypatch):
    """A store with two versions of an object, and a few more."""
    host, port = server.get_host_and_port()
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    client = boto3.client("s3", **KEYS, region_name="us-east-1")
    client.create_bucket(Bucket="signs")
    client.put_bucket_versioning(Bucket="signs", VersioningConfiguration={"Status": "Enabled"})
    put(client, "a/signs.zip", b"old")
    for key, data in {"a/signs.zip": DATA, "a/b/0.png": b"png", "a/b/": b"", "ab": b"no"}.items():
        put(client, key, data)
    yield client
    import requests  # noqa: PLC0415 - it comes with moto

    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)


def put(client, key, data, access="public-read"):
    client.put_object(Bucket="signs", Key=key, Body=data, ACL=access)


@pytest.fixture
def way(server, tmp_path):
    def made(*, credentials=False, plain=True, private=True):
        host, port = server.get_host_and_port()
        reach = Reach(
            frozenset({host} if plain else ()), frozenset({f"{host}:{port}"} if private else ())
        )
        return Way(Downloads(reach, Pace(window_s=5)), tmp_path, credentials)

    return made


@pytest.fixture
def web():
    with Web() as one:
        yield one


def test_an_object_with_its_version(web, s3, way, tmp_path):
    fetched = web.fetch("s3://signs/a/signs.zip", tmp_path, version="1", way=way())
    record = fetched.record
    newest = s3.head_object(Bucket="signs", Key="a/signs.zip")
    assert (record.sha256, record.size) == (sha256(DATA), len(DATA))
    assert record.revision == newest["VersionId"] == record.files[0].version
    assert (record.source, record.files[0].uri) == ("s3://signs/a/signs.zip",) * 2
    assert record.files[0].mark == newest["ETag"]
    assert web.fetch("s3://signs/a/signs.zip", tmp_path, version="1", way=way()).again


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("text", ["s3://signs/a/", "s3://signs/a"])
def test_what_lies_below_a_prefix(web, way, tmp_path, text):
    fetched = web.fetch(text, tmp_path, version="1", way=way())
    assert [file.path for file in fetched.record.files] == ["b/0.png", "signs.zip"]
    assert all(file.version for file in fetched.record.files)


@pytest.mark.usefixtures("s3")
def test_credentials_are_sent_when_asked_for_and_never_written(web, way, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFSOMEBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-somebody")
    seen = []
    opened = Downloads.opened

    def spying(self, url, **options):
        seen.append(url)
        return opened(self, url, **options)

    monkeypatch.setattr(Downloads, "opened", spying)
    for credentials in (False, True):
        version = f"{int(credentials)}"
        one = way(credentials=credentials)
        web.fetch("s3://signs/a/signs.zip", tmp_path, version=version, way=one)
        assert ("AKIDOFSOMEBODY" in seen[-1]) is credentials
    for path in (tmp_path / "quarantine").rglob("*"):
        assert path.is_dir() or b"AKID" not in path.read_bytes()
        assert path.is_dir() or b"Signature" not in path.read_bytes()


@pytest.mark.usefixtures("s3")
def test_without_credentials_none_are_made_up(web, way, tmp_path):
    with pytest.raises(UsageError, match="no credentials of AWS"):
        web.fetch("s3://signs/a/signs.zip", tmp_path, version="1", way=way(credentials=True))


@pytest.mark.usefixtures("s3")
def test_an_endpoint_that_nobody_allowed_is_not_asked(web, way, tmp_path, monkeypatch):
    monkeypatch.setattr(s3_source, "_region", lambda *_: pytest.fail("it was asked"))
    with pytest.raises(UnreachableError, match="only https"):
        web.fetch("s3://signs/a/signs.zip", tmp_path, way=way(plain=False))
    with pytest.raises(UnreachableError, match="not a public address"):
        web.fetch("s3://signs/a/signs.zip", tmp_path, way=way(private=False))


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("text", ["s3://signs/nothing", "s3://nobody-has-this/x", "s3://signs/x/"])
def test_what_is_not_there(web, way, tmp_path, text):
    with pytest.raises(UnreachableError):
        web.fetch(text, tmp_path, way=way())
    assert left(tmp_path / "quarantine") == []


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("text", ["s3://", "s3:///x", "s3://A_B c/x"])
def test_what_is_no_bucket(web, way, tmp_path, text):
    with pytest.raises((UsageError, UnreachableError)):
        web.fetch(text, tmp_path, way=way())


def test_an_object_that_changes_between_list_and_get_is_not_kept(
    web, s3, way, tmp_path, monkeypatch
):
    opened = Downloads.opened

    def late(self, url, **options):
        put(s3, "a/signs.zip", DATA[::-1])
        return opened(self, url, **options)

    monkeypatch.setattr(Downloads, "opened", late)
    fetched = web.fetch("s3://signs/a/signs.zip", tmp_path, version="1", way=way())
    assert [f.code for f in fetched.findings if f.code == "BZ338"] == ["BZ338"]
    assert left(tmp_path / "quarantine") == []


@pytest.mark.parametrize("key", ["a/../../x", "a/c/\\x", "a/SIGNS.ZIP"])
def test_a_hostile_key_fetches_nothing(web, s3, way, tmp_path, key):
    put(s3, key, b"x")
    fetched = web.fetch("s3://signs/a/", tmp_path, version="1", way=way())
    assert [(f.code, str(f.severity)) for f in fetched.findings] == [("BZ339", "high")]
    assert left(tmp_path / "quarantine") == []


def test_what_is_not_for_everybody_says_so(web, s3, way, tmp_path, monkeypatch):
    put(s3, "secret.zip", DATA, "private")
    with pytest.raises(NotThereError) as error:
        web.fetch("s3://signs/secret.zip", tmp_path, version="1", way=way())
    assert error.value.status == 403
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    fetched = web.fetch("s3://signs/secret.zip", tmp_path, version="1", way=way(credentials=True))
    assert fetched.record.sha256 == sha256(DATA)
