"""`Contents`: the bytes of an approved version, from the cache or the mirror, each one verified."""

import os
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Mirror
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.pull.cache import Cache, clone, write_all
from bezoar.fortify.pull.verifying import Background, Hashing, Verification

SMALL: Final = 1 << 22
"""Up to so many bytes, a file is verified in memory before any of it is written."""
_PIECE: Final = 1 << 20


class Wanted(NamedTuple):
    """Some content, and where it is to be delivered.

    Attributes:
        size: Bytes.
        sha256: 32 bytes.
        paths: Relative to the dataset's folder; several where files are equal.
    """

    size: int
    sha256: bytes
    paths: tuple[str, ...] = ()


class Stopped(BezoarError):  # noqa: N818 - it is no fault of its own
    """Another part of the same pull has failed."""


@dataclass
class Contents:
    """Where the bytes of one version come from.

    Attributes:
        dataset: `NAME@VERSION`, for errors.
        mirror: A store that nobody has to trust.
        cache: What was pulled before.
        verification: What is asked of each byte.
        stop: Set where the pull has failed elsewhere.
    """

    dataset: str
    mirror: Mirror
    cache: Cache = field(default_factory=Cache)
    verification: Verification = field(default_factory=Verification)
    stop: threading.Event = field(default_factory=threading.Event)

    def read(self, wanted: Wanted) -> tuple[bytes, bool]:
        """Return verified bytes, and whether the cache had them.

        Raises:
            HashMismatch: If what is there is anything else.
            BezoarError: If the mirror does not answer.
        """
        place, source = self._source(wanted)
        pieces = self.mirror.get(place) if source is None else _read(source)
        data = b"".join(self._bounded(place, pieces, wanted))
        hashing = self.verification.hashing()
        hashing.update(data)
        self._compare(place, wanted, len(data), hashing)
        if source is None:
            self.cache.put(wanted.sha256, data)
        return data, source is not None

    def write(self, wanted: Wanted, target: int) -> bool:
        """Write content to a new file; it counts only once this has returned.

        Args:
            wanted: What.
            target: Open for reading and writing, at its beginning.

        Returns:
            Whether the cache had it.

        Raises:
            HashMismatch: If what is there is anything else.
            BezoarError: If the mirror does not answer.
            OSError: If it cannot be written.
        """
        place, source = self._source(wanted)
        if source is None:
            # The cache's copy grows beside the file, and counts only where its digest is right.
            with self.cache.keep(wanted.sha256, target) as kept:
                self._write(place, wanted, self.mirror.get(place), target, kept.grow)
                kept.settle()
            return False
        # Blocks that are shared are hashed as they were delivered.
        shared = clone(source, target)
        pieces = _read(os.dup(target) if shared else source)
        self._write(place, wanted, pieces, None if shared else target)
        return True

    def _write(
        self,
        place: str,
        wanted: Wanted,
        pieces: Iterator[bytes],
        target: int | None,
        then: Callable[[int], None] = lambda _size: None,
    ) -> None:
        """Write what arrives, hash it beside that, and compare."""
        size = 0
        with Background(self.verification.hashing(), then) as hashing:
            for piece in self._bounded(place, pieces, wanted):
                if target is not None:
                    write_all(target, piece)
                hashing.update(piece)
                size += len(piece)
            self._compare(place, wanted, size, hashing)

    def _source(self, wanted: Wanted) -> tuple[str, int | None]:
        """Return where content is read from, and a descriptor where that is the cache."""
        source = self.cache.open(wanted.sha256)
        if source is not None:
            return self.cache.path(wanted.sha256), source
        return blob_key(Digest("sha256", wanted.sha256)), None

    def _bounded(self, place: str, pieces: Iterator[bytes], wanted: Wanted) -> Iterator[bytes]:
        """Yield what arrives, and no more of it than was approved."""
        size = 0
        try:
            for piece in pieces:
                size += len(piece)
                self.verification.length(self.dataset, place, wanted[:2], size)
                if self.stop.is_set():
                    raise Stopped("the pull has failed")
                yield piece
        finally:
            # Closes a connection that has more to say, and the cache's file.
            if isinstance(pieces, Generator):
                pieces.close()

    def _compare(self, place: str, wanted: Wanted, size: int, hashing: Hashing) -> None:
        self.verification.content(self.dataset, place, wanted[:2], (size, hashing.digest()))


def _read(descriptor: int) -> Iterator[bytes]:
    """Yield a file's bytes, then close it."""
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            yield piece
