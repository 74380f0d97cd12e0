"""What a version consists of, each piece of content once, and how each is opened."""

import errno
import io
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Manifest
from bezoar.datasets.regular import READ

_OTHER_THAN_IT_WAS: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EISDIR})


class AbsentFileError(BezoarError):
    """A file that was approved is not there any more, or something else is in its place."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One piece of content, named by its digest.

    Attributes:
        digest: Its SHA-256.
        size: Bytes.
        place: The first file that holds it, or the document that it is.
        open: Opens it at its beginning.
    """

    digest: Digest
    size: int
    place: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Version:
    """What is to be published.

    Attributes:
        name: The dataset's name.
        version: The version's name.
        root: The Merkle root of its samples.
        files: Every file that is delivered.
        folder: Where they lie; the file itself where the dataset is one.
        documents: What vouches for it, by role: entry, statement, vet, manifest, files.
    """

    name: str
    version: str
    root: Digest
    files: Manifest
    folder: Path
    documents: Mapping[str, bytes]

    @property
    def spec(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.name}@{self.version}"

    def blobs(self) -> list[Blob]:
        """Return each piece of content once, in the order in which it is read."""
        found = {}
        for role, data in self.documents.items():
            blob = document(role, data)
            found[blob.digest.value] = blob
        base = self.folder.parent if self.folder.is_file() else self.folder
        for path, size, sha256, _ in self.files.entries:
            if sha256 not in found:
                found[sha256] = Blob(Digest("sha256", sha256), size, path, _Opener(base, path))
        return list(found.values())


def document(role: str, data: bytes) -> Blob:
    """Return a document as a piece of content."""
    return Blob(Digest.of(data), len(data), role, lambda: io.BytesIO(data))


@dataclass(frozen=True, slots=True)
class _Opener:
    """Opens a file below a folder."""

    base: Path
    path: str

    def __call__(self) -> BinaryIO:
        try:
            # What is read here is read in large pieces: a buffer would only copy it.
            file = io.FileIO(f"{self.base}/{self.path}", opener=_open)
        except OSError as error:
            if error.errno in _OTHER_THAN_IT_WAS:
                raise AbsentFileError("it is gone, or something else is in its place") from error
            raise BezoarError(
                f"{self.path}: cannot be read: {error.strerror}", next=f"ls -l {self.base}"
            ) from error
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise AbsentFileError("it is no regular file any more")
        return file


def _open(path: str, _flags: int) -> int:
    return os.open(path, READ)
