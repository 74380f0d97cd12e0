"""Listening to a process for no longer, and to no more, than its limits say."""

import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from typing import Final

from bezoar.sandbox.failure import FailureKind
from bezoar.sandbox.limits import Limits

_PIECE: Final = 1 << 16
_LAST_WORDS: Final = 500
_ANSWER, _COMPLAINT = "answer", "complaint"


class LimitReached(Exception):  # noqa: N818 - it names what happened
    """The process took too long, or said too much.

    Attributes:
        kind: Which of the two.
    """

    def __init__(self, kind: FailureKind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Ear:
    """Listens to a process whose output and errors are pipes."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        self._process, self._limits = process, limits
        self._waited = 0.0
        self._heard = {_ANSWER: 0, _COMPLAINT: 0}
        self._last = b""
        self._selector = selectors.DefaultSelector()
        for name, pipe in ((_ANSWER, process.stdout), (_COMPLAINT, process.stderr)):
            if pipe:
                self._selector.register(pipe, selectors.EVENT_READ, name)

    def lines(self) -> Iterator[bytes]:
        """Yield each line of its output, until both pipes end; a last one without an end is none.

        Raises:
            LimitReached: If it took too long or said too much.
        """
        begun: list[bytes] = []
        while self._selector.get_map():
            for key, _ in self._ready():
                piece = os.read(key.fd, _PIECE)
                if not piece:
                    self._selector.unregister(key.fd)
                    continue
                self._count(key.data, len(piece))
                if key.data == _COMPLAINT:
                    self._last = (self._last + piece)[-_LAST_WORDS:]
                    continue
                *whole, rest = piece.split(b"\n")
                for line in whole:
                    yield b"".join([*begun, line])
                    begun = []
                begun.append(rest)

    def status(self) -> int:
        """Return how the process ended, once it has closed its pipes; negative for a signal.

        Raises:
            LimitReached: If it does not end.
        """
        start = time.monotonic()
        try:
            return self._process.wait(max(self._limits.wall_seconds - self._waited, 0))
        except subprocess.TimeoutExpired:
            raise self._late() from None
        finally:
            self._waited += time.monotonic() - start

    def last_words(self) -> str:
        """Return the end of what it wrote to its error stream."""
        return self._last.decode(errors="replace").strip()

    def close(self) -> None:
        """Stop listening."""
        self._selector.close()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def _ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        # Only our waiting counts: a process is not late because nobody asks for its next item.
        start = time.monotonic()
        left = self._limits.wall_seconds - self._waited
        ready = self._selector.select(left) if left > 0 else []
        self._waited += time.monotonic() - start
        if not ready:
            raise self._late()
        return ready

    def _late(self) -> LimitReached:
        why = f"not done within {self._limits.wall_seconds:,g} seconds"
        return LimitReached(FailureKind.TIMED_OUT, why)

    def _count(self, name: str, size: int) -> None:
        self._heard[name] += size
        if self._heard[name] > self._limits.result_bytes:
            why = f"more than {self._limits.result_bytes:,} bytes"
            raise LimitReached(FailureKind.TOO_MUCH_OUTPUT, why)
