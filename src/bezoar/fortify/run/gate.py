"""`Gate`: the one way out of a confined job: a proxy that leads to the mirror, and nowhere else.

It runs outside of the job's network, in the process that started the job, and takes connections
from a listener inside of it. What is asked for beside the mirror is refused, and counted.
"""

import socket
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock, Semaphore, Thread
from typing import Final
from urllib.parse import urlsplit

from bezoar.core.errors import UsageError
from bezoar.fortify.egress.endpoints import Endpoint

_LONGEST_HEAD: Final = 1 << 16
_PIECE: Final = 1 << 16
_MOST_AT_ONCE: Final = 256
_MOST_NAMED: Final = 100
_PATIENCE_S: Final = 30.0
_HTTP_PORT: Final = 80
_ENDS_HERE: Final = (b"proxy-", b"connection:", b"keep-alive:")


class Gate:
    """A forward proxy to a few endpoints.

    Law: it never connects to anything else.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._allowed = frozenset(endpoints)
        self._refused: Counter[str] = Counter()
        self._lock, self._places = Lock(), Semaphore(_MOST_AT_ONCE)

    @property
    def refused(self) -> dict[str, int]:
        """How often each thing was asked for that is not allowed, the most often first."""
        with self._lock:
            return dict(self._refused.most_common(_MOST_NAMED))

    def forget(self) -> None:
        """Count anew."""
        with self._lock:
            self._refused.clear()

    def serve(self, listener: socket.socket) -> None:
        """Answer whoever connects to a listener, in threads that end with the process."""
        Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                self._places.acquire()
                client, _ = listener.accept()
                Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        try:
            with client, suppress(OSError, ValueError):
                client.settimeout(_PATIENCE_S)
                self._pass(client, *_head(client))
        finally:
            self._places.release()

    def _pass(self, client: socket.socket, head: bytes, rest: bytes) -> None:
        lines = head.split(b"\r\n")
        method, target, _ = lines[0].decode("ascii").split(" ")
        tunnel = method == "CONNECT"
        endpoint = self._endpoint(target, tunnel=tunnel)
        if endpoint is None:
            _say(client, "403 Forbidden", f"{target} is not the mirror: see [egress] also\n")
            return
        try:
            server = socket.create_connection((endpoint.host, endpoint.port), _PATIENCE_S)
        except OSError as error:
            _say(client, "502 Bad Gateway", f"{endpoint} does not answer: {error}\n")
            return
        with server:
            for one in (client, server):
                one.settimeout(None)
            if tunnel:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                server.sendall(rest)
            else:
                server.sendall(_plain(method, target, lines[1:]) + rest)
            _join(client, server)

    def _endpoint(self, target: str, *, tunnel: bool) -> Endpoint | None:
        """Return where a request leads, if it may go there."""
        with suppress(UsageError, ValueError):
            if tunnel:
                found = Endpoint.parse(target)
            else:
                parts = urlsplit(target)
                found = Endpoint.of(parts.hostname or "", parts.port or _HTTP_PORT)
                if parts.scheme != "http":
                    found = None
            if found in self._allowed:
                return found
        with self._lock:
            # Names are the job's: it could ask for a million of them.
            if len(self._refused) < 100 * _MOST_NAMED or target in self._refused:
                self._refused[target[:300]] += 1
        return None


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    """Read up to the end of a request's head; return it, and what came after."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(_PIECE)
        if not piece or len(data) > _LONGEST_HEAD:
            raise ValueError("no request")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _plain(method: str, target: str, headers: list[bytes]) -> bytes:
    """Return the head that the mirror's server expects; one request is one connection."""
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in headers if not line.lower().startswith(_ENDS_HERE)]
    first = f"{method} {path} HTTP/1.1".encode("ascii")
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _say(client: socket.socket, status: str, text: str) -> None:
    body = text.encode("utf-8", "backslashreplace")
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    client.sendall(head.encode("ascii") + body)


def _join(client: socket.socket, server: socket.socket) -> None:
    """Pass bytes both ways until both sides have said all."""
    back = Thread(target=_copy, args=(server, client), daemon=True)
    back.start()
    _copy(client, server)
    back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
