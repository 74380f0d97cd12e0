"""What bytes are, by the marks that readers go by; names and extensions say nothing here."""

import struct
from typing import Final

_MARKS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"%PDF-", "pdf"),
    (b"\x7fELF", "elf"),
    (b"\xfe\xed\xfa\xce", "mach-o"),
    (b"\xfe\xed\xfa\xcf", "mach-o"),
    (b"\xce\xfa\xed\xfe", "mach-o"),
    (b"\xcf\xfa\xed\xfe", "mach-o"),
    (b"\0asm\x01\0\0\0", "webassembly"),
    (b"L\0\0\0\x01\x14\x02\0", "windows shortcut"),
    (b"dex\n0", "dalvik"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x93NUMPY", "npy"),
    (b"PAR1", "parquet"),
    (b"ARROW1\0\0", "arrow"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"SQLite format 3\0", "sqlite"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
)
_ZLIB_HEADERS: Final = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_LZMA_ALONE: Final = b"\x5d\0\0"
_HDF5_OFFSETS: Final = (512, 1024, 2048)
_FAT_BINARIES: Final = 45
"""A fat Mach-O names its architectures, fewer than this; a Java class its version, 45 or more."""

PICTURES: Final = frozenset({"png", "jpeg", "gif", "bmp", "webp", "tiff", "netpbm"})
DECODED: Final = frozenset({"png", "jpeg", "gif", "bmp", "webp", "netpbm"})
"""What `datasets.decoding` decodes."""
PROGRAMS: Final = frozenset(
    {
        "elf",
        "pe",
        "mach-o",
        "java class",
        "webassembly",
        "windows shortcut",
        "dalvik",
        "python bytecode",
    }
)
UNOPENED: Final = frozenset({"lz4", "7z", "rar"})
"""What nothing here unpacks."""

_MARK_BYTES: Final = frozenset(mark[0] for mark, _ in _MARKS)


def kind_of(head: bytes) -> str:
    """Return what the first bytes say, in a word; empty where no mark is known.

    Args:
        head: The first few KiB.
    """
    if not head:
        return ""
    if head[0] in _MARK_BYTES:
        for mark, kind in _MARKS:
            if head.startswith(mark):
                return kind
    return _by_more(head)


def _by_more(head: bytes) -> str:  # noqa: C901, PLR0911 - one line for each format
    """Return what takes more than a fixed mark at the start."""
    first = head[:4]
    if first == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12], "riff")
    if first == b"\xca\xfe\xba\xbe" and len(head) >= 8:  # noqa: PLR2004 - mark and number
        fat = 0 < int.from_bytes(head[4:8], "big") < _FAT_BINARIES
        return "mach-o" if fat else "java class"
    if first[:2] == b"MZ" and is_portable_executable(head):
        return "pe"
    if first[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "bmp"
    if first[:1] == b"P" and first[1:2] in b"1234567" and first[2:3].isspace():
        return "netpbm"
    if first[2:4] == b"\r\n" and 3000 <= int.from_bytes(first[:2], "little") < 4000:  # noqa: PLR2004 - Lib/importlib/_bootstrap_external.py
        return "python bytecode"
    if first[:2] in _ZLIB_HEADERS and int.from_bytes(first[:2], "big") % 31 == 0:
        return "zlib"
    if first[:3] == _LZMA_ALONE:
        return "lzma"
    if head[257:262] == b"ustar":
        return "tar"
    if any(head.startswith(b"\x89HDF\r\n\x1a\n", offset) for offset in _HDF5_OFFSETS):
        return "hdf5"
    return ""


def is_portable_executable(data: bytes, start: int = 0) -> bool:
    """Tell whether a program for Windows starts there: `MZ`, and where it points to, `PE`."""
    if data[start : start + 2] != b"MZ" or len(data) < start + 64:
        return False
    (offset,) = struct.unpack_from("<I", data, start + 60)
    return data[start + offset : start + offset + 4] == b"PE\0\0"


def is_text(head: bytes) -> bool:
    """Tell whether bytes read as text: no NUL (unless UTF-16 says so), few controls."""
    if not head:
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    sample = head[:4096]
    return not sample.translate(None, _TEXT_BYTES)


_TEXT_BYTES: Final = bytes({*range(32, 256), *b"\t\n\r\f\b\x1b"} - {127})


def as_text(data: bytes) -> str:
    """Decode text by its byte order mark, UTF-8 without one; what is no text becomes marks."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"<\0?\0", "utf-16-le"),
        (b"\0<\0?", "utf-16-be"),
        (b"<\0!\0", "utf-16-le"),
        (b"\0<\0!", "utf-16-be"),
        (b"<\0s\0", "utf-16-le"),
        (b"\0<\0s", "utf-16-be"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "replace")
