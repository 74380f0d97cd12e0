"""The compression methods of a zip."""

import bz2
import lzma
import struct
from collections.abc import Callable, Iterator
from typing import Final

from bezoar.datasets.unpack.codecs import (
    LARGEST_WINDOW,
    PIECE,
    Decoder,
    Deflate,
    Readable,
    one_stream,
    zstd,
)
from bezoar.datasets.unpack.rules import UNREADABLE_ARCHIVE, Refused, ambiguous, damaged

_LZMA_HEADER: Final = struct.Struct("<2BHBL")
_LZMA_PROPERTIES: Final = 5


def unpacked(file: Readable, method: int) -> Iterator[bytes]:
    """Yield what an entry holds.

    Args:
        file: Its packed bytes, and no more.
        method: How they are packed, as the zip says.

    Raises:
        Refused: If they are damaged, break off, go on after their end, or are packed in another
            way.
    """
    if method not in _METHODS:
        why = f"it is compressed by method {method}, which bezoar does not know"
        raise Refused(UNREADABLE_ARCHIVE, why)
    return _METHODS[method](file)


def _stored(file: Readable) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _stream(new: Callable[[], Decoder]) -> Callable[[Readable], Iterator[bytes]]:
    def read(file: Readable) -> Iterator[bytes]:
        decoder = new()
        yield from one_stream(decoder, file)
        if decoder.unused_data or file.read(1):
            raise ambiguous("bytes after the end of its compressed data", final=False)

    return read


def _lzma(file: Readable) -> Iterator[bytes]:
    header = file.read(_LZMA_HEADER.size)
    if len(header) < _LZMA_HEADER.size:
        raise damaged("its end is missing")
    _, _, length, packed, window = _LZMA_HEADER.unpack(header)
    if length != _LZMA_PROPERTIES or packed >= 9 * 5 * 5 or window > LARGEST_WINDOW:
        raise Refused(UNREADABLE_ARCHIVE, "it is compressed with a window that is too large")
    rest, context = divmod(packed, 9)
    position, literal = divmod(rest, 5)
    coder = {
        "id": lzma.FILTER_LZMA1,
        "lc": context,
        "lp": literal,
        "pb": position,
        "dict_size": max(window, 1 << 12),
    }
    # Its end may be marked or not; how much there is to come out, the directory says.
    try:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[coder])
        while not decoder.eof:
            given = file.read(PIECE) if decoder.needs_input else b""
            if not given and decoder.needs_input:
                return
            if piece := decoder.decompress(given, PIECE):
                yield piece
    except lzma.LZMAError as error:
        raise damaged(str(error)) from error
    if decoder.unused_data or file.read(1):
        raise ambiguous("bytes after the end of its compressed data", final=False)


_METHODS: Final[dict[int, Callable[[Readable], Iterator[bytes]]]] = {
    0: _stored,
    8: _stream(lambda: Deflate(-15)),
    12: _stream(bz2.BZ2Decompressor),
    14: _lzma,
    93: zstd,
}
