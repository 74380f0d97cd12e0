"""`Lines`: connections to a few servers, kept open for whoever asks next."""

import http.client
import ssl
import threading
import urllib.request
import weakref
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bezoar.fortify.mirror.store import PIECE

SILENCE_S: Final = 60.0
"""How long a server may say nothing."""


class Origin(NamedTuple):
    """A server."""

    scheme: str
    host: str
    port: int


def origin_of(url: str) -> Origin:
    """Return the server of an address.

    Raises:
        ValueError: If it is no address of one.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not a web address: {url!r}")
    usual = http.client.HTTPS_PORT if parts.scheme == "https" else http.client.HTTP_PORT
    return Origin(parts.scheme, parts.hostname, parts.port or usual)


class Lines:
    """Connections, each used by one thread at a time."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._idle)

    def take(self, origin: Origin) -> http.client.HTTPConnection:
        """Return an idle connection to a server, or a new one, which connects when it is used."""
        with self._lock:
            if idle := self._idle.get(origin):
                return idle.pop()
            proxy = _proxy_for(origin)
            host, port = proxy or (origin.host, origin.port)
            connection = self._new(origin.scheme, host, port)
        if proxy is not None:
            connection.set_tunnel(origin.host, origin.port)
        return connection

    def _new(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=SILENCE_S, blocksize=PIECE)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return http.client.HTTPSConnection(
            host, port, timeout=SILENCE_S, blocksize=PIECE, context=self._tls
        )

    def keep(self, origin: Origin, connection: http.client.HTTPConnection) -> None:
        """Take back a connection whose last answer was read whole."""
        with self._lock:
            self._idle.setdefault(origin, []).append(connection)


def _proxy_for(origin: Origin) -> tuple[str, int] | None:
    """Return the proxy that the environment names: a confined job has no other way to a mirror."""
    if urllib.request.proxy_bypass(origin.host):
        return None
    parts = urlsplit(urllib.request.getproxies().get(origin.scheme, ""))
    return (parts.hostname, parts.port or http.client.HTTP_PORT) if parts.hostname else None


def _close(idle: dict[Origin, list[http.client.HTTPConnection]]) -> None:
    for connections in idle.values():
        for connection in connections:
            connection.close()
