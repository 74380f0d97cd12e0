"""Reader: tar, as a stream, from its first byte to its last.

Headers may say a thing twice: in the ustar header, a GNU long name, a POSIX extended header. What
no program writes, and programs read differently, is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.datasets import tar_headers as headers
from bezoar.datasets.tar_headers import BLOCK, DamagedTarError
from bezoar.datasets.unpack.codecs import PIECE
from bezoar.datasets.unpack.entries import Entry
from bezoar.datasets.unpack.rules import SPECIAL_ENTRY, Refused, ambiguous, damaged
from bezoar.datasets.unpack.tar_stream import TarStream

_SPECIAL: Final = {
    b"1": "a hard link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
    b"D": "a list of a folder's files",
    b"M": "the rest of a file from another archive",
    b"V": "the name of a tape",
}
_PLAIN, _CONTIGUOUS, _BEFORE_POSIX, _FOLDER = b"0", b"7", b"\0", b"5"
_LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL = b"L", b"K", b"x", b"g"
_SPARSE_KEYS: Final = ("GNU.sparse.", "SCHILY.realsize", "SCHILY.offset", "SUN.holesdata")
_OF_AN_ENTRY: Final = ("path", "size", "linkpath", "hdrcharset", *_SPARSE_KEYS)
_LARGEST_OCTAL: Final = 0o77777777777
_SET_ID: Final = 0o6000


@dataclass
class _Said:
    """What the headers before an entry's own say about it."""

    kinds: set[bytes] = field(default_factory=set)
    long_name: str | None = None
    records: dict[str, str] = field(default_factory=dict)


def tar_entries(stream: TarStream) -> Iterator[Entry]:
    """Yield the entries of a tar.

    Raises:
        Refused: If it can be read no further.
    """
    try:
        yield from _entries(stream)
    except DamagedTarError as error:
        raise damaged(str(error)) from error


def _entries(stream: TarStream) -> Iterator[Entry]:
    said = _Said()
    while (head := stream.exactly(BLOCK)) != bytes(BLOCK):
        headers.check_sum(head, stream.at - BLOCK)
        kind, size = head[156:157], headers.number(head[124:136], stream.at - BLOCK)
        if kind in (_LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL):
            _listen(said, kind, stream.small(size))
        else:
            yield from _entry(stream, head, said, size)
            said = _Said()
    if said.kinds:
        raise damaged("an extended header without an entry")
    stream.nothing_more()


def _listen(said: _Said, kind: bytes, data: bytes) -> None:
    if kind in said.kinds and kind != _GLOBAL:
        raise ambiguous("two extended headers for one entry")
    said.kinds.add(kind)
    if kind == _LONG_NAME:
        name, _, rest = data.partition(b"\0")
        if rest.strip(b"\0"):
            raise ambiguous("a long name with two ends")
        said.long_name = name.decode("utf-8", "surrogateescape")
    elif kind == _EXTENDED:
        for key, value in headers.records(data):
            if key in said.records:
                raise ambiguous(f"an extended header with two values of {key[:50]}")
            said.records[key] = value
    elif kind == _GLOBAL and any(key.startswith(_OF_AN_ENTRY) for key, _ in headers.records(data)):
        raise ambiguous("an extended header that names all entries")


def _entry(stream: TarStream, head: bytes, said: _Said, size: int) -> Iterator[Entry]:
    kind = head[156:157]
    name = _name(head, said)
    size = _size(size, said)
    if refused := _refused(kind, said):
        # A link's or a device's size is a hint for some programs, and bytes for others.
        yield Entry(name, refused=refused)
        if size and kind not in (b"S", b"M", b"D", _PLAIN, _CONTIGUOUS, _BEFORE_POSIX):
            raise ambiguous(f"{_SPECIAL.get(kind, 'an entry of unknown kind')} with bytes")
        stream.skip(size)
        stream.pad(size)
        return
    # Before POSIX, a folder was a file with a slash at its end; some programs still think so.
    folder = kind == _FOLDER or name.endswith("/")
    if folder and size:
        raise ambiguous("a folder with bytes, which some programs take for headers")
    mode = headers.number(head[100:108], stream.at - BLOCK)
    yield Entry(
        name=name,
        folder=folder,
        size=size,
        pieces=stream.take(size, PIECE),
        refused=_unreadable_name(name),
        privileged=bool(mode & _SET_ID) and not folder,
    )
    stream.skip_rest()
    stream.pad(size)


def _name(head: bytes, said: _Said) -> str:
    path = said.records.get("path")
    if path is not None and said.long_name is not None and path != said.long_name:
        raise ambiguous("two long names for one entry")
    name = said.long_name if path is None else path
    return headers.name(head) if name is None else name


def _size(size: int, said: _Said) -> int:
    """Return an entry's size; the two that it may have must be one.

    A program that overlooks the larger one takes the entry's bytes for the next header.
    """
    if "size" not in said.records:
        return size
    told = headers.decimal(said.records["size"])
    needed = told > _LARGEST_OCTAL and size in (0, _LARGEST_OCTAL)
    if size != told and not needed:
        raise ambiguous("two sizes for one entry")
    return told


def _refused(kind: bytes, said: _Said) -> Refused | None:
    if what := _SPECIAL.get(kind):
        return Refused(SPECIAL_ENTRY, f"it is {what}, which is not unpacked")
    if any(key.startswith(_SPARSE_KEYS) for key in said.records):
        return Refused(SPECIAL_ENTRY, "it is a sparse file, which is not unpacked")
    if kind not in (_PLAIN, _CONTIGUOUS, _BEFORE_POSIX, _FOLDER):
        return ambiguous(f"an entry of unknown kind {kind!r}", final=False)
    return None


def _unreadable_name(name: str) -> Refused | None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return ambiguous("its name is not UTF-8", final=False)
    return None
