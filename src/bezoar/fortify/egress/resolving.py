"""The addresses behind the endpoints, for what can only tell addresses apart."""

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.egress.endpoints import Endpoint

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEXT: Final = "bezoar egress emit --for nftables --address HOST=10.0.0.5"
_WIDEST: Final = {4: 8, 6: 19}
"""The shortest prefix that is taken: what is wider allows a large part of the internet."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The networks of each endpoint, and when that was so.

    Attributes:
        networks: Sorted, IPv4 before IPv6.
        when: RFC 3339, in UTC.
    """

    networks: Mapping[Endpoint, tuple[Network, ...]]
    when: str

    def pairs(self, version: int) -> list[tuple[Network, int]]:
        """Return each network of an IP version with its port, once."""
        found = {
            (network, endpoint.port): None
            for endpoint, networks in self.networks.items()
            for network in networks
            if network.version == version
        }
        return list(found)


def resolve(endpoints: Sequence[Endpoint], given: Sequence[str] = ()) -> Addresses:
    """Ask the resolver for the addresses of endpoints.

    Args:
        endpoints: Whose.
        given: `HOST=NETWORK`, in place of what the resolver says of that host.

    Raises:
        UsageError: If a given one is no network, or of no host that is asked for.
        BezoarError: If a name has no address.
    """
    known = _given(given, {endpoint.host for endpoint in endpoints})
    networks = {one: tuple(known.get(one.host) or _of(one)) for one in endpoints}
    return Addresses(networks, datetime.now(UTC).isoformat(timespec="seconds"))


def _given(given: Sequence[str], hosts: set[str]) -> dict[str, list[Network]]:
    known: dict[str, list[Network]] = {}
    for text in given:
        host, _, network = text.partition("=")
        if host not in hosts:
            message = f"no endpoint is named {host!r} (want HOST=ADDRESS or HOST=NETWORK)"
            raise UsageError(message, next=f"--address {min(hosts, default='HOST')}=10.0.0.5")
        known.setdefault(host, []).append(parse_network(network))
    return {host: _ordered(networks) for host, networks in known.items()}


def parse_network(text: str) -> Network:
    """Read an address or a network.

    Raises:
        UsageError: If it is none, or so wide that it is no destination any more.
    """
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise UsageError(f"not an address or a network: {text!r}", _NEXT) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise UsageError(f"{network} is too wide to be a destination", _NEXT)
    return _no_metadata(network)


def _no_metadata(network: Network) -> Network:
    """Refuse where metadata services live: they hand out the machine's keys."""
    if network.is_link_local or network.is_multicast:
        raise UsageError(f"a job has no business with {network}", _NEXT)
    return network


def _of(endpoint: Endpoint) -> list[Network]:
    try:
        answers = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise BezoarError(
            f"{endpoint.host} has no address here: {error.strerror}",
            next=f"--address {endpoint.host}=10.0.0.5",
        ) from None
    found = {str(answer[4][0]).partition("%")[0] for answer in answers}
    return _ordered([_no_metadata(ipaddress.ip_network(address)) for address in found])


def _ordered(networks: Sequence[Network]) -> list[Network]:
    return sorted(
        set(networks),
        key=lambda network: (network.version, int(network.network_address), network.prefixlen),
    )
