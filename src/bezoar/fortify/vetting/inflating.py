"""Streams that unpack while they are read, and pay for each byte; checksums are not asked.

A loader may not ask either, so that what has a wrong checksum is looked at all the same.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final, NamedTuple, cast

from bezoar.fortify.vetting.budget import Budget

_PIECE: Final = 1 << 16
_LZMA_MEMORY: Final = 1 << 27
_ZSTANDARD_WINDOW: Final = 1 << 27


class Inflated(io.RawIOBase):
    """What a compressed stream unpacks to, up to where it is damaged.

    Args:
        source: The compressed stream.
        way: How it is packed.
        budget: Pays for each byte.
    """

    def __init__(self, source: BinaryIO, way: "_Way", budget: Budget) -> None:
        super().__init__()
        self._source, self._way, self._budget = source, way, budget
        self._unpacker: Any = way.make()
        first = source.read(_PIECE)
        self._waiting = first[way.header(first) :]
        self._over = False

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer; 0 at the end, or where the rest is damaged."""
        view = memoryview(buffer).cast("B")
        while not self._over:
            data = self._more(len(view))
            if data:
                self._budget.inflate(len(data))
                view[: len(data)] = data
                return len(data)
        return 0

    def close(self) -> None:
        """Close the compressed stream, too."""
        if not self.closed:
            self._source.close()
        super().close()

    def _more(self, count: int) -> bytes:
        if self._unpacker.eof and not self._next_member():
            self._over = True
            return b""
        wants = getattr(self._unpacker, "needs_input", True)
        if not self._waiting and wants:
            self._waiting = self._source.read(_PIECE)
            if not self._waiting:
                self._over = True
        try:
            data: bytes = self._unpacker.decompress(self._waiting, count)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
            self._over = True
            return b""
        self._waiting = getattr(self._unpacker, "unconsumed_tail", b"")
        return data

    def _next_member(self) -> bool:
        rest = self._unpacker.unused_data + self._source.read(_PIECE)
        rest = rest[self._way.trailer :]
        if not self._way.again or not rest.strip(b"\0"):
            return False
        self._unpacker, self._waiting = self._way.make(), rest[self._way.header(rest) :]
        return True


def _no_header(_data: bytes) -> int:
    return 0


def _zlib_header(data: bytes) -> int:
    return 6 if len(data) > 1 and data[1] & 32 else 2  # a preset dictionary is named


def _gzip_header(data: bytes) -> int:
    """Return the length of a gzip header (RFC 1952, 2.3)."""
    if len(data) < 10:  # noqa: PLR2004 - the fixed part
        return len(data)
    flags, end = data[3], 10
    if flags & 4:
        end += 2 + int.from_bytes(data[end : end + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            end = data.find(b"\0", end) + 1 or len(data)
    return end + (2 if flags & 2 else 0)


class _Way(NamedTuple):
    """How something is packed.

    Attributes:
        make: Makes a decompressor.
        again: Whether another member may follow the first.
        header: How long the header is that is not the decompressor's business.
        trailer: The same behind the data: checksums, which nobody here asks.
    """

    make: Callable[[], Any]
    again: bool = False
    header: Callable[[bytes], int] = _no_header
    trailer: int = 0


def inflated(source: BinaryIO, kind: str, budget: Budget) -> BinaryIO:
    """Return the unpacked stream of a compressed one.

    Args:
        source: The compressed stream.
        kind: `deflate`, or a word of `kinds`.
        budget: Pays for each byte.

    Raises:
        KeyError: If there is nothing here that unpacks it.
    """
    if kind == "zstandard":
        return _zstandard(source, budget)
    return _buffered(Inflated(source, _WAYS[kind], budget))


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(raw, _PIECE))


def _lzma(form: int) -> Callable[[], Any]:
    return lambda: lzma.LZMADecompressor(form, _LZMA_MEMORY)


_WAYS: Final[dict[str, _Way]] = {
    "deflate": _Way(lambda: zlib.decompressobj(-15)),
    "zlib": _Way(lambda: zlib.decompressobj(-15), header=_zlib_header),
    "gzip": _Way(lambda: zlib.decompressobj(-15), again=True, header=_gzip_header, trailer=8),
    "bzip2": _Way(bz2.BZ2Decompressor, again=True),
    "xz": _Way(_lzma(lzma.FORMAT_XZ), again=True),
    "lzma": _Way(_lzma(lzma.FORMAT_ALONE)),
}
INFLATED: Final = frozenset({*_WAYS, "zstandard"})


class _Paid(io.RawIOBase):
    """A stream that another library unpacks, paid for."""

    def __init__(self, source: BinaryIO, reader: Any, budget: Budget) -> None:
        super().__init__()
        self._source, self._reader, self._budget = source, reader, budget

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer; 0 at the end, or where the rest is damaged."""
        import zstandard  # noqa: PLC0415 - an extra

        view = memoryview(buffer).cast("B")
        try:
            data = self._reader.read(len(view))
        except zstandard.ZstdError:
            return 0
        self._budget.inflate(len(data))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the compressed stream, too."""
        if not self.closed:
            self._source.close()
        super().close()


def _zstandard(source: BinaryIO, budget: Budget) -> BinaryIO:
    try:
        import zstandard  # noqa: PLC0415 - an extra
    except ImportError:
        raise KeyError("zstandard") from None
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTANDARD_WINDOW)
    reader = unpacker.stream_reader(source, read_across_frames=True, closefd=False)
    return _buffered(_Paid(source, reader, budget))
