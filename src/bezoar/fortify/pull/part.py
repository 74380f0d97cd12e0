"""`Part`: a folder in the making, beside its target; it takes the target's place when it is whole.

A process that is ended leaves its part. The next one hashes what lies there, keeps the files that
are what was approved, and removes the rest.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Entry, Manifest
from bezoar.datasets.hashing import FileHashes

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_ONLY: Final = 0o444
"""A verified copy is not for writing; whoever changes data makes a new version."""


@dataclass(frozen=True)
class Part:
    """A folder in the making, locked by this process.

    Attributes:
        folder: Where it lies.
        target: What it becomes.
    """

    folder: str
    target: Path

    def reuse(self, files: Manifest) -> frozenset[str]:
        """Return which files an earlier run has finished; whatever else lies here is removed."""
        wanted = {entry.path: entry for entry in files.entries}
        there = sorted(self._swept(wanted, ""))
        kept = set()
        hashes = FileHashes(Path(self.folder), there).results() if there else iter(())
        for path, found in zip(there, hashes, strict=True):
            entry = wanted[path]
            if not found.error and (found.size, found.sha256) == (entry.size, entry.sha256):
                kept.add(path)
            else:
                os.unlink(f"{self.folder}/{path}")  # noqa: PTH108 - as below
        return frozenset(kept)

    def make_folders(self, files: Manifest) -> None:
        """Make the folders that the files lie in."""
        for folder in sorted({entry.path.rpartition("/")[0] for entry in files.entries}):
            os.makedirs(f"{self.folder}/{folder}", exist_ok=True)  # noqa: PTH103 - as below

    def create(self, path: str) -> int:
        """Return a descriptor of a new file, open for reading and writing."""
        return os.open(f"{self.folder}/{path}", _CREATE, _READ_ONLY)

    def settle(self) -> None:
        """Let it take the place of the target, which is absent or an empty folder."""
        os.rename(self.folder, self.target)  # noqa: PTH104 - a path as text

    def _swept(self, wanted: Mapping[str, Entry], below: str) -> Iterator[str]:
        """Yield regular files that are wanted; remove the rest, links too, without following."""
        prefix = f"{below}/" if below else ""
        with os.scandir(f"{self.folder}/{below}") as found:
            entries = list(found)
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from self._swept(wanted, path)
                with suppress(OSError):  # it is not empty
                    os.rmdir(entry.path)  # noqa: PTH106 - a scandir entry
            elif path in wanted and entry.is_file(follow_symlinks=False):
                yield path
            else:
                os.unlink(entry.path)  # noqa: PTH108 - the same


@contextmanager
def open_part(target: Path) -> Iterator[Part | None]:
    """Yield the part of a target, locked; None where another process has made the target.

    Waits while another process works at it. A part that stays empty is removed.

    Raises:
        BezoarError: If it cannot be made or written.
    """
    folder = target.parent / f".bezoar-{target.name}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        while True:
            if stands(target):
                yield None
                return
            descriptor = _locked(folder)
            if descriptor is not None:
                break
        try:
            # Another one may have made it between the look at it and the lock.
            yield None if stands(target) else Part(str(folder), target)
        finally:
            os.close(descriptor)
            with suppress(OSError):
                folder.rmdir()
    except OSError as error:
        where = error.filename or target
        raise BezoarError(
            f"cannot write {where}: {error.strerror}", next=f"ls -ld {target.parent}"
        ) from error


def stands(target: Path) -> bool:
    """Tell whether there is anything at a target but an empty folder."""
    try:
        return not stat.S_ISDIR(target.lstat().st_mode) or any(target.iterdir())
    except FileNotFoundError:
        return False


def remove_part(target: Path) -> None:
    """Remove what an earlier run left beside a target that is whole."""
    shutil.rmtree(target.parent / f".bezoar-{target.name}.part", ignore_errors=True)


def _locked(folder: Path) -> int | None:
    """Make and lock a folder; None where it was renamed or removed in the meantime."""
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(exist_ok=True)
    try:
        descriptor = os.open(folder, _FOLDER)
    except FileNotFoundError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), folder.lstat()):
            return descriptor
    os.close(descriptor)
    return None
