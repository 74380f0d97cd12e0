"""What changed: each place that holds a version's bytes, compared with what was approved."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.mirror import Mirror
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.datasets.containers import readable
from bezoar.datasets.regular import READ
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.parallel import in_parallel
from bezoar.fortify.pull import in_place
from bezoar.fortify.pull.cache import Cache
from bezoar.fortify.pull.rules import EXTRA, MISSING, OTHER_BYTES

MOST_KEPT: Final = 1 << 22
"""Bytes of a file that are kept to show it; of larger ones only digests are compared."""
_PIECE: Final = 1 << 20
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One file that is not what was approved.

    Attributes:
        finding: Where, and what about it.
        path: Of the file, relative to the dataset's folder.
        before: What was approved, if it is still found anywhere and not too large to show.
        after: What is there now, likewise.
    """

    finding: Finding
    path: str
    before: bytes | None = None
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What one place holds of some content.

    Attributes:
        where: The place, for people.
        size: Bytes; None where nothing is there.
        sha256: Their digest.
        data: They, unless there are too many.
    """

    where: str
    size: int | None
    sha256: bytes = b""
    data: bytes | None = None

    def is_(self, entry: Entry) -> bool:
        return (self.size, self.sha256) == (entry.size, entry.sha256)


@dataclass(frozen=True)
class Places:
    """Where the bytes of a version may lie.

    Attributes:
        files: The files manifest, verified.
        samples: The sample manifest, verified: it knows the labels.
        mirror: Where they were published.
        copy: The pulled copy; None where there is none.
        cache: What was pulled before.
    """

    files: Manifest
    samples: Manifest
    mirror: Mirror
    copy: Path | None
    cache: Cache


def changes(places: Places, workers: int, progress: Progress | None = None) -> Iterator[Change]:
    """Read every place, all bytes of it, and yield what is not as it was approved.

    Args:
        places: Where to look.
        workers: How many files at once.
        progress: Called with (done, total), in files.

    Raises:
        BezoarError: If a place cannot be read at all.
    """
    labels = {entry.path: entry.label for entry in places.samples.entries}
    if places.copy is not None:
        yield from _strangers(places.copy, places.files)
    entries = places.files.entries
    look = partial(_looked, places)
    for number, found in enumerate(in_parallel(look, entries, workers), start=1):
        if progress:
            progress(number, len(entries))
        entry = entries[number - 1]
        good = next((one.data for one in found if one.is_(entry)), None)
        for one in found:
            if not one.is_(entry):
                yield _change(entry, one, good, labels.get(entry.path))


def first_difference(before: bytes, after: bytes) -> int:
    """Return the first offset at which two texts of bytes differ; their length if they do not."""
    for offset, (one, other) in enumerate(zip(before, after, strict=False)):
        if one != other:
            return offset
    return min(len(before), len(after))


def _looked(places: Places, entry: Entry) -> list[_Found]:
    """Return what each place holds of a file; a cache need not hold it."""
    key = blob_key(Digest("sha256", entry.sha256))
    found = [_in_mirror(places.mirror, key)]
    cached = places.cache.path(entry.sha256)
    if os.path.lexists(cached):
        found.append(_in_file("the cache", cached))
    if places.copy is not None:
        found.append(_in_file("the copy", f"{places.copy}/{entry.path}"))
    return found


def _in_mirror(mirror: Mirror, key: str) -> _Found:
    where = f"the mirror ({key})"
    if mirror.find(key) is None:
        return _Found(where, None)
    return _hashed(where, mirror.get(key))


def _in_file(where: str, path: str) -> _Found:
    try:
        with open(os.open(path, READ), "rb", buffering=0) as file:  # noqa: PTH123 - it is open
            return _hashed(where, iter(partial(file.read, _PIECE), b""))
    except OSError:
        return _Found(where, None)


def _hashed(where: str, pieces: Iterator[bytes]) -> _Found:
    hashed, size, kept = hashlib.sha256(), 0, bytearray()
    for piece in pieces:
        hashed.update(piece)
        size += len(piece)
        if size <= MOST_KEPT:
            kept += piece
    data = bytes(kept) if size <= MOST_KEPT else None
    return _Found(where, size, hashed.digest(), data)


def _change(entry: Entry, found: _Found, good: bytes | None, label: str | None) -> Change:
    evidence: dict[str, object] = {"where": found.where, "expected": entry.sha256.hex()}
    what = "" if label is None else f", labelled {readable(label)!r}"
    if found.size is None:
        finding = _finding(MISSING, entry.path, f"it is not in {found.where}{what}", evidence)
        return Change(finding, entry.path, good)
    message = f"in {found.where} it is other bytes{what}"
    if found.size != entry.size:
        message = f"in {found.where} it has {found.size:,} bytes in place of {entry.size:,}{what}"
    evidence |= {"found": found.sha256.hex(), "size": found.size, "expected_size": entry.size}
    if good is not None and found.data is not None:
        offset = first_difference(good, found.data)
        message += f"; the first that differs is byte {offset:,}"
        evidence["first_difference"] = offset
    return Change(
        _finding(OTHER_BYTES, entry.path, message, evidence), entry.path, good, found.data
    )


def _strangers(copy: Path, files: Manifest) -> Iterator[Change]:
    """Yield what lies in a copy and was never approved."""
    for one in in_place.names(copy, files):
        if one.wanted is None or one.why == in_place.SPECIAL:
            finding = _finding(EXTRA, one.path, f"in the copy: {one.why}", {"where": str(copy)})
            yield Change(finding, one.path)


def _finding(rule: Rule, path: str, message: str, evidence: dict[str, object]) -> Finding:
    place = Place(PlaceKind.FILE, readable(path) or "(no name)")
    return Finding(rule, place, message, evidence=evidence)
