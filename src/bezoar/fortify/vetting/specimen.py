"""`Specimen`: a file, or something that lies in one, as the rules look at it."""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

from bezoar.core.severity import Confidence, Severity
from bezoar.datasets.regular import READ
from bezoar.fortify.vetting.budget import Budget
from bezoar.fortify.vetting.kinds import kind_of

HELD: Final = 1 << 24
"""Files up to this size are held in memory whole."""
WINDOW: Final = 1 << 22
OVERLAP: Final = 1 << 16
TAIL: Final = 66_000
"""A comment of a ZIP archive, and the record before it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule saw in a specimen; the examination adds where.

    Attributes:
        message: One sentence. Names in it are the attacker's.
        severity: How bad; the rule's unless given.
        confidence: How sure.
        evidence: JSON values.
    """

    message: str
    severity: Severity | None = None
    confidence: Confidence = Confidence.HIGH
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Specimen:
    """Bytes to look at.

    Attributes:
        name: Path relative to the dataset; for what lies in a file also `!` and its name there.
        head: The first bytes, at most `HELD`: all where `complete`.
        complete: Whether `head` is all there is.
        open: Opens the bytes anew, to be read forward.
        tail: The last bytes; empty where they are not known without reading everything.
        budget: What is left for the file that it lies in.
        size: Bytes; of what is longer than `head` and no file, so many are known.
        depth: How many containers it lies in.
    """

    name: str
    head: bytes
    complete: bool
    open: Callable[[], BinaryIO] = field(repr=False)
    tail: bytes = field(repr=False)
    budget: Budget = field(repr=False)
    depth: int = 0
    size: int = 0

    @cached_property
    def kind(self) -> str:
        """What its first bytes say, in a word."""
        return kind_of(self.head)

    @cached_property
    def extension(self) -> str:
        """Of its name, in lower case."""
        name = self.name.rpartition("/")[2].rpartition("!")[2]
        return name.rpartition(".")[2].lower() if "." in name else ""

    def windows(self) -> Iterator[tuple[int, bytes]]:
        """Yield overlapping pieces, each with where it starts: all of the bytes, in order."""
        if self.complete:
            yield 0, self.head
            return
        start, kept = 0, b""
        with self.open() as stream:
            while piece := filled(stream, WINDOW):
                window = kept + piece
                yield start, window
                kept = window[-OVERLAP:]
                start += len(window) - len(kept)


def specimen_of(
    name: str, opener: Callable[[], BinaryIO], budget: Budget, *, depth: int = 0, tail: bytes = b""
) -> Specimen:
    """Read the first bytes of something, and return it as a specimen.

    Raises:
        OSError: If it cannot be read.
    """
    with opener() as stream:
        head = filled(stream, HELD + 1)
    complete = len(head) <= HELD
    if complete:
        return held(name, head, budget, depth)
    return Specimen(name, head[:HELD], False, opener, tail, budget, depth, HELD)


def specimen_of_file(root: Path, path: str) -> Specimen:
    """Return a file of a dataset; no link is followed in its last part.

    Raises:
        OSError: If it cannot be read.
    """

    def opener() -> BinaryIO:
        descriptor = os.open(os.path.join(root, path), READ)  # noqa: PTH118 - hot loop
        return os.fdopen(descriptor, "rb")

    with opener() as file:
        size = os.fstat(file.fileno()).st_size
        tail = os.pread(file.fileno(), TAIL, max(size - TAIL, 0)) if size > HELD else b""
        head = file.read(HELD + 1)
    budget = Budget(size)
    if len(head) <= HELD:
        return held(path, head, budget)
    return Specimen(path, head[:HELD], False, opener, tail, budget, 0, size)


def skipping(opener: Callable[[], BinaryIO], count: int) -> BinaryIO:
    """Open a stream and skip its first bytes."""
    stream = opener()
    if stream.seekable():
        stream.seek(count)
        return stream
    while count and (piece := stream.read(min(count, WINDOW))):
        count -= len(piece)
    return stream


def held(name: str, data: bytes, budget: Budget, depth: int = 0) -> Specimen:
    """Return bytes as a specimen."""
    return Specimen(
        name, data, True, lambda: io.BytesIO(data), data[-TAIL:], budget, depth, len(data)
    )


def filled(stream: BinaryIO, count: int) -> bytes:
    """Read so many bytes, or to the end."""
    pieces, left = [], count
    while left and (piece := stream.read(min(left, WINDOW))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces) if len(pieces) != 1 else pieces[0]
