"""How a file arrives: hashed while it streams, continued where it was cut, compared, then kept."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from bezoar.adapters.web.errors import CutOffError, StaleMarkError
from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.fortify.fetch.bay import Bay, Begun
from bezoar.fortify.fetch.source import RemoteFile, Source, Stream
from bezoar.fortify.quarantine import FetchedFile

_PIECE: Final = 1 << 20
_SYNC_BYTES: Final = 1 << 24
_SYNC_S: Final = 2.0
_MOST_CUTS: Final = 50
GIT_BLOB: Final = "git-blob-sha1"
"""How Git names a file: SHA-1 over a header with its size, then its bytes."""


class UnlikeAnnouncedError(Exception):
    """Bytes are not those that were announced.

    Attributes:
        path: Of the file.
        why: What differs.
        expected: As announced.
        found: As it is.
    """

    def __init__(self, path: str, why: str, expected: str, found: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path, self.why, self.expected, self.found = path, why, expected, found


class TooMuchError(BezoarError):
    """More comes than is wanted."""


@dataclass
class Budget:
    """How much may come in all, and what has.

    Attributes:
        most_bytes: How much may come.
        progress: Called now and then with (done, total); total 0 = not known.
        total: How much will, as announced; 0 where that is not known.
        done: How much has.
    """

    most_bytes: int
    progress: Callable[[int, int], None]
    total: int = 0
    done: int = 0

    def take(self, count: int) -> None:
        """Count bytes.

        Raises:
            TooMuchError: If there are too many.
        """
        self.done += count
        self.check(self.done)
        self.progress(self.done, max(self.total, self.done) if self.total else 0)

    def check(self, count: int) -> None:
        """Refuse an amount, come or announced.

        Raises:
            TooMuchError: If it is too much.
        """
        if count > self.most_bytes:
            raise TooMuchError(
                f"more than {self.most_bytes:,} bytes come",
                next="raise most_bytes below [fetch] in bezoar.toml, if that is expected",
            )


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has come.

    Attributes:
        file: As it came; None where its source says that it is unchanged.
        hosts: Whoever was asked.
        sized: Its source has announced where it ends.
    """

    file: FetchedFile | None
    hosts: tuple[str, ...] = ()
    sized: bool = True


def receive(
    file: RemoteFile, source: Source, bay: Bay, budget: Budget, *, unless: str = ""
) -> Received:
    """Fetch one file into a bay, or take what an earlier run has left of it.

    Args:
        file: Which one.
        source: Where it comes from.
        bay: Where it goes.
        budget: How much may come.
        unless: Do nothing where the source still calls its bytes so.

    Raises:
        UnlikeAnnouncedError: If other bytes came; nothing of them is kept.
        UnreachableError: If they do not come; what has come is kept for the next time.
        TooMuchError: If there are too many.
        BezoarError: If they cannot be written.
    """
    known = bay.finished(file.uri)
    if known and (file.fixed or (file.mark and file.mark == known.mark)):
        budget.take(known.size)
        return Received(known)
    with bay.receiving() as place:
        arrival = _Arrival(file, bay, place, budget)
        arrival.take_up()
        received = _persistently(arrival, source, unless or (known.mark if known else ""))
    if received.file is None and known and not unless:
        budget.take(known.size)
        return Received(known, received.hosts)
    return received


def _persistently(arrival: "_Arrival", source: Source, unless: str) -> Received:
    """Ask again where the line was cut, as long as more comes than the last time."""
    best = -1
    for _ in range(_MOST_CUTS):
        try:
            return arrival.run(source, unless)
        except CutOffError:
            if arrival.length <= best:
                raise
            best = arrival.length
        except StaleMarkError:
            arrival.restart()
    raise CutOffError(f"the line was cut {_MOST_CUTS} times")


class _Arrival:
    """One file on its way."""

    def __init__(self, file: RemoteFile, bay: Bay, place: BinaryIO, budget: Budget) -> None:
        self._file, self._bay, self._place, self._budget = file, bay, place, budget
        self.length = 0
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._budget.done -= self.length
        self._hashes = _hashes(self._file)
        self._mark, self._size = self._file.mark, self._file.size
        self.length, self._synced, self._synced_at = 0, 0, time.monotonic()

    def take_up(self) -> None:
        """Hash again what an earlier run has left, where it is of the same bytes."""
        begun = self._bay.begun()
        if begun is None or begun.uri != self._file.uri or not begun.mark:
            return
        if self._file.mark and self._file.mark != begun.mark:
            return
        size = begun.size if self._size is None else self._size
        # One byte at least is asked for: whether the rest is of the same bytes, its source knows.
        left = begun.synced if size is None else min(begun.synced, size - 1)
        self._mark, self._size = begun.mark, size
        while left > 0 and (piece := self._place.read(min(_PIECE, left))):
            self._count(piece)
            left -= len(piece)
        self._synced = self.length

    def run(self, source: Source, unless: str) -> Received:
        """Fetch the rest, or all of it."""
        mark = self._mark if self.length else unless
        with source.opened(self._file, self.length, mark) as stream:
            if stream.unchanged:
                return Received(None, stream.hosts)
            self._agree(stream)
            with self._settled():
                for piece in stream:
                    self._write(piece)
            return self._whole(stream)

    def _agree(self, stream: Stream) -> None:
        """Start over where the source does, and refuse what does not fit to what is here."""
        if stream.start != self.length:
            if stream.start:
                raise StaleMarkError("another part than asked for")
            self.restart()
        elif self.length:
            other_mark = stream.mark and self._mark and stream.mark != self._mark
            if other_mark or (self._size is not None and stream.size not in (None, self._size)):
                raise StaleMarkError("other bytes than before")
        if self._file.mark and stream.mark and stream.mark != self._file.mark:
            self._refuse("mark", self._file.mark, stream.mark)
        self._mark = stream.mark or self._mark
        expected, announced = self._file.size, stream.size
        if expected is not None and announced is not None and expected != announced:
            self._refuse("size", f"{expected:,} bytes", f"{announced:,} bytes")
        self._size = expected if expected is not None else announced
        self._budget.check(self._size or 0)
        self._place.truncate(self.length)
        self._place.seek(self.length)
        if not self._budget.total:
            self._budget.total = self._size or 0

    def _write(self, piece: bytes) -> None:
        try:
            left = memoryview(piece)
            while left:
                left = left[self._place.write(left) :]
        except OSError as error:
            raise BezoarError(f"cannot write: {error.strerror}", next="df -h .") from error
        self._count(piece)  # after it is written: a run that ends in between never counts too much
        waited = time.monotonic() - self._synced_at > _SYNC_S
        if self.length - self._synced >= _SYNC_BYTES or waited:
            self._sync()

    def _count(self, piece: bytes) -> None:
        self._budget.take(len(piece))
        self.length += len(piece)
        if self._size is not None and self.length > self._size:
            self._refuse("size", f"{self._size:,} bytes", "more")
        for one in self._hashes.values():
            one.update(piece)

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """However it ends, what has come is on the disk."""
        try:
            yield
        finally:
            self._sync()

    def _sync(self) -> None:
        begun = Begun(self._file.uri, self._mark, self._size, self.length)
        self._bay.note(self._place, begun)
        self._synced, self._synced_at = self.length, time.monotonic()

    def _whole(self, stream: Stream) -> Received:
        if self._size is not None and self.length != self._size:
            self._refuse("size", f"{self._size:,} bytes", f"{self.length:,} bytes")
        if wanted := self._file.digest:
            found = self._hashes[wanted.algorithm].hexdigest()
            if found != wanted.hex:
                self._refuse(wanted.algorithm, wanted.hex, found)
        file = FetchedFile(
            path=stream.name or self._file.path,
            size=self.length,
            sha256=self._hashes["sha256"].hexdigest(),
            uri=self._file.uri,
            mark=self._file.mark or self._mark,
            version=stream.version,
            announced=str(wanted) if wanted else None,
        )
        self._bay.keep(file)
        return Received(file, stream.hosts, self._size is not None)

    def _refuse(self, what: str, expected: str, found: str) -> None:
        self._bay.forget()
        why = f"its {what} is {found}, not {expected}"
        raise UnlikeAnnouncedError(self._file.path, why, expected, found)


def _hashes(file: RemoteFile) -> "dict[str, hashlib._Hash]":
    """Return what is computed of a file: its SHA-256, and whatever was announced."""
    found = {"sha256": hashlib.sha256()}
    match file.digest:
        case Digest("sha256") | None:
            pass
        case Digest(algorithm) if algorithm == GIT_BLOB:
            head = b"blob %d\0" % (file.size or 0)
            found[algorithm] = hashlib.sha1(head, usedforsecurity=False)
        case Digest(algorithm):
            found[algorithm] = hashlib.new(algorithm, usedforsecurity=False)
    return found
