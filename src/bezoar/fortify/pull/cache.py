"""`Cache`: what was pulled before on this machine, by its content; never believed, always hashed.

A copy that is delivered shares no file with the cache: a training job that writes into its data
would write into everybody's. Where the file system can share blocks until somebody writes, it
does.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.datasets.regular import READ
from bezoar.project.home import home

_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_ONLY: Final = 0o444
_FICLONE: Final = 0x40049409  # linux/fs.h
_PIECE: Final = 1 << 24
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

    @contextmanager
    def keep(self, sha256: bytes, source: int) -> Iterator["Kept"]:
        """Keep a copy of a file that is being written, once `Kept.settle` says that it is right.

        Args:
            sha256: What it has to be.
            source: The file, open for reading and writing.
        """
        kept = Kept(source)
        with suppress(OSError):
            kept.draft, kept.descriptor = self._draft()
        try:
            yield kept
        finally:
            if kept.descriptor is not None:
                os.close(kept.descriptor)
                with suppress(OSError):
                    if kept.whole:
                        self._settle(kept.draft, sha256)
                    else:
                        os.unlink(kept.draft)  # noqa: PTH108 - text all the way

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


@dataclass
class Kept:
    """A copy in the cache that grows beside its file.

    Attributes:
        source: The file.
        draft: Where the copy is written.
        descriptor: The copy; None where the cache cannot be written.
        whole: Whether the copy is all that the file is, and that was found to be right.
    """

    source: int
    draft: str = ""
    descriptor: int | None = None
    whole: bool = False
    _copied: int = 0

    def grow(self, size: int) -> None:
        """Copy what was written since, in large pieces.

        Args:
            size: Bytes of the file that were written so far.
        """
        if self.descriptor is not None and size - self._copied >= _PIECE:
            self._copy(size)

    def settle(self) -> None:
        """Say that the file is whole, and right."""
        if self.descriptor is None:
            return
        if not self._copied and clone(self.source, self.descriptor):
            self.whole = True
            return
        self._copy(os.fstat(self.source).st_size)
        self.whole = self.descriptor is not None

    def _copy(self, size: int) -> None:
        try:
            copy(self.source, self.descriptor or 0, self._copied, size)
            self._copied = size
        except OSError:  # The cache only saves time: without it, the pull goes on.
            os.close(self.descriptor or 0)
            with suppress(OSError):
                os.unlink(self.draft)  # noqa: PTH108 - text all the way
            self.descriptor = None


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


def copy(source: int, target: int, begin: int = 0, end: int | None = None) -> None:
    """Copy an open file in the kernel, or a part of it, to the end of another.

    Args:
        source: The file.
        target: Where to.
        begin: First byte.
        end: Byte after the last; None: all that is there.

    Raises:
        OSError: If it cannot be written.
    """
    while end is None or begin < end:
        most = _PIECE if end is None else min(_PIECE, end - begin)
        count = os.copy_file_range(source, target, most, begin)
        if not count:
            return
        begin += count
