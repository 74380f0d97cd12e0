"""`VerifiedFiles`: the files of an approved version, each verified at the moment it is read."""

import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from bezoar.core.errors import HashMismatch, UsageError
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.mirror import Mirror
from bezoar.datasets.containers import readable
from bezoar.datasets.regular import READ
from bezoar.fortify.pull.content import SMALL, Contents, Wanted
from bezoar.fortify.pull.verifying import Verification

_PIECE: Final = 1 << 20


@dataclass
class VerifiedFiles:
    """Reads files of one version; only verified bytes ever leave it.

    It may be used by several threads, and be copied to other processes.

    Attributes:
        dataset: `NAME@VERSION`.
        files: The files manifest, verified.
        open_mirror: Opens the mirror, where there is no copy; once in each process.
        folder: The pulled copy; None to read from the cache and the mirror.
        refused: Told of a mismatch before it is raised.
        verification: What is asked of each byte.
    """

    dataset: str
    files: Manifest
    open_mirror: Callable[[], Mirror]
    folder: Path | None = None
    refused: Callable[[HashMismatch], None] | None = None
    verification: Verification = field(default_factory=Verification)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what belongs to this process: connections, and what can be made anew."""
        kept = self.__dict__.copy()
        kept.pop("_contents", None)
        kept.pop("entries", None)
        return kept

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Each file by its path."""
        return {entry.path: entry for entry in self.files.entries}

    def entry(self, path: str) -> Entry:
        """Return what was approved of a file.

        Raises:
            UsageError: If there is none of that path.
        """
        if path not in self.entries:
            raise UsageError(
                f"{self.dataset} has no file {readable(path)!r}", next=f"bezoar pull {self.dataset}"
            )
        return self.entries[path]

    def read(self, path: str) -> bytes:
        """Return a file's bytes, verified.

        Raises:
            HashMismatch: If they are not what was approved.
            UsageError: If there is none of that path.
            BezoarError: If the mirror does not answer.
        """
        with self.open(path) as file:
            return file.read()

    def open(self, path: str) -> BinaryIO:
        """Return a file to read from; all of it was verified before it is returned.

        What is large lies in a temporary file without a name, so that nobody can change it
        between the verification and the reading.

        Raises:
            HashMismatch: If it is not what was approved.
            UsageError: If there is none of that path.
            BezoarError: If the mirror does not answer.
        """
        entry = self.entry(path)
        wanted = Wanted(entry.size, entry.sha256)
        target: BinaryIO = io.BytesIO() if entry.size <= SMALL else _unnamed()
        try:
            self._copy(path, wanted, target)
        except BaseException as error:
            target.close()
            if isinstance(error, HashMismatch) and self.refused is not None:
                self.refused(error)
            raise
        target.seek(0)
        return target

    def _copy(self, path: str, wanted: Wanted, target: BinaryIO) -> None:
        if self.folder is not None:
            self._copy_here(f"{self.folder}/{path}", wanted, readable(path), target)
        elif wanted.size <= SMALL:
            target.write(self._opened.read(wanted)[0])
        else:
            self._opened.write(wanted, target.fileno())

    @property
    def _opened(self) -> Contents:
        # A connection must not be shared with a process that was forked.
        process, contents = getattr(self, "_contents", (0, None))
        if contents is None or process != os.getpid():
            contents = Contents(self.dataset, self.open_mirror(), verification=self.verification)
            self._contents = (os.getpid(), contents)
        return contents

    def _copy_here(self, where: str, wanted: Wanted, place: str, target: BinaryIO) -> None:
        """Copy a file of the pulled copy, hashing what is copied."""
        hashing, size = self.verification.hashing(), 0
        try:
            with open(os.open(where, READ), "rb", buffering=0) as file:  # noqa: PTH123 - open
                while piece := file.read(_PIECE):
                    size += len(piece)
                    self.verification.length(self.dataset, place, wanted[:2], size)
                    hashing.update(piece)
                    target.write(piece)
        except OSError as error:
            why = f"it cannot be read in the copy {self.folder}: {error.strerror}"
            raise HashMismatch(self.dataset, place, why) from error
        self.verification.content(self.dataset, place, wanted[:2], (size, hashing.digest()))


def _unnamed() -> BinaryIO:
    """Return a file that nobody else can open."""
    return cast("BinaryIO", tempfile.TemporaryFile())
