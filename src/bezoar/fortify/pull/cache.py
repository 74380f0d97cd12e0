"""`Cache`: what was pulled before on this machine, by its content; never believed, always hashed.

A copy that is delivered shares no file with the cache: a training job that writes into its data
would write into everybody's. Where the file system can share blocks until somebody writes, it
does.
"""

import fcntl
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from bezoar.datasets.regular import READ
from bezoar.project.home import home

_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_ONLY: Final = 0o444
_FICLONE: Final = 0x40049409  # linux/fs.h
_PIECE: Final = 1 << 26
_STALE_S: Final = 24 * 3600


class Cache:
    """Files by their SHA-256.

    It only saves time: where it cannot be written, nothing is kept, and no error is raised.

    Attributes:
        folder: Where they lie; it need not exist.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home() / "cache"
        self._made = set[str]()

    def path(self, sha256: bytes) -> str:
        """Return where the file of this content lies, if it is there."""
        name = sha256.hex()
        return f"{self.folder}/sha256/{name[:2]}/{name}"

    def open(self, sha256: bytes) -> int | None:
        """Return a descriptor of the file under this name, whatever it holds; None for none."""
        try:
            return os.open(self.path(sha256), READ)
        except OSError:
            return None

    def put(self, sha256: bytes, data: bytes) -> None:
        """Keep verified bytes."""
        with suppress(OSError):
            draft, descriptor = self._draft()
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
            self._settle(draft, sha256)

    def put_file(self, sha256: bytes, source: int) -> None:
        """Keep a copy of a verified file that is open for reading."""
        with suppress(OSError):
            draft, descriptor = self._draft()
            try:
                if not clone(source, descriptor):
                    copy(source, descriptor)
            finally:
                os.close(descriptor)
            self._settle(draft, sha256)

    def sweep(self) -> None:
        """Remove drafts that a process which is long gone has left."""
        limit = time.time() - _STALE_S
        with suppress(OSError):
            for draft in os.scandir(self._drafts):
                if draft.stat(follow_symlinks=False).st_mtime < limit:
                    os.unlink(draft.path)  # noqa: PTH108 - a scandir entry

    @property
    def _drafts(self) -> str:
        return f"{self.folder}/drafts"

    def _draft(self) -> tuple[str, int]:
        self._make(self._drafts)
        draft = f"{self._drafts}/{os.getpid()}-{secrets.token_hex(8)}"
        return draft, os.open(draft, _CREATE, _READ_ONLY)

    def _settle(self, draft: str, sha256: bytes) -> None:
        path = self.path(sha256)
        self._make(os.path.dirname(path))  # noqa: PTH120 - one of twenty thousand
        os.rename(draft, path)  # noqa: PTH104 - the same

    def _make(self, folder: str) -> None:
        if folder not in self._made:
            os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - the same
            self._made.add(folder)


def write_all(descriptor: int, data: bytes) -> None:
    """Write bytes to a descriptor, all of them.

    Raises:
        OSError: If they cannot be written.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def clone(source: int, target: int) -> bool:
    """Let a new file share an open file's blocks until one is written; tell whether it does."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def copy(source: int, target: int) -> None:
    """Copy an open file in the kernel.

    Raises:
        OSError: If it cannot be written.
    """
    offset = 0
    while count := os.copy_file_range(source, target, _PIECE, offset):
        offset += count
