"""Taking bytes from strangers: where to, how slowly, and how much of what is here is said."""

import contextlib
import socket
import time

import pytest
from fetch_scene import URL, Web, ranged, raw

from bezoar.adapters.web import guard
from bezoar.adapters.web.download import Downloads, Pace
from bezoar.adapters.web.errors import (
    CutOffError,
    NotThereError,
    PrivateAddressError,
    StaleMarkError,
    UnreachableError,
)
from bezoar.adapters.web.reach import Reach

OTHER = "https://other.example.org/y"
DATA = bytes(range(256)) * 40


@pytest.fixture
def web():
    with Web() as one:
        yield one


def got(downloads, url=URL, **options):
    with downloads.opened(url, **options) as stream:
        return b"".join(stream)


def test_bytes_come_as_they_are(web):
    web.answers[URL] = ranged(DATA)
    with web.downloads().opened(URL) as stream:
        assert (stream.size, stream.mark, stream.start) == (len(DATA), '"one"', 0)
        assert b"".join(stream) == DATA
    assert {name.lower() for name in web.heard[0][2]} == {
        "host",
        "user-agent",
        "accept-encoding",
        "accept",
    }


def test_a_redirect_is_followed_and_remembered(web):
    web.answers[URL] = (302, {"Location": OTHER}, b"")
    web.answers[OTHER] = b"data"
    with web.downloads().opened(URL) as stream:
        assert stream.hosts == ("data.example.org", "other.example.org")
        assert b"".join(stream) == b"data"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://data.example.org/x", "only https"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://169.254.169.254/latest/meta-data", "not a public address"),
        ("https://[::1]/", "no host"),
        ("file:///etc/passwd", "only https"),
        ("https://user:word@other.example.org/", "a user in it"),
        ("//127.0.0.1/x", "not a public address"),
        ("https://2130706433/", "not a public address"),
        ("https://0x7f.1/", "not a public address"),
        ("https://localhost/", "not a public address"),
        ("HTTP://data.example.org/x", "only https"),
        ("https://[::1", "no web address"),
    ],
)
def test_each_hop_is_checked(web, target, why):
    web.answers[URL] = (302, {"Location": target}, b"")
    with pytest.raises(UnreachableError, match=why):
        got(web.downloads())


def test_a_loop_ends(web):
    web.answers[URL] = (302, {"Location": URL}, b"")
    with pytest.raises(UnreachableError, match="redirects more than 5 times"):
        got(web.downloads())
    assert len(web.heard) == 6


def test_what_was_meant_for_one_host_is_not_shown_to_another(web):
    web.answers[URL] = (302, {"Location": OTHER}, b"")
    web.answers[OTHER] = b"data"
    downloads = web.downloads(tokens={"data.example.org": "Bearer secret"})
    assert got(downloads, headers={"X-Key": "secret"}) == b"data"
    first, second = (headers for _, _, headers in web.heard)
    assert (first["Authorization"], first["X-Key"]) == ("Bearer secret", "secret")
    assert "secret" not in str(second)


def test_a_token_is_never_sent_in_the_clear():
    reach = Reach(plain=frozenset({"data.example.org"}), tokens={"data.example.org": "secret"})
    assert "Authorization" in reach.headers("https://data.example.org/x")
    assert "Authorization" not in reach.headers("http://data.example.org/x")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://data.example.org/", "http://data.example.org/"),
        ("https://data.example.org/", "HTTP://data.example.org/"),
        ("https://data.example.org/", "http://10.0.0.1:80/"),
        ("https://data.example.org/", "HTTPS://10.0.0.1/"),
        ("https://data.example.org/", "https://10.0.0.1:443/"),
        ("http://data.example.org/", "http://10.0.0.1:80/"),
    ],
)
def test_what_a_person_has_allowed_a_stranger_may_not_use(before, after):
    reach = Reach(
        plain=frozenset({"data.example.org", "10.0.0.1"}),
        private=frozenset({"10.0.0.1:80", "10.0.0.1:443"}),
    )
    reach.connection(after, 1)
    with pytest.raises(UnreachableError, match="redirects"):
        reach.connection(after, 1, before=before)


def test_a_redirect_does_not_lead_to_what_a_person_has_named(web):
    place = f"127.0.0.1:{web.server.server_address[1]}"
    web.answers["https://data.example.org/secret"] = b"secret"
    web.answers[URL] = (302, {"Location": f"http://{place}/data.example.org/secret"}, b"")
    reach = web.reach(plain=frozenset({"127.0.0.1"}), private=frozenset({place}))
    with pytest.raises(UnreachableError, match="redirects to an unencrypted line"):
        got(Downloads(reach))
    assert len(web.heard) == 1


def test_a_private_address_is_reached_only_by_its_name_and_port(web):
    port = web.server.server_address[1]
    plain = frozenset({"127.0.0.1"})
    web.answers["https://data.example.org/x"] = b"data"
    url = f"http://127.0.0.1:{port}/data.example.org/x"
    with pytest.raises(PrivateAddressError) as refused:
        got(Downloads(Reach(plain)), url)
    assert refused.value.place == f"127.0.0.1:{port}"
    with pytest.raises(PrivateAddressError):
        got(Downloads(Reach(plain, frozenset({"127.0.0.1:1"}))), url)
    assert got(Downloads(Reach(plain, frozenset({f"127.0.0.1:{port}"}))), url) == b"data"


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200", "::ffff:169.254.1.1"],
)
def test_metadata_is_refused_whoever_names_it(monkeypatch, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    answer = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answer)
    monkeypatch.setattr(socket, "create_connection", lambda *_a: pytest.fail("it connected"))
    reach = Reach(private=frozenset({"data.example.org:443"}))
    with pytest.raises(PrivateAddressError):
        got(Downloads(reach))


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(monkeypatch):
    """A name that means something else at the second look-up is never looked up a second time."""
    answers = iter([("93.184.216.34", 443), ("127.0.0.1", 443)])
    connected = []

    def resolve(*_a, **_k):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", next(answers))]

    def connect(place, *_a):
        connected.append(place)
        raise OSError("not here")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(UnreachableError, match="cannot be reached"):
        got(Downloads())
    assert connected == [("93.184.216.34", 443)]
    assert guard.is_public("93.184.216.34")


def test_an_encoding_that_was_not_asked_for_is_refused(web):
    web.answers[URL] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(UnreachableError, match="encoding that was not asked for"):
        got(web.downloads())
    assert web.heard[0][2]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("size", ["20000", "10241"])
def test_an_end_before_the_end_is_told(web, size):
    web.answers[URL] = (200, {"Content-Length": size}, DATA)
    with pytest.raises(CutOffError, match="hung up after 10,240 of"):
        got(web.downloads())


def test_a_chunk_that_is_cut_is_told(web):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    web.answers[URL] = raw(head + b"4\r\nabcd\r\n8\r\nabc")
    with pytest.raises(CutOffError):
        got(web.downloads())


def test_what_comes_after_the_announced_end_is_not_read(web):
    web.answers[URL] = (200, {"Content-Length": "4"}, b"data and more")
    assert got(web.downloads()) == b"data"


def test_chunks_without_a_length_come_whole(web):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    web.answers[URL] = raw(head + b"4\r\ndata\r\n0\r\n\r\n")
    with web.downloads().opened(URL) as stream:
        assert stream.size is None
        assert b"".join(stream) == b"data"


SLOW = b"HTTP/1.1 200 OK\r\n", b"Content-Length: 1000000\r\n\r\n", *([b"x"] * 60)
NO_END = b"HTTP/1.0 200 OK\r\n\r\n", *([b"x"] * 60)
CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *([b"1"] * 60)
TRAILER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", *([b"A: b\r\n"] * 60)
HEADER = b"HTTP/1.1 200 OK\r\n", *([b"X-A: b\r\n"] * 60)


@pytest.mark.parametrize(
    "pieces",
    [SLOW, NO_END, CHUNK, TRAILER, HEADER],
    ids=["body", "end", "chunk", "trailer", "head"],
)
def test_who_drips_is_hung_up_on(web, pieces):
    web.answers[URL] = raw(*pieces, pause_s=0.05)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"sends less than 1,000 bytes/s over 0\.4 s"):
        got(web.downloads(window_s=0.4))
    assert time.monotonic() - began < 2.5


def test_who_is_silent_is_hung_up_on(web):
    web.answers[URL] = lambda _: time.sleep(0.6)
    with pytest.raises(UnreachableError, match=r"silent for 0\.2 s|sends less than"):
        got(web.downloads(window_s=0.2))


def test_all_of_it_together_is_bounded_in_time(web):
    def pour(request):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                request.wfile.write(b"x" * 10_000)
                time.sleep(0.01)

    web.answers[URL] = pour
    with pytest.raises(UnreachableError, match=r"took longer than 0\.5 s in all"):
        got(web.downloads(seconds=0.5))


def test_a_header_without_end_is_cut_off(web):
    lines = [b"X-%d: " % number + b"a" * 60_000 + b"\r\n" for number in range(20)]
    web.answers[URL] = raw(b"HTTP/1.1 200 OK\r\n", *lines)
    with pytest.raises(UnreachableError, match="a header of more than 65,536 bytes"):
        got(web.downloads())


def test_the_rest_is_asked_for_by_its_mark(web):
    web.answers[URL] = ranged(DATA)
    with web.downloads().opened(URL, start=100, mark='"one"') as stream:
        assert (stream.start, stream.size) == (100, len(DATA))
        assert b"".join(stream) == DATA[100:]
    headers = web.heard[0][2]
    assert (headers["Range"], headers["If-Range"]) == ("bytes=100-", '"one"')


def test_without_a_mark_no_rest_is_asked_for(web):
    web.answers[URL] = ranged(DATA)
    assert got(web.downloads(), start=100) == DATA
    assert web.ranges == [""]


def test_what_has_not_changed_does_not_come(web):
    web.answers[URL] = ranged(DATA)
    with web.downloads().opened(URL, mark='"one"') as stream:
        assert stream.unchanged
        assert b"".join(stream) == b""


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (206, {}),
        (206, {"Content-Range": "bytes 0-9/20"}),
        (206, {"Content-Range": "bytes 10-5/20"}),
        (206, {"Content-Range": "bytes 10-18/20"}),
        (206, {"Content-Range": "bytes x"}),
        (204, {}),
        (304, {}),
        (500, {}),
    ],
)
def test_another_answer_than_the_rest_is_none(web, status, headers):
    web.answers[URL] = (status, headers, b"")
    with pytest.raises(UnreachableError):
        got(web.downloads(), start=200, mark='"one"')


def test_a_part_that_nobody_asked_for_is_no_answer(web):
    web.answers[URL] = (206, {"Content-Range": "bytes 0-3/4"}, b"data")
    with pytest.raises(UnreachableError, match="answers 206"):
        got(web.downloads())


def test_a_rest_that_is_gone_begins_anew(web):
    web.answers[URL] = (416, {}, b"")
    with pytest.raises(StaleMarkError):
        got(web.downloads(), start=5, mark='"one"')


@pytest.mark.parametrize(
    ("headers", "mark"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": 'W/"a"'}, ""),
        ({"ETag": '"a\tb"'}, ""),
        ({"ETag": "a"}, ""),
        ({"Last-Modified": "Wed, 01 Jan 2020 10:00:00 GMT"}, "Wed, 01 Jan 2020 10:00:00 GMT"),
        ({"Last-Modified": "Wed, 01 Jan 2120 10:00:00 GMT"}, ""),
        ({"Last-Modified": "yesterday"}, ""),
    ],
)
def test_a_mark_names_bytes_or_is_none(web, headers, mark):
    web.answers[URL] = (200, headers, b"data")
    with web.downloads().opened(URL) as stream:
        assert stream.mark == mark


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_is_not_there(web, status):
    web.answers[URL] = (status, {}, b"")
    with pytest.raises(NotThereError) as error:
        got(web.downloads())
    assert error.value.status == status


def test_a_fault_of_the_reader_stays_the_reader_s(web):
    """A full disk must not read as a bad line."""
    web.answers[URL] = b"data"
    with pytest.raises(OSError, match="disk full"), web.downloads().opened(URL):
        raise OSError("disk full")


def test_pace_has_bounds_by_itself():
    assert Pace().seconds < 100_000
    assert Pace().window_s <= 60
