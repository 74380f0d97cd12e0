"""The one way out: to what is allowed, whatever is asked for."""

import contextlib
import http.server
import socket
import threading
import urllib.error
import urllib.request

import pytest

from bezoar.fortify.egress.endpoints import Endpoint
from bezoar.fortify.run.gate import Gate


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self):
        body = f"{self.command} {self.path} {sorted(map(str.lower, self.headers))}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        size = int(self.headers["Content-Length"])
        self.rfile.read(size)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def mirror():
    with served() as port:
        yield port


@pytest.fixture
def elsewhere():
    with served() as port:
        yield port


@pytest.fixture
def gate(mirror):
    found = Gate([Endpoint.of("127.0.0.1", mirror)])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found.serve(listener)
        found.port = listener.getsockname()[1]
        yield found


def ask(gate, url, **more):
    handler = urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{gate.port}"})
    request = urllib.request.Request(url, **more)  # noqa: S310 - the test's own server
    with urllib.request.build_opener(handler).open(request, timeout=10) as answer:
        return answer.status, answer.read().decode()


def raw(gate, data):
    answer = b""
    with socket.create_connection(("127.0.0.1", gate.port), 10) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except OSError:  # What is no request may be dropped before all of it was sent.
            return answer
    return answer


def test_the_mirror_answers_through_it(gate, mirror):
    status, body = ask(gate, f"http://127.0.0.1:{mirror}/a/b?c=d")
    assert status == 200
    assert body.startswith("GET /a/b?c=d ")
    assert "proxy" not in body
    assert gate.refused == {}


def test_a_body_of_many_bytes_passes(gate, mirror):
    data = bytes(3 << 20)
    assert ask(gate, f"http://127.0.0.1:{mirror}/x", data=data, method="PUT")[0] == 201


def test_all_else_is_refused_and_counted(gate, elsewhere):
    url = f"http://127.0.0.1:{elsewhere}/a"
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(gate, url)
        assert caught.value.code == 403
        caught.value.close()
    assert gate.refused == {url: 2}
    gate.forget()
    assert gate.refused == {}


def test_a_tunnel_to_the_mirror(gate, mirror):
    request = f"CONNECT 127.0.0.1:{mirror} HTTP/1.1\r\n\r\n"
    answer = raw(gate, f"{request}GET /t HTTP/1.0\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n\r\n")
    assert b"GET /t" in answer


@pytest.mark.parametrize(
    "request_",
    [
        "CONNECT {host}:{other} HTTP/1.1",
        "CONNECT localhost:{mirror} HTTP/1.1",
        "CONNECT 127.1:{mirror} HTTP/1.1",
        "CONNECT 127.0.0.1:{mirror}@{host}:{other} HTTP/1.1",
        "GET http://{host}:{other}/ HTTP/1.1",
        "GET http://{host}:{mirror}@{host}:{other}/ HTTP/1.1",
        "GET https://{host}:{mirror}/ HTTP/1.1",
        "GET ftp://{host}:{mirror}/ HTTP/1.1",
        "GET / HTTP/1.1",
        "GET http://[::1/ HTTP/1.1",
        "GET http://{host}:port/ HTTP/1.1",
    ],
)
def test_ways_around(gate, mirror, elsewhere, request_):
    asked = request_.format(host="127.0.0.1", mirror=mirror, other=elsewhere)
    answer = raw(gate, f"{asked}\r\nHost: 127.0.0.1:{mirror}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403")
    assert len(gate.refused) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"x\r\n\r\n", b"\xff\xfe / x\r\n\r\n", b"GET " + b"a" * 200_000]
)
def test_what_is_no_request_is_dropped(gate, mirror, data):
    assert raw(gate, data) == b""
    assert ask(gate, f"http://127.0.0.1:{mirror}/")[0] == 200


def test_a_mirror_that_is_down():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        down = Gate([Endpoint.of("127.0.0.1", port)])
        with socket.create_server(("127.0.0.1", 0)) as listener:
            down.serve(listener)
            down.port = listener.getsockname()[1]
            answer = raw(down, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 502")


def test_a_job_that_asks_for_a_million_names_fills_no_memory():
    found = Gate(())
    for number in range(20_000):
        assert found._endpoint(f"a{number}.org:443", tunnel=True) is None
    assert len(found._refused) <= 10_000
    assert len(found.refused) == 100
