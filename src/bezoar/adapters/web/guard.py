"""Sockets that reach public addresses only, and that a stranger cannot keep open."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from bezoar.adapters.web.errors import UnreachableError

_MOST_ADDRESSES: Final = 3
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(text: str) -> bool:
    """Say whether an IP address belongs to the public internet.

    Private, loopback, link-local (with it the metadata services of clouds), shared, multicast and
    reserved addresses do not, nor does an IPv6 address that carries such an IPv4 one.
    """
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour or address.teredo:
            return False
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def public_addresses(host: str, port: int) -> list[str]:
    """Resolve a name.

    Raises:
        UnreachableError: If nobody knows it, or one of its addresses is not public: which of them
            a second look-up would give is the attacker's choice.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"{host} cannot be resolved ({error})") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    private = [address for address in addresses if not is_public(address)]
    if private:
        raise UnreachableError(f"{host} is at {private[0]}, which is not a public address")
    return addresses[:_MOST_ADDRESSES]


class PublicConnection(http.client.HTTPSConnection):
    """HTTPS to a public address: the one that was checked is the one that is connected to."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=timeout_s, context=self._tls)
        self.expired = False

    def connect(self) -> None:
        """Connect to the first checked address that answers; see `http.client`."""
        self.sock = self._tls.wrap_socket(
            self._reached(), server_hostname=self.host, do_handshake_on_connect=False
        )
        if self.expired:
            raise TimeoutError
        self.sock.do_handshake()

    def _reached(self) -> socket.socket:
        refusal = OSError("no address")
        for address in public_addresses(self.host, self.port):
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                refusal = error
        raise refusal


class LocalConnection(http.client.HTTPConnection):
    """HTTP to an address that a test handed in."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self.expired = False


@contextmanager
def hung_up_after(connection: PublicConnection | LocalConnection, seconds: float) -> Iterator[None]:
    """End a conversation after some seconds, however slowly the other side goes on talking."""

    def hang_up() -> None:
        connection.expired = True
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()
