"""What a scan saw of data that comes in, as an audit asks for it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from bezoar.core.source import Pin
from bezoar.evaluate.journey.arrivals import Arrival
from bezoar.evaluate.journey.identity import is_public_host
from bezoar.recon.scan.address_kind import STORES, WEB, scheme
from bezoar.recon.scan.fetch import Checksum, Danger, Fetch, Kind
from bezoar.recon.scan.registered import canonical

_LONGEST: Final = 200  # lines of one fetch
_DECIDED: Final = re.compile(r"\{[^{}|]{1,100}\|([^{}]{1,2000})\}")
"""`{uri|s3://bucket/key}`: what only a run decides, and what it is where nobody does."""


def arrivals(fetches: Iterable[Fetch], mirrors: Sequence[str]) -> list[Arrival]:
    """Return each fetch of data or of a model as an arrival.

    Args:
        fetches: What a scan saw.
        mirrors: Addresses below which the team keeps what it vetted.
    """
    places = tuple(canonical(uri).place for uri in mirrors)
    return [
        Arrival(
            path=one.path,
            line=one.line,
            uri=one.uri,
            loader=one.loader,
            kind=str(one.kind),
            pinned=one.pin in (Pin.HASH, Pin.REVISION) or one.registered_bytes,
            verified=one.checksum is not Checksum.NONE,
            public=is_public(one.uri, places),
            revision=one.revision or "",
            remote_code=Danger.REMOTE_CODE in one.dangers,
        )
        for one in fetches
        if one.kind is not Kind.OTHER
    ]


def looked_at(fetches: Iterable[Fetch]) -> Iterator[tuple[str, int]]:
    """Yield each line of each fetch that a scan saw, data or not."""
    for one in fetches:
        last = min(max(one.line, one.end_line), one.line + _LONGEST)
        yield from ((one.path, line) for line in range(one.line, last + 1))


def outsiders(mirrors: Sequence[str]) -> Callable[[str], bool]:
    """Return what says whether an address is neither the team's own nor one of its mirrors."""
    places = tuple(canonical(uri).place for uri in mirrors)
    return lambda uri: is_public(uri, places)


def is_public(uri: str, mirrors: Sequence[str] = ()) -> bool:
    """Say whether an address is one that the world can ask, and the team does not own.

    A bucket's name does not tell whose it is; what is decided at run time is not known.

    Args:
        uri: As a scan writes it.
        mirrors: The places of the team's own copies, as `canonical` writes them.
    """
    uri = _DECIDED.sub(r"\1", uri)
    place = canonical(uri).place
    if "/.." not in place and any(
        place == mirror or place.startswith(mirror + "/") for mirror in mirrors
    ):
        return False
    start = scheme(uri)
    if start in WEB or start in ("git", "ssh"):
        return is_public_host(uri)
    if start == "hf" or not start:
        # `huggingface:acme/signs`, `torchvision:CIFAR10`: a library's own catalogue.
        name, colon, rest = uri.partition(":")
        return start == "hf" or (bool(colon) and name.isascii() and not rest.startswith("{"))
    return start not in STORES and start not in ("file", "oci", "docker")
