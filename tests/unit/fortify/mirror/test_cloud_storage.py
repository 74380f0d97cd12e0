"""A mirror in Google Cloud Storage: generations, versions, and who asks."""

import base64
import io
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from put_server import CloudStorageHandler, Handler, ObjectServer

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.outcome import Status
from bezoar.fortify.mirror import open_mirror
from bezoar.fortify.mirror.google_login import GoogleLogin
from bezoar.fortify.mirror.keys import index_key
from bezoar.project.settings import MirrorSettings

KEY = index_key("signs", "1")
TOKEN = "a-secret"  # noqa: S105 - of these tests
RSA_BITS = 2048


@pytest.fixture
def server(monkeypatch):
    with ObjectServer(CloudStorageHandler).running() as running:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", running.url.removeprefix("http://"))
        yield running


@pytest.fixture
def mirror(server, tmp_path):
    assert server.url
    return open_mirror("gs://data/m", tmp_path)


def put(mirror, key, data):
    return mirror.put(key, io.BytesIO(data), len(data), Digest.of(data))


def test_an_object_that_is_there_is_not_stored_again(mirror, server):
    first, second = put(mirror, KEY, b"x"), put(mirror, KEY, b"x")
    assert first == second
    assert first.version == "1"
    assert server.objects == {f"m/{KEY}": [b"x"]}


def test_an_upload_whose_answer_was_lost_is_no_second_object(mirror, server, monkeypatch):
    monkeypatch.setattr("bezoar.fortify.mirror.session.sleep", lambda _: None)
    put(mirror, KEY, b"x")
    server.faults = [503]
    assert put(mirror, KEY, b"x").version == "1"


def test_a_bucket_without_versions_is_a_finding(mirror, server):
    assert [outcome.passed for outcome in mirror.outcomes()] == [True]
    server.versioned = False
    (outcome,) = mirror.outcomes()
    assert outcome.findings[0].code == "BZ351"
    assert outcome.findings[0].next == "gcloud storage buckets update gs://data --versioning"


def test_a_bucket_that_may_not_be_asked_is_skipped(mirror, server):
    server.faults = [403]
    assert [outcome.status for outcome in mirror.outcomes()] == [Status.SKIPPED]


@pytest.mark.usefixtures("server")
def test_a_bucket_that_is_not_there_says_how_it_is_made(tmp_path):
    mirror = open_mirror("gs://other/m", tmp_path)
    with pytest.raises(BezoarError, match="there is no bucket other") as caught:
        mirror.outcomes()
    assert caught.value.next == "gcloud storage buckets create gs://other"
    with pytest.raises(BezoarError, match="404"):
        put(mirror, KEY, b"x")


def test_an_open_line_to_elsewhere_is_refused(tmp_path):
    with pytest.raises(UsageError, match="not encrypted"):
        open_mirror("gs://data", tmp_path, MirrorSettings(endpoint="http://gcs.example.org"))


class NoJson(Handler):
    def answer(self, _body):
        self.reply(200, b"<html>")


def test_an_answer_of_something_else_is_an_error(tmp_path, monkeypatch):
    with ObjectServer(NoJson).running() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        with pytest.raises(BezoarError, match="not one of Cloud Storage"):
            open_mirror("gs://data", tmp_path).find(KEY)


class TokenServer(Handler):
    """Gives a token to whoever the account's key vouches for, and to the machine itself."""

    def answer(self, body):
        if self.headers.get("Metadata-Flavor") == "Google":
            self.reply(200, json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode())
            return
        form = dict(pair.split("=", 1) for pair in body.decode().split("&"))
        head, claims, signature = form["assertion"].split(".")
        self.server.public.verify(
            _decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        assert json.loads(_decoded(claims))["iss"] == "ann@example.org"
        self.reply(200, json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode())


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def account(folder, private, where):
    """Write a service account's key, and return the environment that names it."""
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    fields = {"client_email": "ann@example.org", "private_key": pem.decode(), "token_uri": where}
    (folder / "key.json").write_text(json.dumps(fields))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(folder / "key.json")}


def test_a_service_account_s_key_becomes_a_token_once(tmp_path):
    private = rsa.generate_private_key(65537, RSA_BITS)
    with ObjectServer(TokenServer).running() as server:
        server.public = private.public_key()
        login = GoogleLogin(account(tmp_path, private, f"{server.url}/token"))
        assert [login.header(), login.header()] == [f"Bearer {TOKEN}"] * 2
        assert len(server.requests) == 1
        assert login.challenged("")
        assert login.header() == f"Bearer {TOKEN}"
        assert len(server.requests) == 2


def test_a_machine_has_an_account_of_its_own():
    with ObjectServer(TokenServer).running() as server:
        login = GoogleLogin({"GCE_METADATA_HOST": server.url.removeprefix("http://")})
        assert login.header() == f"Bearer {TOKEN}"


def test_a_token_that_is_handed_in_goes_first():
    login = GoogleLogin({"BEZOAR_MIRROR_TOKEN": "x", "GOOGLE_APPLICATION_CREDENTIALS": "/no"})
    assert login.header() == "Bearer x"
    assert not login.challenged("")
    assert GoogleLogin({}).header() == ""


def test_a_key_that_is_none_says_what_to_type(tmp_path):
    for text in ("", "[]", '{"client_email": 1}'):
        (tmp_path / "key.json").write_text(text)
        login = GoogleLogin({"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")})
        with pytest.raises(BezoarError, match="it is no key") as caught:
            login.header()
        assert "gcloud auth print-access-token" in caught.value.next
    other = account(tmp_path, ed25519.Ed25519PrivateKey.generate(), "https://example.org")
    with pytest.raises(BezoarError, match="no RSA key"):
        GoogleLogin(other).header()
    plain = account(tmp_path, ed25519.Ed25519PrivateKey.generate(), "http://example.org")
    with pytest.raises(BezoarError, match="not https"):
        GoogleLogin(plain).header()
