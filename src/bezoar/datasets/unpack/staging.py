"""A folder that appears whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bezoar.core.errors import BezoarError, UsageError
from bezoar.sandbox import kernel

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Staging:
    """A folder under way, beside the place where it is to appear.

    Its name is always the same, so that a run finds what a killed one left, and removes it; a lock
    tells a killed run from one that is still at work, and ends with its process.

    Attributes:
        path: The folder under way.
    """

    def __init__(self, into: Path) -> None:
        """Name the place.

        Raises:
            UsageError: If there is something already.
        """
        self._into = into
        self.path = into.with_name(f".{into.name}.part")
        self._refuse_existing()

    def __enter__(self) -> Self:
        try:
            self._into.parent.mkdir(parents=True, exist_ok=True)
            self.handle = self._locked()
        except OSError as error:
            raise cannot_write(self._into, error) from error
        try:
            _empty(self.path)
        except BaseException:
            os.close(self.handle)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.path.exists():
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.handle)

    def publish(self) -> None:
        """Let the folder appear.

        What it holds is made durable first, by one call for the whole file system: a call for each
        of 20,000 small files takes minutes on a disk. Should the machine stop before, there is no
        folder; should it stop after, the folder is whole.

        Raises:
            BezoarError: If that fails.
        """
        self._refuse_existing()
        try:
            kernel.sync_file_system(self.handle)
            self.path.rename(self._into)
            above = os.open(self._into.parent, _FOLDER)
            try:
                os.fsync(above)
            finally:
                os.close(above)
        except OSError as error:
            raise cannot_write(self._into, error) from error

    def inventory(self) -> tuple[int, int]:
        """Count the files below, and their bytes.

        Raises:
            BezoarError: If there is anything but files and folders: what unpacked them lies.
        """
        files = size = 0
        for entry in _below(self.path):
            if not entry.is_file(follow_symlinks=False):
                raise BezoarError(f"{entry.path} is a link or special file, which nobody unpacked")
            files, size = files + 1, size + entry.stat(follow_symlinks=False).st_size
        return files, size

    def _refuse_existing(self) -> None:
        if os.path.lexists(self._into):
            raise UsageError(f"{self._into} exists already", next=f"rm -r {self._into}")

    def _locked(self) -> int:
        while True:
            self.path.mkdir(mode=0o755, exist_ok=True)
            handle = os.open(self.path, _FOLDER)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Whoever had the lock may have moved or removed the folder in the meantime.
                if os.path.lexists(self.path) and os.path.samestat(
                    os.fstat(handle), os.lstat(self.path)
                ):
                    return handle
            except BlockingIOError as error:
                os.close(handle)
                raise BezoarError(f"another process is unpacking into {self._into}") from error
            os.close(handle)


def cannot_write(path: Path, error: OSError) -> BezoarError:
    """Return the error that something cannot be written."""
    why = error.strerror or str(error)
    return BezoarError(f"cannot unpack into {path}: {why}", next=f"df -h {path.parent}")


def _empty(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)  # noqa: PTH108 - an entry has no path object


def _below(folder: Path) -> Iterator["os.DirEntry[str]"]:
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield entry
