"""An archive's entries, whatever its kind."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from bezoar.datasets.unpack import codecs
from bezoar.datasets.unpack.entries import Entry
from bezoar.datasets.unpack.kinds import HEAD, ArchiveKind, is_tar, kind_of, unsupported
from bezoar.datasets.unpack.limits import Meter, UnpackLimits
from bezoar.datasets.unpack.rules import UNREADABLE_ARCHIVE, Refused
from bezoar.datasets.unpack.tar import tar_entries
from bezoar.datasets.unpack.tar_stream import TarStream
from bezoar.datasets.unpack.zip import zip_entries

_SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zst", ".zstd")


def entries(file: BinaryIO, size: int, name: str, limits: UnpackLimits) -> Iterator[Entry]:
    """Return the entries of an archive.

    Args:
        file: The archive, at its beginning.
        size: Its bytes.
        name: Its name, for what a compressed file holds if that is no archive.
        limits: How much it may become.

    Raises:
        Refused: If it is no archive that bezoar unpacks; while they are read, if it can be read no
            further.
    """
    head = file.read(HEAD)
    file.seek(0)
    kind = kind_of(head)
    if kind is None:
        what = unsupported(head)
        why = f"{what} archives are not unpacked" if what else "it is no archive that bezoar knows"
        raise Refused(UNREADABLE_ARCHIVE, why, final=True)
    if kind is ArchiveKind.ZIP:
        return zip_entries(file, size, limits)
    if kind is ArchiveKind.TAR:
        return tar_entries(TarStream(iter(lambda: file.read(codecs.PIECE), b"")))
    # What a tar holds besides its files counts as well: a terabyte of nothing is a bomb, too.
    meter = Meter(limits.total_bytes, size, limits)
    return _compressed(_metered(codecs.unpacked(file, kind), meter), name)


def _compressed(pieces: Iterator[bytes], name: str) -> Iterator[Entry]:
    head = b""
    while len(head) < HEAD and (piece := next(pieces, b"")):
        head += piece
    whole = chain([head] if head else [], pieces)
    if is_tar(head):
        yield from tar_entries(TarStream(whole))
    else:
        yield Entry(_without_suffix(name), size=None, pieces=whole)


def _metered(pieces: Iterator[bytes], meter: Meter) -> Iterator[bytes]:
    for piece in pieces:
        meter.spend(len(piece))
        yield piece


def _without_suffix(name: str) -> str:
    suffix = next((one for one in _SUFFIXES if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)] or name
