"""`FolderMirror`: a mirror in a folder, on a disk or a share that the team mounts."""

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Stored
from bezoar.core.outcome import Outcome
from bezoar.datasets.writing import sync_folder
from bezoar.fortify.mirror.keys import checked
from bezoar.fortify.mirror.store import PIECE, CheckedReader

_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Whoever is to change an object has to say so twice.
_READ_ONLY: Final = 0o444
_DRAFTS: Final = ".drafts"
_OLD_S: Final = 24 * 3600


class FolderMirror:
    """A mirror in a folder; an object's name is its path below it.

    Attributes:
        root: The folder; it need not exist, the one above it has to.
        uri: Its address, as people wrote it.
    """

    # Waiting for the disk is what takes the time, and several can wait at once.
    workers = 16

    def __init__(self, root: Path, uri: str = "") -> None:
        self.root = root.resolve()
        self.uri = uri or self.root.as_uri()
        self._made = set[str]()

    def __repr__(self) -> str:
        return f"FolderMirror({str(self.root)!r})"

    def find(self, key: str) -> Stored | None:
        """See `Mirror.find`."""
        try:
            found = os.stat(self._path(key))  # noqa: PTH116 - one of twenty thousand
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._refused("look at", key, error) from error
        return Stored(key, found.st_size) if stat.S_ISREG(found.st_mode) else None

    def put(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Mirror.put`."""
        return self.find(key) or self.replace(key, data, size, digest)

    def replace(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Store.replace`."""
        path = self._path(key)
        try:
            with self._draft(os.path.dirname(path)) as (draft, descriptor):  # noqa: PTH120 - the same
                _copy(CheckedReader(data, size, digest), descriptor)
                os.rename(draft, path)  # noqa: PTH104 - the same
        except OSError as error:
            raise self._refused("write", key, error) from error
        return Stored(key, size)

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """See `Mirror.get`; a folder keeps no versions.

        A draft that a crash left half written never has an object's name.
        """
        del version
        try:
            descriptor = os.open(self._path(key), _READ)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise OSError(errno.EINVAL, "not a regular file")  # noqa: TRY301 - one way out
                while piece := file.read(PIECE):
                    yield piece
        except OSError as error:
            raise self._refused("read", key, error) from error

    def keys(self, prefix: str) -> Iterator[str]:
        """See `Mirror.keys`."""
        above = prefix.rpartition("/")[0]
        start = self._path(above) if above else str(self.root)
        for folder, folders, names in os.walk(start, onerror=self._unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = Path(folder).relative_to(self.root).as_posix()
            for name in sorted(names):
                key = name if inside == "." else f"{inside}/{name}"
                if key.startswith(prefix):
                    yield key

    def keep(self, name: str, blobs: Sequence[Stored]) -> None:
        """See `Store.keep`: a folder sweeps nothing away, but a power cut might.

        What was renamed is on the disk only when its folder is.
        """
        del name, blobs
        try:
            for folder in sorted(self._made):
                sync_folder(folder)
            self._sweep()
        except OSError as error:
            raise self._refused("write", "its folders", error) from error

    def outcomes(self) -> tuple[Outcome, ...]:
        """See `Store.outcomes`: of a folder there is nothing to say."""
        return ()

    def _path(self, key: str) -> str:
        return f"{self.root}/{checked(key)}"

    @contextmanager
    def _draft(self, folder: str) -> Iterator[tuple[str, int]]:
        """Yield the path of a new file and its descriptor; the caller renames it."""
        self._make(folder)
        draft = f"{self.root}/{_DRAFTS}/{os.getpid()}-{secrets.token_hex(8)}"
        descriptor = os.open(draft, _CREATE, _READ_ONLY)
        try:
            yield draft, descriptor
        except BaseException:
            with suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 - one of twenty thousand
            raise
        finally:
            os.close(descriptor)

    def _make(self, folder: str) -> None:
        if folder in self._made:
            return
        # The folder above has to be there: a share that is not mounted is no new mirror.
        for each in (str(self.root), f"{self.root}/{_DRAFTS}"):
            with suppress(FileExistsError):
                os.mkdir(each)  # noqa: PTH102 - the same
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - the same
        self._made.add(folder)

    def _sweep(self) -> None:
        """Remove what a crash left half written, long enough ago that nobody is still at it."""
        drafts = Path(self.root, _DRAFTS)
        for draft in drafts.iterdir() if drafts.is_dir() else ():
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _OLD_S:
                    draft.unlink()

    def _unreadable(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise self._refused("list", str(error.filename), error) from error

    def _refused(self, verb: str, key: str, error: OSError) -> BezoarError:
        why = error.strerror or str(error)
        mending = {
            errno.ENOSPC: f"df -h {self.root}",
            errno.EDQUOT: f"df -h {self.root}",
            errno.EFBIG: "ulimit -f unlimited",
            errno.ENOENT: f"ls -ld {self.root.parent}",
        }
        return BezoarError(
            f"mirror {self.root}: cannot {verb} {key}: {why}",
            next=mending.get(error.errno or 0, f"ls -ld {self.root}"),
        )


def _copy(reader: CheckedReader, descriptor: int) -> None:
    while piece := reader.read(PIECE):
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)
