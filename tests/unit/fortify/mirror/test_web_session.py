"""What a server may answer, and what it is told: credentials, redirects, refusals, silence."""

import base64
import io
import ipaddress
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from put_server import Handler, ObjectServer, PutHandler

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.mirror import open_mirror
from bezoar.fortify.mirror.keys import index_key
from bezoar.fortify.mirror.registry_login import RegistryLogin
from bezoar.project.settings import MirrorSettings, read_settings

KEY = index_key("signs", "1")
TOKEN = "a-secret"  # noqa: S105 - of these tests


@pytest.fixture
def server():
    with ObjectServer(PutHandler).running() as running:
        yield running


@pytest.fixture
def mirror(server, tmp_path):
    return open_mirror(f"{server.url}/m", tmp_path)


@pytest.fixture
def naps(monkeypatch):
    """Note how long would be waited, and wait not at all."""
    taken = []
    monkeypatch.setattr("bezoar.fortify.mirror.session.sleep", taken.append)
    return taken


def put(mirror, key, data):
    return mirror.put(key, io.BytesIO(data), len(data), Digest.of(data))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(mirror, server, naps, status):
    server.faults = [status, status]
    put(mirror, KEY, b"x" * 1000)
    assert server.objects[f"m/{KEY}"] == [b"x" * 1000]
    assert 0 < naps[0] < naps[1] < 1


def test_what_does_not_pass_is_given_up(mirror, server, naps):
    server.faults = [503] * 100
    with pytest.raises(BezoarError, match="503"):
        put(mirror, KEY, b"x")
    assert len(server.requests) == 5
    assert len(naps) == 4


@pytest.mark.parametrize("status", [400, 404, 405, 409, 413, 507])
def test_a_refusal_is_said_and_not_repeated(mirror, server, status):
    server.faults = [status]
    with pytest.raises(BezoarError, match=str(status)) as caught:
        put(mirror, KEY, b"x")
    assert len(server.requests) == 1
    assert caught.value.next.startswith("curl -I http://127.0.0.1:")


@pytest.mark.usefixtures("naps")
def test_nobody_there_is_said(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        mirror = open_mirror(f"http://127.0.0.1:{unused.getsockname()[1]}/m", tmp_path)
        with pytest.raises(BezoarError, match="cannot be reached"):
            mirror.find(KEY)


@pytest.mark.usefixtures("naps")
def test_a_line_that_the_server_closed_is_opened_anew(mirror):
    put(mirror, KEY, b"x")
    for line in mirror._session._lines._idle.values():
        line[0].sock.shutdown(socket.SHUT_RDWR)
    assert mirror.find(KEY).size == 1


def test_a_line_is_used_again(mirror, server):
    opened = []
    accept = server.get_request
    server.get_request = lambda: opened.append(accept()) or opened[-1]
    for _ in range(5):
        put(mirror, KEY, b"x")
        mirror.find(KEY)
        list(mirror.get(KEY))
    assert len(opened) == 1


def test_credentials_come_from_the_environment(server, tmp_path, monkeypatch):
    server.wanted = f"Bearer {TOKEN}"
    with pytest.raises(BezoarError, match=r"refuses PUT .* \(401\)") as caught:
        put(open_mirror(f"{server.url}/m", tmp_path), KEY, b"x")
    assert "BEZOAR_MIRROR_TOKEN" in caught.value.next
    monkeypatch.setenv("BEZOAR_MIRROR_TOKEN", TOKEN)
    assert put(open_mirror(f"{server.url}/m", tmp_path), KEY, b"x").size == 1


def test_so_do_name_and_password(server, tmp_path, monkeypatch):
    server.wanted = "Basic " + base64.b64encode(b"ann:pass").decode()
    monkeypatch.setenv("BEZOAR_MIRROR_USERNAME", "ann")
    monkeypatch.setenv("BEZOAR_MIRROR_PASSWORD", "pass")
    assert put(open_mirror(f"{server.url}/m", tmp_path), KEY, b"x").size == 1


def test_variables_of_credentials_are_no_slips():
    names = ("TOKEN", "USERNAME", "PASSWORD")
    assert read_settings("x", {}, {f"BEZOAR_MIRROR_{name}": "x" for name in names})


def test_credentials_are_shown_to_no_other_host(server, tmp_path, monkeypatch):
    monkeypatch.setenv("BEZOAR_MIRROR_TOKEN", TOKEN)
    with ObjectServer(PutHandler).running() as other:
        other.objects[f"m/{KEY}"] = [b"elsewhere"]
        server.moved = other.url
        mirror = open_mirror(f"{server.url}/m", tmp_path)
        assert b"".join(mirror.get(KEY)) == b"elsewhere"
        assert other.seen == [""]
        assert server.seen == [f"Bearer {TOKEN}"]


def test_an_upload_is_not_sent_elsewhere(server, mirror):
    server.faults = [307]
    with pytest.raises(BezoarError, match="307"):
        put(mirror, KEY, b"x")


def test_redirects_without_end_are_followed_for_a_while(server, mirror):
    server.moved = server.url
    with pytest.raises(BezoarError, match="again and again"):
        list(mirror.get(KEY))
    assert len(server.requests) < 10


def raw(answer, tmp_path, hold=0.0):
    """Return a mirror whose server sends these bytes once, then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener:
            line, _ = listener.accept()
            with line:
                line.recv(1 << 16)
                line.sendall(answer)
                ended.wait(hold)

    ended = threading.Event()
    threading.Thread(target=serve, daemon=True).start()
    return open_mirror(f"http://127.0.0.1:{listener.getsockname()[1]}/m", tmp_path), ended


def test_an_answer_that_is_cut_short_is_an_error(tmp_path):
    mirror, _ = raw(b"HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\n12345", tmp_path)
    with pytest.raises(BezoarError, match="stopped after 5 of 10 bytes"):
        list(mirror.get(KEY))


def test_a_chunked_answer_that_is_cut_short_is_an_error(tmp_path):
    head = b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
    mirror, _ = raw(head + b"a\r\n12345", tmp_path)
    with pytest.raises(BezoarError, match="cannot be reached"):
        list(mirror.get(KEY))


def test_an_answer_without_end_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.fortify.mirror.session._MOST_BYTES", 1000)
    mirror, _ = raw(b"HTTP/1.1 400 x\r\n\r\n" + b"x" * 100_000, tmp_path)
    with pytest.raises(BezoarError, match="more than 1,000 bytes"):
        put(mirror, KEY, b"x")


@pytest.mark.usefixtures("naps")
def test_a_server_that_falls_silent_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.fortify.mirror.lines.SILENCE_S", 0.1)
    mirror, ended = raw(b"HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\n1", tmp_path, hold=10)
    with pytest.raises(BezoarError, match="timed out"):
        list(mirror.get(KEY))
    ended.set()


def test_a_size_that_is_not_told_is_an_error(tmp_path):
    mirror, _ = raw(b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n", tmp_path)
    with pytest.raises(BezoarError, match="does not say how long"):
        mirror.find(KEY)


@pytest.mark.parametrize(
    "uri", ["http://example.org/m", "oci+http://example.org/m", "http://10.0.0.1:99/m"]
)
def test_an_unencrypted_line_is_refused_unless_it_is_allowed(tmp_path, uri):
    with pytest.raises(UsageError, match="not encrypted") as caught:
        open_mirror(uri, tmp_path)
    assert "allow_http" in caught.value.next
    host = uri.split("/")[2].split(":")[0]
    assert open_mirror(uri, tmp_path, MirrorSettings(allow_http=(host,))).uri == uri


@pytest.mark.parametrize(
    "uri", ["oci://host", "oci://host/UPPER", "oci://host/a/../b", "s3://x/../y"]
)
def test_a_name_that_no_store_has_is_refused(tmp_path, uri):
    with pytest.raises(UsageError, match="not"):
        open_mirror(uri, tmp_path)


class TokenServer(Handler):
    """Hands out tokens to ann."""

    def answer(self, _body):
        if self.headers.get("Authorization") == "Basic " + base64.b64encode(b"ann:pass").decode():
            self.server.objects.setdefault("scopes", []).append(self.query["scope"][0].encode())
            self.reply(200, json.dumps({"token": TOKEN}).encode())
        else:
            self.reply(401)


def challenge(realm):
    return f'Bearer realm="{realm}/token",service="reg",scope="repository:team/x:pull,push"'


def docker_config(folder, host, user="ann:pass"):
    auth = base64.b64encode(user.encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return {"DOCKER_CONFIG": str(folder)}


def test_a_registry_s_token_is_fetched_with_what_docker_login_left(tmp_path):
    with ObjectServer(TokenServer).running() as server:
        host = server.url.removeprefix("http://")
        login = RegistryLogin(server.url, "team/x", docker_config(tmp_path, host))
        assert login.header() == ""
        assert login.challenged(challenge(server.url))
        assert login.header() == f"Bearer {TOKEN}"
        assert server.objects["scopes"] == [b"repository:team/x:pull,push"]


def test_a_token_s_server_elsewhere_is_not_told_over_an_open_line(tmp_path):
    with ObjectServer(TokenServer).running() as other:
        environment = docker_config(tmp_path, "reg.example.org")
        login = RegistryLogin("https://reg.example.org", "team/x", environment)
        assert not login.challenged(challenge(other.url))
        assert not other.requests


def test_a_registry_that_wants_name_and_password_gets_them_when_it_asks(tmp_path):
    environment = docker_config(tmp_path, "reg.example.org:5000")
    login = RegistryLogin("https://reg.example.org:5000", "team/x", environment)
    assert login.challenged('Basic realm="x"')
    assert login.header() == "Basic " + base64.b64encode(b"ann:pass").decode()
    assert not login.challenged('Basic realm="x"')


@pytest.mark.parametrize("content", ["", "[]", '{"auths": {"h": {"auth": "%"}}}', "[" * 100_000])
def test_a_docker_configuration_that_is_none_is_nobody(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    login = RegistryLogin("https://h", "x", {"DOCKER_CONFIG": str(tmp_path)})
    assert not login.challenged('Basic realm="x"')


@pytest.fixture
def encrypted(server, tmp_path):
    """Give the server a certificate that nobody vouches for, and return its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return file


@pytest.mark.usefixtures("naps", "encrypted")
def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(server, tmp_path):
    mirror = open_mirror(server.url.replace("http:", "https:") + "/m", tmp_path)
    with pytest.raises(BezoarError, match="certificate verify failed"):
        mirror.find(KEY)
    assert not server.requests


def test_a_team_s_own_authority_is_believed_where_the_machine_knows_it(
    server, encrypted, tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(encrypted))
    mirror = open_mirror(server.url.replace("http:", "https:") + "/m", tmp_path)
    put(mirror, KEY, b"x")
    assert mirror.find(KEY).size == 1
