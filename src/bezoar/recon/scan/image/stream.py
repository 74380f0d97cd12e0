"""A blob as a stream: counted, hashed, decompressed, and never more than it may become."""

import gzip
import hashlib
import io
import sys
from collections.abc import Iterator
from typing import Any, Final, Protocol

from bezoar.syntax.unreadable import UnreadableError

_PIECE: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_UNKNOWN: Final = (b"BZh", b"\xfd7zXZ", b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Budget:
    """How many bytes all layers together may become."""

    def __init__(self, most: int) -> None:
        self.most, self.spent = most, 0

    def spend(self, size: int) -> None:
        """Count some bytes.

        Raises:
            UnreadableError: If that is too much.
        """
        self.spent += size
        if self.spent > self.most:
            raise UnreadableError(f"the layers unpack to more than {self.most:,} bytes")


class Counted(io.RawIOBase):
    """Counts and hashes what is read through it."""

    def __init__(self, file: io.RawIOBase, algorithm: str = "sha256") -> None:
        super().__init__()
        self._file, self.size, self.hash = file, 0, hashlib.new(algorithm)

    def readable(self) -> bool:
        """Say that it can be read; see `io`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; see `io`."""
        size = self._file.readinto(buffer) or 0
        self.size += size
        self.hash.update(memoryview(buffer)[:size])
        return size

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_PIECE):
            pass

    def close(self) -> None:
        """Stay open: what reads from here closes it on its way out, and the rest still counts."""

    def __exit__(self, *_: object) -> None:
        self._file.close()


def unpacked(counted: Counted) -> _Readable:
    """Return a layer's tar, by what the blob begins with.

    Raises:
        UnreadableError: If it is compressed in a way that layers are not.
    """
    packed = io.BufferedReader(counted, _PIECE)
    head = packed.peek(6)[:6]
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=packed)
    if head.startswith(_ZSTD):
        import pyarrow as pa  # noqa: PLC0415 - few images need it

        found: _Readable = pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd")
        return found
    if head.startswith(_UNKNOWN):
        raise UnreadableError("it is compressed in a way that layers are not")
    return packed


class Forward:
    """A stream that is read at growing offsets only; what `datasets.tars.entries` reads.

    Attributes:
        size: Nobody knows it before the end; larger than any.
        hash: SHA-256 of all that went by.
    """

    size = sys.maxsize

    def __init__(self, stream: _Readable, most: int, budget: Budget) -> None:
        self._stream, self._most, self._budget = stream, most, budget
        self._at, self._head = 0, (0, b"")
        self.hash = hashlib.sha256()

    def read(self, place: tuple[int, int]) -> bytes:
        """Return (offset, size); the last piece that was read can be read again.

        Raises:
            ValueError: If there is less, or the place went by already.
            UnreadableError: If it is more than the blob may become.
        """
        offset, size = place
        start, kept = self._head
        if start <= offset and offset + size <= start + len(kept):
            return kept[offset - start : offset - start + size]
        begun = kept[offset - start :] if start <= offset < self._at <= start + len(kept) else b""
        if not begun and offset < self._at:
            raise ValueError("that went by already")
        self._skip(offset - self._at)
        data = begun + self._take(size - len(begun))
        if len(data) < size:
            raise ValueError("its end is missing")
        self._head = (offset, data)
        return data

    def pieces(self, place: tuple[int, int]) -> Iterator[bytes]:
        """Yield what lies at a place, piece by piece; errors as of `read`."""
        offset, size = place
        while size > 0:
            piece = self.read((offset, min(size, _PIECE)))
            yield piece
            offset, size = offset + len(piece), size - len(piece)

    def drain(self) -> None:
        """Read what is left."""
        while self._once(_PIECE):
            pass

    def _skip(self, size: int) -> None:
        while size > 0:
            piece = self._once(min(size, _PIECE))
            if not piece:
                raise ValueError("its end is missing")
            size -= len(piece)

    def _take(self, size: int) -> bytes:
        parts = []
        while size > 0 and (piece := self._once(min(size, _PIECE))):
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)

    def _once(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._at += len(piece)
        self._budget.spend(len(piece))
        if self._at > self._most:
            raise UnreadableError(f"it unpacks to more than {self._most:,} bytes")
        self.hash.update(piece)
        return piece
