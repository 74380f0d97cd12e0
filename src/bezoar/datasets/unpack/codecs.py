"""Compressed bytes, unpacked piece by piece: gzip, bzip2, xz, zstd, and raw deflate.

None of them ever holds more than a piece, however much a few bytes become; none takes a stream
that breaks off, or that goes on after its end, for whole.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from bezoar.datasets.unpack.kinds import ArchiveKind, kind_of
from bezoar.datasets.unpack.rules import Refused, ambiguous, damaged

PIECE: Final = 1 << 18
"""Bytes of the largest piece."""
# What follows a stream is copied once for each stream: many small ones must not make it slow.
_READ: Final = 1 << 14
LARGEST_WINDOW: Final = 1 << 27
"""Bytes that a stream may look back, and with it the memory that unpacking takes."""
_LONGEST_MAGIC: Final = 6


class Readable(Protocol):
    """What compressed bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Decoder(Protocol):
    """One stream, as `bz2` and `lzma` have it."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without more going in."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take some bytes and return at most so many."""
        ...


class Deflate:
    """`zlib`, with the manners of `bz2` and `lzma`."""

    def __init__(self, window: int) -> None:
        """Begin; `window` is what zlib calls wbits: 31 for gzip, -15 for raw deflate."""
        self._stream = zlib.decompressobj(window)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take some bytes and return at most so many."""
        unpacked = self._stream.decompress(self._stream.unconsumed_tail or data, max_length)
        # Without input left, but with a full answer, more may still be waiting inside.
        self.needs_input = not self._stream.unconsumed_tail and len(unpacked) < max_length
        return unpacked


def _xz() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LARGEST_WINDOW)


_NEW: Final[dict[ArchiveKind, Callable[[], Decoder]]] = {
    ArchiveKind.GZIP: lambda: Deflate(31),
    ArchiveKind.BZIP2: bz2.BZ2Decompressor,
    ArchiveKind.XZ: _xz,
}
_PADDED: Final = (ArchiveKind.GZIP, ArchiveKind.XZ)
"""After these, zeros are no data: tapes and disks are filled up with them."""


def unpacked(file: Readable, kind: ArchiveKind) -> Iterator[bytes]:
    """Yield what a compressed file holds; of several streams in a row, all of them.

    Raises:
        Refused: If it is damaged, breaks off, or goes on with something else.
    """
    if kind is ArchiveKind.ZSTD:
        yield from zstd(file)
        return
    ahead = _following(file, b"", kind)
    while ahead:
        if kind_of(ahead) is not kind:
            raise ambiguous("bytes after its end, which other programs may read")
        decoder = _NEW[kind]()
        yield from one_stream(decoder, file, ahead)
        ahead = _following(file, decoder.unused_data, kind)


def one_stream(decoder: Decoder, file: Readable, ahead: bytes = b"") -> Iterator[bytes]:
    """Yield what one stream holds; what was read after its end is the decoder's unused data.

    Raises:
        Refused: If it is damaged or breaks off.
    """
    while not decoder.eof:
        given = b""
        if decoder.needs_input:
            given, ahead = ahead or file.read(_READ), b""
            if not given:
                raise damaged("its end is missing")
        try:
            piece = decoder.decompress(given, PIECE)
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            raise _broken(error) from error
        if piece:
            yield piece


def zstd(file: Readable) -> Iterator[bytes]:
    """Yield what zstd streams hold.

    Through Arrow, which everybody has and which, unlike others, notices a missing end.

    Raises:
        Refused: If they are damaged, break off, or go on with something else.
    """
    import pyarrow as pa  # noqa: PLC0415 - few archives need it

    try:
        with pa.CompressedInputStream(pa.PythonFile(_Lent(file), mode="r"), "zstd") as stream:
            while piece := stream.read(PIECE):
                yield piece
    except OSError as error:
        raise _broken(error) from error


class _Lent:
    """A file that whoever reads it cannot close."""

    closed = False

    def __init__(self, file: Readable) -> None:
        self.read = file.read

    def close(self) -> None:
        """Leave it open."""


def _following(file: Readable, ahead: bytes, kind: ArchiveKind) -> bytes:
    """Return the start of the next stream; nothing at the end."""
    while True:
        if kind in _PADDED:
            ahead = ahead.lstrip(b"\0")
        if len(ahead) >= _LONGEST_MAGIC or not (more := file.read(_READ)):
            return ahead
        ahead += more


def _broken(error: Exception) -> Refused:
    return damaged(str(error)[:200] or type(error).__name__)
