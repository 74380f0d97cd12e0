"""What lies in a file: members of archives, what a compressed file unpacks to, values of arrays.

Members of a ZIP archive are found by their own headers, not by its directory: what the directory
leaves out, names otherwise, calls encrypted or gives a wrong checksum is looked at all the same.
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple, Self

from bezoar.fortify.vetting.budget import SpentError
from bezoar.fortify.vetting.inflating import INFLATED, inflated
from bezoar.fortify.vetting.kinds import UNOPENED
from bezoar.fortify.vetting.npy_header import array_start
from bezoar.fortify.vetting.specimen import HELD, Specimen, filled, held, skipping, specimen_of

DEEPEST: Final = 4
_LOCAL: Final = re.compile(rb"PK\x03\x04")
_CENTRAL: Final = re.compile(rb"PK\x01\x02")
_METHODS: Final = {0: "stored", 8: "deflate", 12: "bzip2", 93: "zstandard"}
_UNKNOWN_SIZE: Final = 0xFFFFFFFF
_ZIP64: Final = 1
_BLOCK: Final = 512
_JOBLIB: Final = b"ZF"
_LONGEST_NAME: Final = 4096
_NEWEST_ZIP: Final = 63


class Unopened(NamedTuple):
    """Something that lies in a file and that nothing here can look into.

    Attributes:
        name: Its name there.
        why: Why not.
    """

    name: str
    why: str


def layers(specimen: Specimen) -> Iterator[Specimen | Unopened]:
    """Yield what lies directly in a specimen.

    Raises:
        SpentError: If what the file may cost is spent.
    """
    kind = specimen.kind
    if kind in UNOPENED:
        yield Unopened(specimen.name, f"nothing here unpacks {kind}")
        return
    found = _found(specimen)
    if specimen.depth >= DEEPEST:
        for _ in found:
            raise SpentError(f"it holds containers in containers, more than {DEEPEST} deep")
        return
    yield from found


def _found(specimen: Specimen) -> Iterator[Specimen | Unopened]:
    kind = specimen.kind
    if kind in INFLATED:
        yield from _unpacked(specimen, kind)
    elif kind == "npy":
        if start := array_start(specimen.head):
            yield _at(specimen, "values", start, None)
    elif kind == "tar":
        yield from _tar_members(specimen)
    elif specimen.head.startswith(_JOBLIB):
        yield from _joblib(specimen)
    yield from _zip_members(specimen)


def _unpacked(specimen: Specimen, kind: str) -> Iterator[Specimen | Unopened]:
    def opener() -> BinaryIO:
        return inflated(specimen.open(), kind, specimen.budget)

    try:
        inner = _layer(specimen, "", opener)
    except KeyError:
        yield Unopened(specimen.name, f"nothing here unpacks {kind}: pip install 'bezoar[zstd]'")
        return
    if inner.head:
        yield inner


def _joblib(specimen: Specimen) -> Iterator[Specimen]:
    """What old versions of joblib wrote: `ZF`, a length in hexadecimal, a zlib stream."""
    match = re.match(rb"ZF0x[0-9a-fA-F]+ *", specimen.head[:64])
    if match:
        yield _at(specimen, "zlib", match.end(), None)


def _layer(outer: Specimen, name: str, opener: Callable[[], BinaryIO]) -> Specimen:
    full = f"{outer.name}!{name}" if name else outer.name
    return specimen_of(full, opener, outer.budget, depth=outer.depth + 1)


class _Part:
    """The bytes of a stream from one place on, so many of them."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int = -1, /) -> bytes:
        """Return up to so many bytes."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def readline(self, size: int = -1, /) -> bytes:
        """Return the bytes up to a line end."""
        data = self._stream.readline(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def seekable(self) -> bool:
        """False: it is read forward."""
        return False

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _at(outer: Specimen, name: str, start: int, size: int | None) -> Specimen:
    """Return the bytes of a specimen from one place on, as a specimen."""

    def opener() -> BinaryIO:
        stream = skipping(outer.open, start)
        return stream if size is None else _Part(stream, size)  # type: ignore[return-value]

    return _layer(outer, name, opener)


class _Member(NamedTuple):
    """A local header of a ZIP archive.

    Attributes:
        name: As written there.
        method: How it is packed.
        start: Where its bytes start.
        size: How many, as the header says; None where it says so elsewhere, and not there either.
        encrypted: Whether it says so.
        described: Whether it leaves the size to what follows the bytes.
    """

    name: str
    method: int
    start: int
    size: int | None
    encrypted: bool
    described: bool


def _zip_members(specimen: Specimen) -> Iterator[Specimen | Unopened]:
    sizes: dict[str, int | None] = {}
    members: list[_Member] = []
    last = -1
    for start, window in specimen.windows():
        for match in _LOCAL.finditer(window):
            if start + match.start() <= last:  # in the overlap of two windows
                continue
            last = start + match.start()
            member = _local_header(window, match.start(), start)
            if member is not None:
                members.append(member)
                specimen.budget.step(10)
        for match in _CENTRAL.finditer(window):
            name, size = _central_header(window, match.start())
            sizes[name] = _larger(size, sizes.get(name, 0))
            specimen.budget.step(10)
    for member in members:
        yield from _opened(specimen, member, _larger(member.size, sizes.get(member.name, 0)))


def _larger(one: int | None, other: int | None) -> int | None:
    """Return the larger of two claims; None, which means to the end, is larger than any."""
    return None if one is None or other is None else max(one, other)


def _opened(specimen: Specimen, member: _Member, size: int | None) -> Iterator[Specimen | Unopened]:
    kind = _METHODS.get(member.method)
    name = f"{specimen.name}!{member.name}"
    if kind is None:
        yield Unopened(name, f"nothing here unpacks ZIP method {member.method}")
        return
    if member.described and not size:
        size = None
    inner: Specimen | None
    if kind == "stored":
        inner = _at(specimen, member.name, member.start, size)
    else:
        inner = _packed(specimen, member, kind)
    if inner is None:
        yield Unopened(name, f"nothing here unpacks {kind}")
        return
    if member.encrypted and size != 0:
        yield Unopened(name, "it says that it is encrypted")
    if inner.head:
        yield inner


def _packed(specimen: Specimen, member: _Member, kind: str) -> Specimen | None:
    def opener() -> BinaryIO:
        return inflated(skipping(specimen.open, member.start), kind, specimen.budget)

    try:
        return _layer(specimen, member.name, opener)
    except KeyError:
        return None


def _local_header(window: bytes, at: int, offset: int) -> _Member | None:
    """Read a local header (APPNOTE 4.3.7); None where chance wrote its mark."""
    if len(window) < at + 30:
        return None
    version, flags, method = struct.unpack_from("<HHH", window, at + 4)
    packed, _, name_size, extra_size = struct.unpack_from("<IIHH", window, at + 18)
    end = at + 30 + name_size
    sound = (version & 0xFF) <= _NEWEST_ZIP and 0 < name_size <= _LONGEST_NAME
    if not sound or end > len(window):
        return None
    name = window[at + 30 : end].decode("utf-8", "replace")
    packed = _size(packed, window[end : end + extra_size], local=True)
    return _Member(
        name, method, offset + end + extra_size, packed, bool(flags & 1), bool(flags & 8)
    )


def _central_header(window: bytes, at: int) -> tuple[str, int | None]:
    if len(window) < at + 46:
        return "", 0
    (packed,) = struct.unpack_from("<I", window, at + 20)
    (name_size,) = struct.unpack_from("<H", window, at + 28)
    end = at + 46 + name_size
    (extra_size,) = struct.unpack_from("<H", window, at + 30)
    packed = _size(packed, window[end : end + extra_size], local=False)
    return window[at + 46 : end].decode("utf-8", "replace"), packed


def _size(packed: int, extra: bytes, *, local: bool) -> int | None:
    """Return a packed size; a large one stands in an extra field (APPNOTE 4.5.3), or nowhere."""
    at = 0
    while packed == _UNKNOWN_SIZE and len(extra) >= at + 4:
        kind, length = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + length]
        sizes = [int.from_bytes(field[i : i + 8], "little") for i in range(0, len(field), 8)]
        if kind == _ZIP64 and sizes:
            # A directory leaves out what fits into its own fields: the packed size may come first.
            return sizes[1] if local and len(sizes) > 1 else max(sizes)
        at += 4 + length
    return None if packed == _UNKNOWN_SIZE else packed


def _tar_members(specimen: Specimen) -> Iterator[Specimen]:
    """Yield the members of a tar archive, each a block of 512 bytes and what it says follows."""
    start = 0
    with specimen.open() as stream:
        while len(block := stream.read(_BLOCK)) == _BLOCK and block.strip(b"\0"):
            specimen.budget.step()
            size = _octal(block[124:136])
            if size is None:
                return
            start += _BLOCK
            whole = -(-size // _BLOCK) * _BLOCK
            name = block[:100].rstrip(b"\0").decode("utf-8", "replace")
            if size > HELD:
                yield _at(specimen, name, start, size)
                _skip(stream, whole)
            elif data := filled(stream, whole)[:size]:
                yield held(f"{specimen.name}!{name}", data, specimen.budget, specimen.depth + 1)
            start += whole


def _skip(stream: BinaryIO, count: int) -> None:
    while count and (piece := stream.read(min(count, 1 << 20))):
        count -= len(piece)


def _octal(text: bytes) -> int | None:
    if text[:1] == b"\x80":
        return int.from_bytes(text[1:], "big")
    digits = text.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else None
