"""BZ328: a picture that another program wrote than all others."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.exif import jpeg_segments
from bezoar.fortify.vetting.specimen import Specimen

RULE: Final = Rule(
    code="BZ328",
    name="one-off-encoder",
    title="Picture from another encoder than all others",
    severity=Severity.LOW,
    why="Where one program wrote a whole set, the few files that another one wrote were put in"
    " later. They are what to look at first.",
)

FEWEST: Final = 50
"""Pictures of one format, from which on a set says something about one of them."""
_SHARE: Final = 0.95
_RARE: Final = 0.002
_CHUNK_HEADER: Final = 8


def signature(specimen: Specimen) -> str:
    """Return what an encoder leaves in every file it writes; empty where nothing is known.

    Of a JPEG the quantisation tables, the sampling of the colours, and the order of its segments;
    of a PNG depth, colour type, interlacing, and the order of its chunks.
    """
    if specimen.kind == "jpeg":
        return "jpeg " + _short(_jpeg(specimen.head))
    if specimen.kind == "png":
        return "png " + _short(_png(specimen.head))
    return ""


def odd_ones(seen: Iterable[tuple[str, int]]) -> frozenset[str]:
    """Return the signatures that are rare in a set that nearly always has the same.

    Args:
        seen: Each signature, and how many files have it.
    """
    counts = Counter(dict(seen))
    odd: set[str] = set()
    for form in {signature.partition(" ")[0] for signature in counts}:
        mine = {one: count for one, count in counts.items() if one.startswith(f"{form} ")}
        total = sum(mine.values())
        if total >= FEWEST and max(mine.values()) >= _SHARE * total:
            odd |= {one for one, count in mine.items() if count <= max(1, _RARE * total)}
    return frozenset(odd)


def _short(parts: Iterator[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _jpeg(data: bytes) -> Iterator[bytes]:
    for code, content in jpeg_segments(data):
        yield bytes([code])
        if code == 0xDB:  # noqa: PLR2004 - quantisation tables
            yield content
        elif 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):  # noqa: PLR2004 - a frame
            yield content[:1] + content[5:]


def _png(data: bytes) -> Iterator[bytes]:
    yield data[24:29]
    at, before = 8, b""
    while len(data) >= at + _CHUNK_HEADER:
        kind = data[at + 4 : at + 8]
        if kind != before:
            yield kind
        before = kind
        at += 12 + int.from_bytes(data[at : at + 4], "big")
