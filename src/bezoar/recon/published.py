"""What a source says about its files, against the bytes that are here."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bezoar.adapters.dvc import DIRECTORY, md5_of
from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.entry import Published
from bezoar.datasets.regular import READ

CopyOf = Callable[[Published], Path | None]
"""Where the bytes of a published file lie here; None where they do not."""

UNLIKE_ITS_SOURCE: Final = Rule(
    code="BZ157",
    name="unlike-its-source",
    title="Bytes differ from what the source published",
    severity=Severity.HIGH,
    why="The source states a digest for this file, and what is here has another one: it was"
    " changed on the way, or the source itself was.",
    taxonomy=("ATLAS:AML.T0020",),
)

_PIECE: Final = 1 << 20
_PLAIN: Final = ("md5", "sha1", "sha256", "sha512")
GIT_BLOB: Final = "git-blob-sha1"
"""How Git names a file: SHA-1 over a header with its size, then its bytes."""
DOS2UNIX: Final = "md5-dos2unix"
"""How DVC 2 hashed a file: text with line ends of one byte."""


def compare_published(
    files: Sequence[Published], copy_of: CopyOf
) -> tuple[tuple[Published, ...], tuple[Finding, ...]]:
    """Hash the files that a source describes, where they are here.

    Args:
        files: What the source says.
        copy_of: Where a file's bytes lie; None where they do not.

    Returns:
        The files, each that holds with its SHA-256 from now on, and a finding for each that does
        not. A file that is not here, as an archive that was unpacked, is left as it is.
    """
    kept, findings = [], []
    for file in files:
        here = copy_of(file)
        known, why = _compared(here, file) if here is not None else (file, "")
        kept.append(known)
        if why:
            place = Place(PlaceKind.FILE, file.path)
            evidence = {"published": file.digest, "uri": file.uri or ""}
            findings.append(Finding(UNLIKE_ITS_SOURCE, place, why, evidence=evidence))
    return tuple(kept), tuple(findings)


def in_place(path: Path) -> CopyOf:
    """Return where files lie in a dataset: below its folder, or as its one file."""

    def copy_of(file: Published) -> Path | None:
        if path.is_dir():
            return path / file.path
        return path if path.name == file.path.rpartition("/")[2] else None

    return copy_of


def _compared(here: Path, file: Published) -> tuple[Published, str]:
    wanted = Digest.parse(file.digest)
    if wanted.algorithm == DIRECTORY and here.is_dir():
        return file, _compared_folder(here, wanted)
    try:
        digests, size = file_digests(here, wanted.algorithm)
    except OSError:
        return file, ""
    if digests is None:
        return file, ""
    if wanted not in digests:
        return file, f"its {wanted.algorithm} is {digests[-1].hex}, not {wanted.hex}"
    if file.size is not None and file.size != size:
        return file, f"it has {size:,} bytes, not {file.size:,}"
    return file.model_copy(update={"digest": str(digests[0]), "size": size}), ""


def _compared_folder(here: Path, wanted: Digest) -> str:
    try:
        found = md5_of(here)[0].removesuffix(".dir")
    except (OSError, ValueError) as error:
        return f"its digest cannot be computed: {error}"
    return "" if found == wanted.hex else f"its {DIRECTORY} is {found}, not {wanted.hex}"


def file_digests(path: Path, algorithm: str) -> tuple[tuple[Digest, ...] | None, int]:
    """Read a file once and return its SHA-256, its digest by `algorithm`, and its size.

    Where line ends may have been changed before hashing, both digests count.

    Returns:
        None where the algorithm is not known here.

    Raises:
        OSError: If it is no file, or cannot be read.
    """
    if algorithm not in (*_PLAIN, GIT_BLOB, DOS2UNIX):
        return None, 0
    descriptor = os.open(path, READ)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        size = status.st_size
        first, plain, folded = hashlib.sha256(), _hash(algorithm, size), _hash(algorithm, size)
        held = b""
        while piece := file.read(_PIECE):
            first.update(piece)
            plain.update(piece)
            if algorithm == DOS2UNIX:
                # A carriage return at the end waits for what follows it.
                piece = held + piece
                held = b"\r" if piece.endswith(b"\r") else b""
                folded.update(piece.removesuffix(held).replace(b"\r\n", b"\n"))
        folded.update(held)
    found = [Digest("sha256", first.digest()), Digest(algorithm, plain.digest())]
    if algorithm == DOS2UNIX:
        found.append(Digest(algorithm, folded.digest()))
    return tuple(found), size


def _hash(algorithm: str, size: int) -> "hashlib._Hash":
    if algorithm == GIT_BLOB:
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    name = "md5" if algorithm == DOS2UNIX else algorithm
    return hashlib.new(name, usedforsecurity=False)
