"""What kind of archive is it? Its first bytes decide, never its name."""

from enum import StrEnum
from typing import Final


class ArchiveKind(StrEnum):
    """What bezoar unpacks; a compressed file may hold a tar or be one file."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


HEAD: Final = 512
"""So many first bytes are enough."""

_MAGIC: Final = (
    (b"PK\x03\x04", ArchiveKind.ZIP),
    (b"PK\x05\x06", ArchiveKind.ZIP),
    (b"\x1f\x8b", ArchiveKind.GZIP),
    (b"\xfd7zXZ\0", ArchiveKind.XZ),
    (b"\x28\xb5\x2f\xfd", ArchiveKind.ZSTD),
)
_NOT_UNPACKED: Final = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"PK\x07\x08", "split or spanned zip"),
    (b"PK00", "split zip"),
    (b"MSCF", "cabinet"),
    (b"LZIP", "lzip"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"\x1f\x9d", "compress"),
    (b"!<arch>\n", "ar"),
    (b"070701", "cpio"),
    (b"070707", "cpio"),
    (b"xar!", "xar"),
)
_SKIPPABLE: Final = b"\x2a\x4d\x18"


def kind_of(head: bytes) -> ArchiveKind | None:
    """Say what an archive is by its first bytes; None where it is none that bezoar unpacks."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[1:4] == _SKIPPABLE and head[0] >> 4 == 5:  # noqa: PLR2004 - 0x50 to 0x5f
        return ArchiveKind.ZSTD
    # What follows looks like a name, and a tar begins with the name of its first file.
    if is_tar(head):
        return ArchiveKind.TAR
    return ArchiveKind.BZIP2 if head.startswith(b"BZh") else None


def unsupported(head: bytes) -> str | None:
    """Name the kind of an archive that bezoar does not unpack; None where it is none."""
    return next((name for magic, name in _NOT_UNPACKED if head.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Say whether a block is the header of a tar: its checksum is right, and it has a name.

    A tar from before POSIX has no magic, so that the checksum is what all tars have. An empty tar
    is nothing but zeros, and so is many a file: it is none.
    """
    if len(head) < HEAD:
        return False
    block = head[:HEAD]
    digits = block[148:156].strip(b" \0")
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        return False
    return sum(block) - sum(block[148:156]) + 8 * 32 == int(digits, 8)
