"""Git LFS pointers: what a repository holds in the place of a large file.

Source: `docs/spec.md` of git-lfs: three sorted lines, under 1024 bytes, SHA-256 alone.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LONGEST: Final = 1024
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-[0-9]-[^\n]*\n)*"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\n"
    rb"size (?P<size>[0-9]{1,19})\n"
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a pointer says of a file.

    Attributes:
        sha256: In hexadecimal.
        size: Bytes.
    """

    sha256: str
    size: int


def parse_pointer(data: bytes) -> Pointer | None:
    """Read a pointer; None for anything else."""
    match = _POINTER.fullmatch(data) if len(data) < LONGEST else None
    return Pointer(match["oid"].decode(), int(match["size"])) if match else None


def object_of(pointer: Pointer, near: Path) -> Path | None:
    """Return the stored object of a pointer in its own repository; None where it is not there.

    Args:
        pointer: The pointer.
        near: A folder of the repository.
    """
    oid = pointer.sha256
    for folder in (near.absolute(), *near.absolute().parents):
        if (folder / ".git").is_dir():
            path = folder / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
            return path if path.is_file() else None
    return None
