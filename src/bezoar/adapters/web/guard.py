"""Sockets that reach public addresses only, and that a stranger cannot keep open."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from bezoar.adapters.web.errors import PrivateAddressError, UnreachableError

if TYPE_CHECKING:
    from io import BufferedReader

_MOST_ADDRESSES: Final = 3
_MOST_HEADER: Final = 1 << 16
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# Where clouds answer for a machine itself, with its keys; others of them are link-local.
_METADATA: Final = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254"))
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(text: str) -> bool:
    """Say whether an IP address belongs to the public internet.

    Private, loopback, link-local (with it the metadata services of clouds), shared, multicast and
    reserved addresses do not, nor does an IPv6 address that carries such an IPv4 one.
    """
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address) and (address.sixtofour or address.teredo):
        return False
    unusual = address.is_multicast or address.is_reserved or address in _METADATA
    return address.is_global and not unusual


def may_be_named(text: str) -> bool:
    """Say whether an address may be reached where a person named it, public or not.

    A machine's own metadata service may not, whoever names it.
    """
    address = _address(text)
    unusual = address.is_multicast or address.is_unspecified or address in _METADATA
    return not (unusual or address.is_link_local)


def _address(text: str) -> _Address:
    """Return an address; the IPv4 one where an IPv6 address carries it."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def addresses_of(host: str, port: int, *, named: bool = False) -> list[str]:
    """Resolve a name.

    Args:
        host: The name.
        port: The port.
        named: A person has named this very host and port: it may be in a private network.

    Raises:
        PrivateAddressError: If one of its addresses is not public: which of them a second look-up
            would give is the attacker's choice.
        UnreachableError: If nobody knows it.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"{host} cannot be resolved ({error})") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    allowed = may_be_named if named else is_public
    refused = [address for address in addresses if not allowed(address)]
    if refused:
        why = f"{host} is at {refused[0]}, which is not a public address"
        raise PrivateAddressError(why, f"{host}:{port}")
    return addresses[:_MOST_ADDRESSES]


class _Bounded:
    """The lines of a header, as far as they are read at all."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines, self._left = lines, _MOST_HEADER

    def readline(self, limit: int = -1) -> bytes:
        line = self._lines.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise http.client.HTTPException(f"a header of more than {_MOST_HEADER:,} bytes")
        return line


class Response(http.client.HTTPResponse):
    """An answer whose header is bounded as a whole, not line by line."""

    def begin(self) -> None:
        """Read the header; see `http.client`."""
        lines = self.fp
        self.fp = cast("BufferedReader", _Bounded(lines))
        try:
            super().begin()
        finally:
            self.fp = lines


class PublicConnection(http.client.HTTPSConnection):
    """HTTPS to a public address: the one that was checked is the one that is connected to.

    With `named` it may be a private one: see `addresses_of`.
    """

    response_class = Response
    line: socket.socket

    def __init__(self, host: str, port: int, timeout_s: float, *, named: bool = False) -> None:
        self._tls, self._named = ssl.create_default_context(), named
        super().__init__(host, port, timeout=timeout_s, context=self._tls)
        self.expired = False

    def connect(self) -> None:
        """Connect to the first checked address that answers; see `http.client`."""
        self.sock = self._tls.wrap_socket(
            _reached(self, named=self._named),
            server_hostname=self.host,
            do_handshake_on_connect=False,
        )
        if self.expired:
            raise TimeoutError
        self.sock.do_handshake()


class PlainConnection(http.client.HTTPConnection):
    """HTTP, unencrypted, to an address that was checked like that of a `PublicConnection`."""

    response_class = Response
    line: socket.socket

    def __init__(self, host: str, port: int, timeout_s: float, *, named: bool = False) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._named = named
        self.expired = False

    def connect(self) -> None:
        """Connect to the first checked address that answers; see `http.client`."""
        self.sock = self.line = _reached(self, named=self._named)
        if self.expired:
            raise TimeoutError


class LocalConnection(http.client.HTTPConnection):
    """HTTP to an address that a test handed in."""

    response_class = Response
    line: socket.socket

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self.expired = False

    def connect(self) -> None:
        """Connect; see `http.client`."""
        super().connect()
        self.line = self.sock


Connection = PublicConnection | PlainConnection | LocalConnection


def _reached(connection: PublicConnection | PlainConnection, *, named: bool) -> socket.socket:
    refusal = OSError("no address")
    for address in addresses_of(connection.host, connection.port, named=named):
        try:
            return socket.create_connection((address, connection.port), connection.timeout)
        except OSError as error:
            refusal = error
    raise refusal


def hang_up(connection: Connection) -> None:
    """End a conversation from another thread; whoever reads sees the end of the line."""
    connection.expired = True
    with suppress(OSError, AttributeError):
        # Not `sock`, which is let go as soon as a last answer has begun.
        connection.line.shutdown(socket.SHUT_RDWR)


@contextmanager
def hung_up_after(connection: Connection, seconds: float) -> Iterator[None]:
    """End a conversation after some seconds, however slowly the other side goes on talking."""
    timer = threading.Timer(seconds, hang_up, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()
