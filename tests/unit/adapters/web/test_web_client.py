"""The one place with a socket: where it goes, how long, how much, and what it gives away."""

import contextlib
import socket
import time

import pytest
from source_scene import World

from bezoar.adapters.web import guard
from bezoar.adapters.web.client import Client, tokens_of
from bezoar.adapters.web.errors import NotThereError, UnreachableError

URL = "https://data.example.org/x"


@pytest.fixture
def world():
    with World() as one:
        yield one


@pytest.mark.parametrize(
    "url",
    [
        "http://data.example.org/x",
        "ftp://data.example.org/x",
        "file:///etc/passwd",
        "https://user:word@data.example.org/x",
        "https:///x",
        "https://data.example.org:99999/x",
        "https://data.example.org/a b",
        "https://data.example.org/a\r\nHost: x",
        "https://däta.example.org/",
        "https://[::1/",
        "",
    ],
)
def test_what_is_no_https_address_is_not_asked(world, url):
    with pytest.raises(UnreachableError):
        world.client().json(url)
    assert world.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nothing is bound to it
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_refused(monkeypatch, address):
    assert not guard.is_public(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
    answer = [public, (family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answer)
    monkeypatch.setattr(socket, "create_connection", lambda *_a: pytest.fail("it connected"))
    with pytest.raises(UnreachableError, match="not a public address"):
        Client().json("https://rebinding.example.org/")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_a_public_address_is_not_refused(address):
    assert guard.is_public(address)


def test_a_literal_address_of_this_machine_is_refused():
    with pytest.raises(UnreachableError, match="not a public address"):
        Client().json("https://127.0.0.1:1/")


def test_redirects_are_followed_and_few(world):
    world.answers[URL] = (302, {"Location": "/y"}, b"")
    world.answers["https://data.example.org/y"] = {"a": 1}
    assert world.client().json(URL) == {"a": 1}
    world.answers[URL] = (302, {"Location": "/x"}, b"")
    with pytest.raises(UnreachableError, match="redirects more than 3 times"):
        world.client().json(URL)


@pytest.mark.parametrize(
    "target",
    [
        "http://other.example.org/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1",
    ],
)
def test_each_hop_is_checked(world, target):
    world.answers[URL] = (302, {"Location": target}, b"")
    client = world.client()
    with pytest.raises(UnreachableError, match=r"only https|not a public address|no web address"):
        client.json(URL)
    assert len(world.heard) == 1


def test_a_token_goes_to_its_own_host_alone(world):
    tokens = {"data.example.org": "Bearer secret"}
    world.answers[URL] = (302, {"Location": "https://other.example.org/y"}, b"")
    world.answers["https://other.example.org/y"] = {}
    world.client(tokens=tokens).ask(URL, headers={"Authorization": "Bearer other"})
    sent = [headers.get("Authorization") for _, _, headers in world.heard]
    assert sent == ["Bearer other", None]
    world.client(tokens=tokens).ask(URL)
    sent = [headers.get("Authorization") for _, _, headers in world.heard[2:]]
    assert sent == ["Bearer secret", None]


def test_tokens_of_an_environment():
    given = {"HF_TOKEN": "a", "GH_TOKEN": "b", "KAGGLE_USERNAME": "u", "KAGGLE_KEY": "k"}
    assert tokens_of(given) == {
        "huggingface.co": "Bearer a",
        "api.github.com": "Bearer b",
        "www.kaggle.com": "Basic dTpr",
    }
    assert tokens_of({"HF_TOKEN": "a\r\nX: y", "KAGGLE_KEY": "k"}) == {}


def test_nothing_known_here_is_sent(world):
    world.answers[URL] = {}
    world.client().json(URL)
    sent = {name.lower() for name in world.heard[0][2]}
    assert sent == {"host", "user-agent", "accept-encoding", "accept"}


def test_an_answer_is_bounded_in_size(world):
    world.answers[URL] = b"[" + b"1," * 600 + b"1]"
    with pytest.raises(UnreachableError, match="more than 1,000 bytes"):
        world.client(most_bytes=1_000).json(URL)


def dripping(first, piece):
    """Return an answer that begins, and then comes in drips."""

    def drip(request):
        request.wfile.write(first)
        for _ in range(40):
            time.sleep(0.05)
            try:
                request.wfile.write(piece)
            except OSError:
                return

    return drip


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", id="its head"),
        # Without a length: the connection has let go of the line by then.
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n", b" ", id="its last answer"),
    ],
)
def test_a_host_that_drips_is_hung_up_on(world, first, piece):
    world.answers[URL] = dripping(first, piece)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"longer than 0\.3 s"):
        world.client(timeout_s=0.3).json(URL)
    assert time.monotonic() - began < 2.5


def test_a_header_without_end_is_cut_off(world):
    def pour(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with contextlib.suppress(OSError):
            for number in range(50):
                request.wfile.write(b"X-%d: " % number + b"a" * 60_000 + b"\r\n")

    world.answers[URL] = pour
    with pytest.raises(UnreachableError, match="a header of more than 65,536 bytes"):
        world.client().json(URL)


def test_a_host_that_does_not_answer_is_not_asked_for_ever(world):
    world.answers[URL] = lambda _: time.sleep(0.15)
    client = world.client(timeout_s=0.05)
    for why in ["longer than"] * 3 + ["did not answer before"]:
        with pytest.raises(UnreachableError, match=why):
            client.json(URL)
    assert len(client.asked) == 3


def test_all_questions_together_are_bounded(world):
    world.answers[URL] = {}
    client = world.client(most_requests=2)
    client.json(URL), client.json(URL)
    with pytest.raises(UnreachableError, match="too many questions"):
        client.json(URL)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe", b"1" * 5_000, b'"\\ud800'],
)
def test_what_is_no_json_is_no_answer(world, body):
    world.answers[URL] = body
    with pytest.raises(UnreachableError, match="something else than JSON"):
        world.client().json(URL)


def test_an_encoding_that_was_not_asked_for_is_refused(world):
    world.answers[URL] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(UnreachableError, match="encoding"):
        world.client().json(URL)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_is_not_there(world, status):
    world.answers[URL] = (status, {}, b"{}")
    with pytest.raises(NotThereError) as error:
        world.client().json(URL)
    assert error.value.status == status


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {}), (403, {"X-RateLimit-Remaining": "0"}), (500, {})]
)
def test_a_limit_or_a_fault_is_not_an_absence(world, status, headers):
    world.answers[URL] = (status, headers, b"{}")
    with pytest.raises(UnreachableError) as error:
        world.client().json(URL)
    assert not isinstance(error.value, NotThereError)


def test_a_host_that_is_not_there_at_all():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = Client(local={"data.example.org": f"http://127.0.0.1:{port}"})
    with pytest.raises(UnreachableError, match="cannot be reached"):
        client.json(URL)
