"""`Blob`: bytes on disk that many threads read at any place, without a name in the file system."""

import os
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

from bezoar.core.errors import BezoarError
from bezoar.datasets.unreadable import (
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
    Limits,
    UnreadableImage,
)

# What may be unpacked from a compressed container: photographs hardly compress, bombs do.
_FREE_BYTES = 1 << 30
_MAX_RATIO = 100


class BombError(ValueError):
    """A container unpacks to far more than its size."""


class Blob:
    """An open file, read with `pread`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)
        self.size = os.fstat(descriptor).st_size

    @classmethod
    def of_file(cls, path: Path) -> "Blob":
        """Open a file."""
        return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    @classmethod
    def unpacked(cls, pieces: Iterable[bytes], packed_size: int) -> "Blob":
        """Write the pieces, one after the other, to a file without a name.

        Memory stays bounded, nothing is left behind, and no name of the archive reaches the disk.

        Args:
            pieces: What the container unpacks to.
            packed_size: Bytes of the container.

        Raises:
            BombError: If it unpacks to far more than its size.
            BezoarError: If the disk is full.
        """
        limit = max(_FREE_BYTES, _MAX_RATIO * packed_size)
        descriptor, name = tempfile.mkstemp(prefix="bezoar-")
        os.unlink(name)  # noqa: PTH108 - beside mkstemp
        blob = cls(descriptor)
        for piece in pieces:
            blob.append(piece)
            if blob.size > limit:
                raise BombError(f"it unpacks to more than {limit:,} bytes")
        return blob

    def append(self, piece: bytes) -> None:
        """Write at the end."""
        view = memoryview(piece)
        try:
            while view:
                written = os.pwrite(self._descriptor, view, self.size)
                view, self.size = view[written:], self.size + written
        except OSError as error:
            folder = tempfile.gettempdir()
            raise BezoarError(
                f"cannot unpack into {folder}: {error.strerror}",
                next="TMPDIR=/a/folder/with/more/space bezoar …",
            ) from error

    def read(self, place: tuple[int, int], limits: Limits = Limits()) -> bytes:  # noqa: B008 - frozen
        """Read (offset, size).

        Raises:
            UnreadableImage: If there is less, or it is larger than the limit.
        """
        offset, size = place
        if size > limits.max_bytes:
            message = f"{size:,} bytes; the limit is {limits.max_bytes:,}"
            raise UnreadableImage(OVERSIZED_IMAGE, message)
        data = os.pread(self._descriptor, size, offset)
        while len(data) < size and (
            piece := os.pread(self._descriptor, size - len(data), offset + len(data))
        ):
            data += piece
        if len(data) < size:
            raise UnreadableImage(UNREADABLE_IMAGE, f"truncated: {len(data)} of {size} bytes")
        return data
