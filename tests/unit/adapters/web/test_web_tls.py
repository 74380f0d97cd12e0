"""The encrypted line itself: whom it trusts, and that it goes to the address that was checked."""

import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from bezoar.adapters.web import guard
from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import UnreachableError

HOST = "data.example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject)
    subprocess.run([*made, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


@pytest.fixture
def server(certificate, monkeypatch):
    """A server on 127.0.0.1 that the guard takes for a public one."""
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(raw, server_side=True) as line:
                    line.recv(10_000)
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", resolver(answer))
    yield listener.getsockname()[1]
    listener.close()


def resolver(answer):
    real = socket.getaddrinfo

    def resolve(host, *rest, **options):
        return answer if host.endswith("example.org") else real(host, *rest, **options)

    return resolve


def trust(monkeypatch, certificate):
    context = ssl.create_default_context(cafile=certificate[1])
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)


def test_a_certificate_that_nobody_vouches_for(server):
    with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        Client().json(f"https://{HOST}:{server}/x")


def test_a_certificate_of_a_trusted_authority(server, certificate, monkeypatch):
    trust(monkeypatch, certificate)
    assert Client().json(f"https://{HOST}:{server}/x") == {}


def test_a_certificate_of_another_name(server, certificate, monkeypatch):
    trust(monkeypatch, certificate)
    with pytest.raises(UnreachableError, match=r"(?i)hostname mismatch"):
        Client().json(f"https://other.example.org:{server}/x")


def test_a_handshake_that_never_ends(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
        monkeypatch.setattr(socket, "getaddrinfo", resolver(answer))
        monkeypatch.setattr(guard, "is_public", lambda _: True)
        began = time.monotonic()
        with pytest.raises(UnreachableError, match=r"longer than 0\.3 s"):
            Client(timeout_s=0.3).json(f"https://{HOST}:{silent.getsockname()[1]}/x")
        assert time.monotonic() - began < 2.5
