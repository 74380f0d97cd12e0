"""Which entry of the DBOM covers a fetch: the same place, written in any of its ways."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from bezoar.datasets.entry import DbomEntry, Status
from bezoar.recon.scan.fetch import Fetch

_HUB_HOSTS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_HUB_FILE: Final = frozenset({"resolve", "raw", "blob", "tree"})
# Parameters that say how bytes are sent, or who asks; none of them says which bytes.
_ASIDE: Final = re.compile(
    r"(?i)(?:download|dl|raw|ref_type|usp|access_?token|token|sig|signature|expires|key-pair-id"
    r"|x-amz-.*|x-goog-.*|awsaccesskeyid|googleaccessid|s[evprt]|st|spr|skoid|sktid)"
)
_STORE_ALIASES: Final = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "https": "http"}
_S3_HOST: Final = re.compile(r"(?:(?P<bucket>[^/]+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")
_COVERING: Final = frozenset({Status.DRAFT, Status.APPROVED})


class Address(NamedTuple):
    """A place, whatever way it was written in.

    Attributes:
        place: The canonical address, without a slash at its end.
        revision: The revision that stood in the address itself.
    """

    place: str
    revision: str | None = None


def canonical(uri: str) -> Address:
    """Return the one way to write an address.

    `https` and `http` are one, as are `hf://datasets/a/b`, `hf-datasets:a/b` and the page on the
    Hub; letter case of scheme and host, a slash at the end, a fragment, credentials, and
    parameters that do not choose the bytes do not count.
    """
    uri = uri.strip()
    scheme, colon, rest = uri.partition(":")
    scheme = _STORE_ALIASES.get(scheme.lower(), scheme.lower())
    if not colon:
        return Address(uri.rstrip("/"))
    if scheme in ("hf", "hf-datasets"):
        return _hub(scheme, rest.lstrip("/"))
    if not rest.startswith("//"):
        return Address(f"{scheme}:{rest.rstrip('/')}")
    return _web(scheme, rest)


def _web(scheme: str, rest: str) -> Address:
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return Address(f"{scheme}:{rest.rstrip('/')}")
    path = quote(unquote(parts.path), safe="/{}@:+,=~!$&'()*")
    if scheme == "http" and host in _HUB_HOSTS:
        return _hub_page(path)
    if scheme == "http" and (bucket := _S3_HOST.fullmatch(host)):
        scheme, host, port = "s3", bucket["bucket"] or "", None
    shown = f"{host}:{port}" if port not in (None, 80, 443) else host
    kept = [pair for pair in parse_qsl(parts.query, True) if not _ASIDE.fullmatch(pair[0])]
    query = f"?{urlencode(sorted(kept))}" if kept else ""
    place = f"{shown}{path}".strip("/")
    return Address(f"{scheme}://{place}{query}")


def _hub_page(path: str) -> Address:
    parts = [part for part in path.split("/") if part]
    scheme = "hf"
    if parts[:1] == ["datasets"]:
        scheme, parts = "hf-datasets", parts[1:]
    # `OWNER/NAME/resolve/REVISION/FILE`; the oldest ones have no owner.
    for at in (2, 1):
        if len(parts) > at + 1 and parts[at] in _HUB_FILE:
            place = "/".join([*parts[:at], *parts[at + 2 :]])
            return Address(f"{scheme}:{place}", parts[at + 1])
    return Address(f"{scheme}:{'/'.join(parts)}")


def _hub(scheme: str, rest: str) -> Address:
    if scheme == "hf" and rest.startswith("datasets/"):
        scheme, rest = "hf-datasets", rest.removeprefix("datasets/")
    owner, slash, tail = rest.partition("/")
    name, at, end = tail.partition("@")
    if not slash:
        name, at, end = owner.partition("@")
        owner = ""
    revision, below, file = end.partition("/")
    place = "/".join(filter(None, [owner, name, file if below else ""]))
    return Address(f"{scheme}:{place.rstrip('/')}", revision if at and revision else None)


@dataclass(frozen=True, slots=True)
class Cover:
    """An entry that speaks of a fetch's source.

    Attributes:
        entry: The entry.
        covers: Whether it may be used: neither quarantined nor revoked.
    """

    entry: DbomEntry
    covers: bool


@dataclass(frozen=True)
class Registry:
    """The sources that the DBOM knows.

    An entry covers its own addresses, and what lies below one that ends with `/` or is a whole
    repository of the Hub. A source that is not known as one literal is covered only below such an
    address.

    Attributes:
        entries: Of the DBOM.
    """

    entries: tuple[DbomEntry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[DbomEntry]) -> "Registry":
        """Return the registry of these entries."""
        return cls(tuple(entries))

    @cached_property
    def _by_place(self) -> dict[str, list[tuple[DbomEntry, str | None]]]:
        places: dict[str, list[tuple[DbomEntry, str | None]]] = {}
        for entry in self.entries:
            for uri in entry.origin.uris:
                place, inside = canonical(uri)
                revision = entry.origin.revision or inside
                places.setdefault(place, []).append((entry, revision))
                if uri.endswith("/") or place.startswith(("hf:", "hf-datasets:")):
                    places.setdefault(place + "/", []).append((entry, revision))
        return places

    def cover(self, fetch: Fetch) -> Cover | None:
        """Return the newest entry that covers a fetch, else one that would if it were admitted."""
        place, inside = canonical(fetch.uri)
        revision = fetch.revision or inside
        known = [
            entry
            for key in _keys(place)
            for entry, pinned in self._by_place.get(key, ())
            if pinned is None or revision is None or pinned == revision
        ]
        if not known:
            return None
        best = max(known, key=lambda entry: (entry.status in _COVERING, entry.added_at))
        return Cover(best, best.status in _COVERING)


def registered(fetch: Fetch, entry: DbomEntry) -> Fetch:
    """Return a fetch as covered by an entry."""
    return replace(fetch, registered=entry.spec, registered_bytes=entry.content is not None)


def _keys(place: str) -> Iterable[str]:
    """Yield the place itself if it is a literal, and each folder above what is one."""
    start, brace, _ = place.partition("{")
    if not brace:
        yield place
    if "/../" in place or place.endswith("/.."):
        return  # it climbs out of the folder that it seems to lie in
    end = start.rfind("/")
    while end > 0:
        yield start[: end + 1]
        end = start.rfind("/", 0, end)
