"""`Reach`: which addresses may be asked, how, and what each host is told about who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.guard import (
    Connection,
    LocalConnection,
    PlainConnection,
    PublicConnection,
)

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses may be asked: public ones over https, and what a person names besides.

    Attributes:
        plain: Hosts that may be asked over http.
        private: `HOST:PORT` in private networks, loopback included.
        local: For tests: base addresses (`http://127.0.0.1:PORT/x`) that answer for a host.
        tokens: What is sent as `Authorization`, for each host, over https alone.
    """

    plain: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    local: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)

    def connection(self, url: str, timeout_s: float, *, before: str = "") -> tuple[Connection, str]:
        """Return a connection for an address, and what to ask on it.

        Args:
            url: The address.
            timeout_s: Seconds of silence that are borne.
            before: The address that redirected here, where one did.

        Raises:
            UnreachableError: If it is no address of a host that may be asked.
        """
        parts, host = self.checked(url)
        if before:
            self._check_hop(before, url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if base := self.local.get(host):
            there = urlsplit(base)
            local = LocalConnection(there.hostname or "", there.port or 80, timeout_s)
            return local, there.path.rstrip("/") + target
        kind = PublicConnection if parts.scheme == "https" else PlainConnection
        port = parts.port or _PORTS[parts.scheme]
        return kind(host, port, timeout_s, named=self.is_private(url)), target

    def checked(self, url: str) -> tuple[SplitResult, str]:
        """Return an address in parts, and its host.

        Raises:
            UnreachableError: If it is neither https nor http to a host that may be asked so, names
                a user, or is no address at all.
        """
        try:
            parts = urlsplit(url)
            host, _port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise UnreachableError("that is no web address") from None
        if not url.isascii() or not url.isprintable() or " " in url:
            raise UnreachableError("that is no web address: it holds characters that none has")
        if parts.scheme != "https" and not (parts.scheme == "http" and host in self.plain):
            raise UnreachableError(f"only https is asked, not {parts.scheme or 'nothing'}:")
        if parts.username is not None or parts.password is not None:
            raise UnreachableError("an address with a user in it is not asked")
        if not _HOST.fullmatch(host):
            raise UnreachableError("that is no host")
        return parts, host

    def headers(self, url: str) -> dict[str, str]:
        """Return what every question carries, with the token of its host where there is one."""
        headers = {"User-Agent": "bezoar", "Accept-Encoding": "identity", "Accept": "*/*"}
        token = self.tokens.get(host_of(url))
        if token and urlsplit(url).scheme == "https":
            headers["Authorization"] = token
        return headers

    def is_private(self, url: str) -> bool:
        """Say whether a person has named this host and port as one of a private network."""
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
        return f"{(parts.hostname or '').lower()}:{port}" in self.private

    def _check_hop(self, before: str, url: str) -> None:
        """Refuse what only a person may choose: a line without encryption, a private network."""
        if urlsplit(url).scheme == "http" != urlsplit(before).scheme:
            raise UnreachableError(f"{host_of(before)} redirects to an unencrypted line")
        if self.is_private(url) and not self.is_private(before):
            raise UnreachableError(f"{host_of(before)} redirects into a private network")


def joined(url: str, location: str) -> str:
    """Return the address that an answer from another one names.

    Raises:
        UnreachableError: If it is none.
    """
    try:
        return urljoin(url, location)
    except ValueError:
        raise UnreachableError(f"{host_of(url)} names what is no web address") from None


def host_of(url: str) -> str:
    """Return an address's host, for a message."""
    try:
        return (urlsplit(url).hostname or "").lower()[:100] or "nobody"
    except ValueError:
        return "nobody"
