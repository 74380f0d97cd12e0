"""The bytes of a tar, read once, forward."""

from collections.abc import Iterator
from typing import Final

from bezoar.datasets.tar_headers import BLOCK, LARGEST_HEADER
from bezoar.datasets.unpack.rules import ambiguous, damaged

_SKIP: Final = 1 << 18


class TarStream:
    """The bytes of a tar, read once, forward.

    Attributes:
        at: How many went by.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._ahead, self.at = pieces, memoryview(b""), 0
        self._left = 0

    def exactly(self, size: int) -> bytes:
        """Return so many bytes.

        Raises:
            Refused: If there are fewer.
        """
        parts = []
        while size:
            part = self._some(size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def small(self, size: int) -> bytes:
        """Return an extended header, and skip what fills its last block.

        Raises:
            Refused: If it is too large, or its end is missing.
        """
        if size > LARGEST_HEADER:
            raise damaged(f"an extended header of more than {LARGEST_HEADER:,} bytes")
        data = self.exactly(size)
        self.pad(size)
        return data

    def take(self, size: int, piece: int) -> Iterator[bytes]:
        """Return the next bytes, piece by piece; whoever does not take them skips them.

        Raises:
            Refused: If there are fewer.
        """
        self._left = size
        return self._taken(piece)

    def skip_rest(self) -> None:
        """Skip what was not taken."""
        self.skip(self._left)
        self._left = 0

    def skip(self, size: int) -> None:
        """Skip so many bytes.

        Raises:
            Refused: If there are fewer.
        """
        while size:
            size -= len(self._some(min(size, _SKIP)))

    def pad(self, size: int) -> None:
        """Skip what fills the last block of so many bytes."""
        self.skip(-size % BLOCK)

    def nothing_more(self) -> None:
        """Read to the end.

        Raises:
            Refused: If anything but zeros follows.
        """
        while self._fill():
            if self._ahead.tobytes().strip(b"\0"):
                raise ambiguous("bytes after its end, which other programs may read")
            self._ahead = memoryview(b"")

    def _taken(self, piece: int) -> Iterator[bytes]:
        while self._left:
            part = self._some(min(self._left, piece))
            self._left -= len(part)
            yield bytes(part)

    def _some(self, most: int) -> memoryview:
        if not self._fill():
            raise damaged("its end is missing")
        part, self._ahead = self._ahead[:most], self._ahead[most:]
        self.at += len(part)
        return part

    def _fill(self) -> bool:
        while not self._ahead:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._ahead = memoryview(piece)
        return True
