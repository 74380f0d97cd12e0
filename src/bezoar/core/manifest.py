"""`Manifest`: the sample table of a dataset version, and its Merkle root."""

import hashlib
import itertools
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bezoar.core.digest import Digest

ROOT_ALGORITHM = "merkle-sha256-v1"


class Entry(NamedTuple):
    """One sample of a manifest.

    Attributes:
        path: The sample's id.
        size: Bytes.
        sha256: The 32 raw bytes of the sample's SHA-256.
        label: The class; None where there is none, which is not the same as an empty label.
    """

    path: str
    size: int
    sha256: bytes
    label: str | None


def leaf(entry: Entry) -> bytes:
    """Return the leaf hash of an entry.

    SHA-256 over a zero byte, then each field with its length before it, so that no two different
    entries share an encoding; the zero byte keeps leaves apart from inner nodes (RFC 6962, 2.1).
    """
    path = entry.path.encode("utf-8", "surrogateescape")
    label = b"" if entry.label is None else entry.label.encode("utf-8", "surrogateescape")
    has_label = entry.label is not None
    head = struct.pack(">BQ", 0, len(path))
    rest = struct.pack(">Q32s?Q", entry.size, entry.sha256, has_label, len(label))
    return hashlib.sha256(head + path + rest + label).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle root of the leaves, 32 bytes (a lone node moves up as it is; RFC 6962)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    sha256, level = hashlib.sha256, list(leaves)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


@dataclass(frozen=True)
class Manifest:
    """The sample table of a dataset version.

    Laws: insertion order never matters; one changed byte, name or label gives another root.

    Attributes:
        entries: Sorted by the bytes of their path; no path twice.
    """

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Manifest":
        """Sort the entries and return their manifest.

        Raises:
            ValueError: If a path stands twice.
        """
        ordered = sorted(entries, key=lambda e: e.path.encode("utf-8", "surrogateescape"))
        for one, other in itertools.pairwise(ordered):
            if one.path == other.path:
                raise ValueError(f"two samples are named {one.path!r}")
        return cls(tuple(ordered))

    @cached_property
    def root(self) -> Digest:
        """The Merkle root over (path, size, digest, label) of every sample."""
        return Digest(ROOT_ALGORITHM, merkle_root([leaf(entry) for entry in self.entries]))

    @property
    def size(self) -> int:
        """Bytes of all samples together."""
        return sum(entry.size for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)
