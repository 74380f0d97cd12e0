"""`Endpoint`: a host and a port that a job may reach, checked before it enters any policy.

What stands in a settings file may have been written by somebody else. A name that is no host's
name is refused: in a policy it would be read as more than a name.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self
from urllib.parse import SplitResult, unquote, urlsplit

from bezoar.core.errors import UsageError
from bezoar.project.settings import MirrorSettings

_NEXT: Final = "mend [mirror] and [egress] in bezoar.toml"
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_LONGEST_HOST: Final = 253
_LONGEST_PORT: Final = 65535
_WEB_PORTS: Final = {"https": 443, "oci": 443, "http": 80}
_GOOGLE: Final = "storage.googleapis.com"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Endpoint:
    """A host and a port.

    Law: its text has only letters, digits, `.`, `-`, `:`, `[` and `]`.

    Attributes:
        host: A name in lower case, or an IP address without brackets.
        port: 1 to 65535.
    """

    host: str
    port: int

    @classmethod
    def of(cls, host: str, port: int) -> Self:
        """Return the endpoint of a host that somebody wrote.

        Raises:
            UsageError: If it is no host, or one that hands out a machine's keys.
        """
        one = cls(_host(host), port)
        if one.address is not None and (one.address.is_link_local or one.address.is_multicast):
            message = f"a job has no business with {host}: metadata services live there"
            raise UsageError(message, _NEXT)
        if not 0 < port <= _LONGEST_PORT:
            raise UsageError(f"not a port: {port}", _NEXT)
        return one

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host:port`; an IPv6 address stands in brackets.

        Raises:
            UsageError: If it is none.
        """
        host, _, port = text.rpartition(":")
        if not host or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII):
            raise UsageError(f"not host:port: {text!r}", _NEXT)
        return cls.of(host, int(port))

    @cached_property
    def address(self) -> Address | None:
        """The host, where it is an address and no name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    def __str__(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class Destinations:
    """All that a job may reach.

    Attributes:
        mirror: The mirror's address, without its path: safe in any comment.
        endpoints: Of the mirror; none where it is a folder.
        also: What `[egress] also` adds.
        bucket: The mirror's bucket in S3 or Google's store, else empty.
        kind: `s3`, `gs`, `file`, `oci` or `http`.
        folder: The mirror's folder, where it is one; relative to the project's.
    """

    mirror: str
    endpoints: tuple[Endpoint, ...]
    also: tuple[Endpoint, ...] = ()
    bucket: str = ""
    kind: str = "http"
    folder: str = ""

    @property
    def all(self) -> tuple[Endpoint, ...]:
        """The mirror's endpoints, then the others, each once."""
        return tuple(dict.fromkeys((*self.endpoints, *self.also)))


def destinations(
    mirror: MirrorSettings,
    also: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Destinations:
    """Return what a job may reach, from the settings.

    Args:
        mirror: The `[mirror]` table.
        also: `host:port` of what else it needs.
        environment: Where AWS's region and endpoint are looked up; the process's own by default.

    Raises:
        UsageError: If there is no mirror, or something is no host's name.
    """
    if not mirror.uri:
        message = "no mirror is declared: [mirror] uri is missing in bezoar.toml"
        raise UsageError(message, next="bezoar mirror --help")
    found = _mirror(mirror.uri, mirror, os.environ if environment is None else environment)
    return replace(found, also=tuple(map(Endpoint.parse, also)))


def _mirror(uri: str, settings: MirrorSettings, environment: Mapping[str, str]) -> Destinations:
    if not _SCHEME.match(uri):
        return Destinations("a folder", (), kind="file", folder=uri)
    scheme, parts = _split(uri)
    if scheme == "file":
        return Destinations("a folder", (), kind="file", folder=unquote(parts.path))
    if scheme in ("s3", "gs"):
        bucket = parts.netloc
        if not _BUCKET.fullmatch(bucket):
            raise UsageError(f"not a bucket's name: {bucket!r}", _NEXT)
        found = _in_store(scheme, bucket, settings, environment)
        return Destinations(f"{scheme}://{bucket}", found, bucket=bucket, kind=scheme)
    if scheme in _WEB_PORTS:
        one = _of_web(scheme, parts)
        return Destinations(f"{scheme}://{one}", (one,), kind="oci" if scheme == "oci" else "http")
    raise UsageError(f"no mirror has an address that begins with {scheme!r}", _NEXT)


def _split(uri: str) -> tuple[str, SplitResult]:
    if not uri.isascii() or not uri.isprintable() or " " in uri:
        raise UsageError(f"not a mirror's address: {uri!r}", _NEXT)
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise UsageError(f"not a mirror's address: {uri!r} ({error})", _NEXT) from None
    if parts.query or parts.fragment:
        raise UsageError(f"a mirror's address has no ? and no #: {uri!r}", _NEXT)
    if "@" in parts.netloc:
        raise UsageError("the mirror's address holds a password or a user's name", _NEXT)
    return parts.scheme, parts


def _of_web(scheme: str, parts: SplitResult) -> Endpoint:
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"not a host: {parts.netloc!r}", _NEXT) from None
    return Endpoint.of(host, _WEB_PORTS[scheme] if port is None else port)


def _in_store(
    scheme: str, bucket: str, settings: MirrorSettings, environment: Mapping[str, str]
) -> tuple[Endpoint, ...]:
    """Return the hosts of one bucket of S3, never the host of all its buckets.

    `s3.REGION.amazonaws.com` serves every public bucket; `BUCKET.s3.…` serves one. Google's store
    has one host for all of them.
    """
    own = settings.endpoint
    if scheme == "s3":
        named = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        own = own or named
    if own:
        protocol, parts = _split(own)
        if protocol not in ("http", "https"):
            raise UsageError(f"not the address of a store: {own!r}", _NEXT)
        return (_of_web(protocol, parts),)
    if scheme == "gs":
        return (Endpoint.of(_GOOGLE, 443),)
    hosts = [f"{bucket}.s3.amazonaws.com"]
    usual = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if region := settings.region or usual:
        if not _REGION.fullmatch(region):
            raise UsageError(f"not a region of AWS: {region!r}", "export AWS_REGION=eu-central-1")
        hosts.append(f"{bucket}.s3.{region}.amazonaws.com")
    return tuple(Endpoint.of(host, 443) for host in hosts)


def _host(text: str) -> str:
    name = text.lower().removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    name = name.removesuffix(".")
    labels = name.split(".")
    if (
        not name.isascii()
        or len(name) > _LONGEST_HOST
        or not all(_LABEL.fullmatch(label) for label in labels)
        or labels[-1].isdecimal()  # 127.1 and 0x7f.1 are addresses to some programs
    ):
        raise UsageError(f"not a host's name: {text!r}", _NEXT)
    return name
