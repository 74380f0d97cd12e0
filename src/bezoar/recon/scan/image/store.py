"""Where an image lies: an OCI layout folder, an OCI archive, or what `docker save` writes."""

import io
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from bezoar.core.errors import UsageError
from bezoar.datasets.blob import Blob
from bezoar.datasets.regular import READ
from bezoar.datasets.tar_headers import DamagedTarError
from bezoar.datasets.tars import entries
from bezoar.syntax.unreadable import UnreadableError

MARKS: Final = ("oci-layout", "manifest.json")
"""What tells an image from other folders and archives."""

_LAYOUT: Final = frozenset(
    {"oci-layout", "index.json", "blobs", "manifest.json", "repositories", "ingest"}
)
_MOST_FILES: Final = 20_000
_COMPRESSED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
_TAR_ENDINGS: Final = (".tar", ".oci", ".docker", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz")


class Store(Protocol):
    """The files that make up an image."""

    @property
    def size(self) -> int:
        """Bytes of all of them together."""
        ...

    def has(self, name: str) -> bool:
        """Say whether there is a file of this name."""
        ...

    def open(self, name: str) -> io.RawIOBase:
        """Open a file.

        Raises:
            UnreadableError: If it is not there, no regular file, or nobody may read it.
        """
        ...


def store_at(path: Path) -> Store | None:
    """Return the image at a path; None where there is none.

    Raises:
        UsageError: If it is an archive that has to be unpacked first.
    """
    if path.is_dir():
        # A repository that holds two such files is still a repository: its code counts.
        alone = set(os.listdir(path)) <= _LAYOUT  # noqa: PTH208 - names alone
        folder = FolderStore(path)
        marked = alone and folder.has("oci-layout") and folder.has("index.json")
        return folder if marked else None
    if not path.is_file() or not path.name.lower().endswith(_TAR_ENDINGS):
        return None
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_COMPRESSED):
        raise UsageError(
            f"{path} is compressed as a whole; bezoar unpacks nothing to disk",
            next=f"gunzip --keep {path}",
        )
    archive = ArchiveStore.of(path)
    return archive if any(archive.has(mark) for mark in MARKS) else None


@dataclass(frozen=True, slots=True)
class FolderStore:
    """An OCI layout folder; no link in it is followed."""

    root: Path

    @property
    def size(self) -> int:
        """Bytes of its blobs together; see `Store`."""
        total = 0
        for folder, _, names in os.walk(self.root):
            total += sum(os.lstat(f"{folder}/{name}").st_size for name in names)
        return total

    def has(self, name: str) -> bool:
        """Say whether there is a file; see `Store`."""
        try:
            self.open(name).close()
        except UnreadableError:
            return False
        return True

    def open(self, name: str) -> io.RawIOBase:
        """Open a file; see `Store`."""
        full = os.path.join(os.path.realpath(self.root), *name.split("/"))  # noqa: PTH118 - text
        if os.path.realpath(full) != full:
            raise UnreadableError("a link leads out of the image")
        try:
            descriptor = os.open(full, READ)
        except OSError as error:
            raise UnreadableError(error.strerror or "cannot be opened") from None
        file = io.FileIO(descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            file.close()
            raise UnreadableError("no regular file")
        return file


@dataclass(frozen=True)
class ArchiveStore:
    """A tar on disk, read in its place.

    Attributes:
        blob: Its bytes.
        places: Where each file lies in it: offset and size.
        links: What links in it lead to; `docker save` writes a layer once.
        faults: What is wrong with the archive itself.
    """

    blob: Blob
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> "ArchiveStore":
        """List an archive; a damaged one has what could be listed."""
        archive = cls(Blob.of_file(path))
        try:
            for number, entry in enumerate(entries(archive.blob)):
                if number >= _MOST_FILES:
                    archive.faults.append(f"more than {_MOST_FILES:,} files; the rest was not read")
                    break
                name = entry.name.removeprefix("./")
                if name in archive.places and entry.is_file:
                    archive.faults.append(f"two files called {name}: each tool reads another one")
                if entry.is_file:
                    archive.places[name] = entry.place
                elif entry.link:
                    there = os.path.join(os.path.dirname(name), entry.link)  # noqa: PTH118, PTH120 - text
                    archive.links[name] = os.path.normpath(there)
        except DamagedTarError as error:
            archive.faults.append(f"the archive cannot be read to its end: {error}")
        return archive

    @property
    def size(self) -> int:
        """Bytes of the archive; see `Store`."""
        return self.blob.size

    def has(self, name: str) -> bool:
        """Say whether there is a file; see `Store`."""
        return self.links.get(name, name) in self.places

    def open(self, name: str) -> io.RawIOBase:
        """Open a file; see `Store`."""
        place = self.places.get(self.links.get(name, name))
        if place is None:
            raise UnreadableError("it is not in the archive")
        return _Section(self.blob, *place)


class _Section(io.RawIOBase):
    """A part of a file on disk."""

    def __init__(self, blob: Blob, offset: int, size: int) -> None:
        super().__init__()
        self._blob, self._at, self._end = blob, offset, offset + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as io calls it
        size = min(len(buffer), self._end - self._at, 1 << 20)
        if size <= 0:
            return 0
        buffer[:size] = self._blob.read((self._at, size))
        self._at += size
        return size
