"""`Bay`: where a fetch in progress lies, so that ending it at any moment loses little.

A finished file is in the journal, with its digest; of the one that is coming, only what is known
to be on the disk counts. The bay takes the name of its version when all is whole.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic import ValidationError

from bezoar.core.errors import BezoarError
from bezoar.datasets.writing import sync_folder, write_whole
from bezoar.fortify.quarantine import FetchedFile, FetchRecord, Quarantine

_PIECE: Final = 1 << 20
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_JOURNAL: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Begun:
    """A file that was begun.

    Attributes:
        uri: Where it comes from.
        mark: What its source calls its bytes.
        size: Of the whole; None where it is not known.
        synced: How many bytes are known to be on the disk.
    """

    uri: str
    mark: str
    size: int | None
    synced: int


@dataclass
class Bay:
    """A fetch in progress, locked by this process.

    Attributes:
        folder: Where it lies.
        target: What it becomes.
    """

    folder: Path
    target: Path
    _journal: dict[str, FetchedFile] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def opened(cls, quarantine: Quarantine, spec: str) -> Iterator["Bay"]:
        """Make a bay, or take up the one that an earlier run has left.

        Raises:
            BezoarError: If another process is at it, or nothing can be written.
        """
        folder = quarantine.root / f".{spec}.part"
        with locked(folder, spec):
            with _mended(folder):
                (folder / "fetched").mkdir(mode=0o700, exist_ok=True)
            bay = cls(folder, quarantine.folder(spec))
            bay._read_journal()
            yield bay

    @property
    def incoming(self) -> Path:
        """The file that is coming."""
        return self.folder / "incoming.part"

    def finished(self, uri: str) -> FetchedFile | None:
        """Return what an earlier run has finished, hashed again; None where there is nothing."""
        known = self._journal.get(uri)
        if known is None:
            return None
        try:
            place = self.folder / "fetched" / known.path
            with os.fdopen(os.open(place, _READ), "rb") as file:
                found = _sha256(file)
        except OSError:
            return None
        return known if found == known.sha256 else None

    def begun(self) -> Begun | None:
        """Return what is known of the file that an earlier run has begun."""
        try:
            note: dict[str, Any] = json.loads((self.folder / "incoming.json").read_bytes())
            begun = Begun(**note)
            if begun.synced > self.incoming.stat().st_size:
                return None
        except (OSError, ValueError, TypeError):
            return None
        return begun

    @contextmanager
    def receiving(self) -> Iterator[BinaryIO]:
        """Open the file that is coming, for reading and writing."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with _mended(self.folder):
            descriptor = os.open(self.incoming, flags, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            yield file

    def note(self, file: BinaryIO, begun: Begun) -> None:
        """Make sure that what has come is on the disk, and say so."""
        with _mended(self.folder):
            os.fsync(file.fileno())
        fields = {name: getattr(begun, name) for name in Begun.__slots__}
        write_whole(self.folder / "incoming.json", json.dumps(fields).encode())

    def forget(self) -> None:
        """Remove the file that is coming."""
        for path in (self.folder / "incoming.json", self.incoming):
            with suppress(FileNotFoundError):
                path.unlink()

    def keep(self, file: FetchedFile) -> None:
        """Put the file that came in its place; it is on the disk already."""
        place = self.folder / "fetched" / file.path
        with _mended(self.folder):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.incoming.replace(place)
            with (self.folder / "journal.jsonl").open("ab") as journal:
                journal.write(file.model_dump_json().encode() + b"\n")
                journal.flush()
                os.fsync(journal.fileno())
        self._journal[file.uri] = file
        self.forget()

    def settle(self, record: FetchRecord) -> None:
        """Make it the version's folder: the record last, then the name, at once."""
        wanted = {file.path for file in record.files}
        with _mended(self.folder):
            _sweep(self.folder / "fetched", wanted)
            # Notes, and drafts of notes that an ended run has left.
            for path in list(self.folder.iterdir()):
                if path.name != "fetched":
                    path.unlink()
            write_whole(self.folder / "fetch.json", record.text().encode())
            _sync_folders(self.folder / "fetched")
            self.folder.rename(self.target)
            sync_folder(self.target.parent)

    def discard(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard_empty(self) -> None:
        """Leave nothing behind where nothing has come."""
        begun = self.begun()
        if not self._journal and (begun is None or not begun.synced):
            self.discard()

    def _read_journal(self) -> None:
        path = self.folder / "journal.jsonl"
        with suppress(OSError), path.open("rb") as file:
            for line in file.read(_MOST_JOURNAL).split(b"\n"):
                with suppress(ValidationError):  # the last line of a run that was ended
                    kept = FetchedFile.model_validate_json(line)
                    self._journal[kept.uri] = kept


@contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Make a folder that belongs to this process for a while.

    Args:
        folder: Where; it may be there already.
        what: What is being fetched there, for the message.

    Raises:
        BezoarError: If another process is at it, or it cannot be made.
    """
    with _mended(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            why = f"{what} is being fetched by another process"
            raise BezoarError(why, next=f"ls -l {folder}") from None
        yield
    finally:
        os.close(descriptor)


def _sha256(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    return found.hexdigest()


def _sweep(folder: Path, wanted: set[str]) -> None:
    """Remove what an earlier run has fetched and this one does not want."""
    for root, folders, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(root, name)
            if path.relative_to(folder).as_posix() not in wanted:
                path.unlink()
        for name in folders:
            with suppress(OSError):  # it is not empty
                Path(root, name).rmdir()


def _sync_folders(folder: Path) -> None:
    for root, _, _ in os.walk(folder):
        sync_folder(Path(root))


@contextmanager
def _mended(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise BezoarError(f"cannot write {folder}: {why}", f"ls -ld {folder.parent}") from error
