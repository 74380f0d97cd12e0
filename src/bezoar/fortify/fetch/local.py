"""A file or a folder of this machine; links are not followed."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Final

from bezoar.adapters.web.errors import UnreachableError
from bezoar.core.errors import UsageError
from bezoar.datasets.regular import READ
from bezoar.fortify.fetch.names import harmless, is_aside
from bezoar.fortify.fetch.source import Pieces, Plan, RemoteFile

_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A path of this machine.

    Attributes:
        path: Absolute.
    """

    path: Path

    def plan(self) -> Plan:
        """List the regular files; links and special files are left out."""
        try:
            if not self.path.is_dir():
                file = self.file_at("", harmless(self.path.name))
                return Plan(self.path.as_uri(), (file,))
            found = list(self._walk(self.path, ""))
        except OSError as error:
            where = error.filename or self.path
            raise UsageError(f"cannot read {where}: {error.strerror}", f"ls -ld {where}") from None
        files = tuple(self.file_at(path, path) for path, why in found if not why)
        left_out = tuple((path, why) for path, why in found if why)
        return Plan(self.path.as_uri(), files, folder=True, left_out=left_out)

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return a file below the path; the path itself where the key is empty."""
        place = self.path / key if key else self.path
        try:
            status = place.stat(follow_symlinks=False)
        except OSError as error:
            raise UnreachableError(f"cannot read {place}: {error.strerror}") from None
        mark = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
        return RemoteFile(path, str(place), place.as_uri(), status.st_size, mark=mark)

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Pieces]:
        """Open a file; see `Source`."""
        try:
            descriptor = os.open(file.at, READ)
        except OSError as error:
            raise UnreachableError(f"cannot read {file.uri}: {error.strerror}") from None
        with os.fdopen(descriptor, "rb", buffering=0) as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreachableError(f"{file.uri} is no regular file")
            begin = start if mark == file.mark else 0
            opened.seek(begin)
            yield Pieces(_read(opened, file.uri), begin, status.st_size, file.mark)

    def _walk(self, folder: Path, below: str) -> Iterator[tuple[str, str]]:
        """Yield each path below a folder, and why it is left out."""
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = below + entry.name
            if entry.is_symlink():
                yield path, "it is a link"
            elif is_aside(entry.name):
                yield path, "git or another program would act on it"
            elif entry.is_dir():
                yield from self._walk(Path(entry.path), f"{path}/")
            else:
                yield path, "" if entry.is_file() else "it is no regular file"


def _read(file: RawIOBase, uri: str) -> Iterator[bytes]:
    try:
        while piece := file.read(_PIECE):
            yield piece
    except OSError as error:
        raise UnreachableError(f"cannot read {uri}: {error.strerror}") from None
