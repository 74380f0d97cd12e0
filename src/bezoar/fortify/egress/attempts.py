"""Trying to get out: one connection, one question, one tunnel each, all at once.

Only the standard library: a confined job's own process runs this before it becomes the job.
"""

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final, Self
from urllib.parse import urlsplit

_DNS_PORT: Final = 53
_LONGEST_ANSWER: Final = 4096
_OK: Final = b" 200"
_PROXY_VARIABLES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY")


class Way(StrEnum):
    """How one tries to get out."""

    TCP = "tcp"
    UDP = "udp"
    DNS = "dns"
    PROXY = "proxy"
    METADATA = "metadata"
    ENGINE = "engine"
    MIRROR = "mirror"


class Answer(StrEnum):
    """What came of it."""

    OPEN = "open"  # something answered
    REFUSED = "refused"  # the system, or something in the network, said no
    SILENT = "silent"  # nothing answered in time: what a dropped packet looks like, and a lost one


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way that was tried.

    Attributes:
        way: How.
        target: What was knocked at.
        answer: What came of it.
        detail: In a few words.
        seconds: How long it took.
    """

    way: Way
    target: str
    answer: Answer
    detail: str
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(Way(value["way"]), value["target"], Answer(value["answer"]), value["detail"])


@dataclass(frozen=True, slots=True)
class Targets:
    """Where to knock.

    Attributes:
        hosts: `host:port`, by TCP, through each proxy of the environment, and by DNS.
        resolvers: Addresses that are asked by UDP, and connected to by TCP.
        metadata: `address:port`.
        engines: Paths of sockets.
        mirror: `host:port` of the mirror, or the path of its folder; empty where it is not asked.
    """

    hosts: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    mirror: tuple[str, ...] = ()


_Try = Callable[[float], str]
"""Tries for so many seconds; returns what answered, raises OSError where nothing did."""


def attempt_all(targets: Targets, timeout: float) -> list[Attempt]:
    """Try every way at once.

    Args:
        targets: Where to knock.
        timeout: Seconds after which nothing is waited for any more.
    """
    ways = list(_ways(targets))
    results: dict[int, Attempt] = {}
    threads = []
    for number, one in enumerate(ways):
        # A resolver that does not answer is waited for inside of the C library, past all patience.
        threads.append(Thread(target=_try, args=(results, number, one, timeout), daemon=True))
    deadline = time.monotonic() + timeout + 0.5
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = "no answer in time"
    return [
        results.get(number) or Attempt(way, target, Answer.SILENT, late, timeout)
        for number, (way, target, _) in enumerate(ways)
    ]


def _ways(targets: Targets) -> Iterator[tuple[Way, str, _Try]]:
    proxies = proxies_of(os.environ)
    for host in targets.hosts:
        yield Way.TCP, host, partial(_connect, host)
        name = split(host)[0]
        if not _is_address(name):
            yield Way.DNS, name, partial(_resolve, name)
        for proxy in proxies:
            yield Way.PROXY, f"{host} by {proxy}", partial(_tunnel, proxy, host)
    for address in targets.resolvers:
        yield Way.TCP, join(address, 443), partial(_connect, join(address, 443))
        yield Way.UDP, join(address, _DNS_PORT), partial(_ask, address)
    for target in targets.metadata:
        yield Way.METADATA, target, partial(_knock, target)
    for path in targets.engines:
        yield Way.ENGINE, path, partial(_knock_at_socket, path)
    for mirror in targets.mirror:
        yield Way.MIRROR, mirror, partial(_reach_mirror, mirror, proxies)


def _try(
    results: dict[int, Attempt], number: int, one: tuple[Way, str, _Try], timeout: float
) -> None:
    way, target, tried = one
    begun = time.monotonic()
    answer, detail = Answer.OPEN, ""
    try:
        detail = tried(timeout)
    except TimeoutError:
        answer, detail = Answer.SILENT, "no answer in time"
    except (OSError, ValueError) as error:
        answer, detail = Answer.REFUSED, _why(error)
    seconds = round(time.monotonic() - begun, 3)
    results[number] = Attempt(way, target, answer, detail, seconds)


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name was not resolved"
    number = getattr(error, "errno", None)
    if number in (errno.EPERM, errno.EACCES):
        return "the system does not permit it"
    if number == errno.ECONNREFUSED:
        return "the connection was reset"
    return (getattr(error, "strerror", None) or str(error)).lower()


def _connect(target: str, timeout: float) -> str:
    """Connect, and where that works see whether it is the host itself that answers."""
    host, port = split(target)
    with socket.create_connection((host, port), timeout) as connection:
        import ssl  # noqa: PLC0415 - rarely is there anything to ask

        with suppress(OSError, ValueError):
            context = ssl.create_default_context()
            with context.wrap_socket(connection, server_hostname=host):
                return f"{host} itself answered, by TLS"
    return f"something answered, and did not prove to be {host}"


def _knock(target: str, timeout: float) -> str:
    with socket.create_connection(split(target), timeout):
        return "it answered"


def _knock_at_socket(path: str, timeout: float) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
    return "it answered"


def _resolve(name: str, _timeout: float) -> str:
    found = {str(answer[4][0]) for answer in socket.getaddrinfo(name, 443)}
    return f"it has the address {min(found)}"


def _ask(address: str, timeout: float) -> str:
    """Ask a resolver for the root's name servers: the one question that tells it nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as connection:
        connection.settimeout(timeout)
        connection.connect((address, _DNS_PORT))
        header = b"\x62\x7a\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        connection.send(header + b"\x00\x00\x02\x00\x01")
        connection.recv(_LONGEST_ANSWER)
    return "it answered"


def _tunnel(proxy: str, target: str, timeout: float) -> str:
    with socket.create_connection(split(proxy), timeout) as connection:
        request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"
        connection.sendall(request.encode("ascii"))
        status = connection.recv(_LONGEST_ANSWER).partition(b"\r\n")[0]
    if not status.startswith(b"HTTP/") or _OK not in status:
        raise PermissionError(errno.EACCES, "the proxy refused")
    return "the proxy made a tunnel"


def _reach_mirror(target: str, proxies: Sequence[str], timeout: float) -> str:
    if os.sep in target:
        next(Path(target).iterdir(), None)
        return "its folder can be read"
    try:
        return _knock(target, timeout)
    except OSError:
        for proxy in proxies:
            with suppress(OSError):
                return _tunnel(proxy, target, timeout)
        raise


def proxies_of(environment: Mapping[str, str]) -> list[str]:
    """Return the proxies that an environment names, each once as `host:port`."""
    found = []
    for name in _PROXY_VARIABLES:
        with suppress(ValueError):
            text = environment.get(name, "")
            parts = urlsplit(text if "://" in text else f"http://{text}")
            if parts.hostname:
                found.append(join(parts.hostname, parts.port or 80))
    return list(dict.fromkeys(found))


def split(target: str) -> tuple[str, int]:
    """Return host and port of `host:port`; of an IPv6 address without its brackets."""
    host, _, port = target.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def join(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            return bool(socket.inet_pton(family, host))
    return False
