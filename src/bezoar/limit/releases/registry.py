"""`Registry`: a project's releases, as files; it works with everything else down.

models/blobs/ab/abcd…              bytes by digest
models/NAME/VERSION/record.json    what the release is
models/NAME/VERSION/gate.json      what the gate said, signed
models/NAME/pointer.json           which one is in production
"""

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.regular import READ
from bezoar.datasets.writing import write_whole
from bezoar.limit.releases.pointer import MOST_BYTES as MOST_POINTER_BYTES
from bezoar.limit.releases.pointer import Pointer, parse_pointer
from bezoar.limit.releases.record import (
    MOST_BYTES,
    NAME_PATTERN,
    VERSION_PATTERN,
    ReleaseRecord,
    parse_record,
)
from bezoar.limit.releases.store import ModelStore

_LONGEST_WAIT_S: Final = 30.0
_PAUSE_S: Final = 0.02


class DamagedRegistryError(BezoarError):
    """A file of the registry is not what bezoar wrote (exit code 1)."""

    exit_code = 1


class Registry:
    """A project's releases.

    Attributes:
        folder: Where they lie.
        store: The models' bytes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = ModelStore(folder / "blobs")

    def names(self) -> list[str]:
        """Return the models that have a release, sorted."""
        return sorted({path.parent.parent.name for path in self.folder.glob("*/*/record.json")})

    def versions(self, name: str) -> list[ReleaseRecord]:
        """Return the releases of a model, oldest first.

        Raises:
            DamagedRegistryError: If one cannot be read.
        """
        folder = self._model(name)
        records = [self.record(name, path.parent.name) for path in folder.glob("*/record.json")]
        return sorted(records, key=lambda one: (one.time, one.version))

    def record(self, name: str, version: str) -> ReleaseRecord:
        """Return a release.

        Raises:
            UsageError: If there is none.
            DamagedRegistryError: If it cannot be read.
        """
        path = self._release(name, version) / "record.json"
        data = _read(path, MOST_BYTES)
        if data is None:
            message = f"there is no release {name}@{version}"
            raise UsageError(message, next=f"bezoar release list {name}")
        try:
            record = parse_record(data)
        except ValueError as error:
            raise _damaged(path, error) from None
        if (record.name, record.version) != (name, version):
            raise _damaged(path, ValueError(f"it is about {record.spec}"))
        return record

    def add(self, record: ReleaseRecord) -> None:
        """Keep a release.

        Raises:
            UsageError: If the version, or the same model under another version, is there already.
            BezoarError: If it cannot be written.
        """
        with self.changing(record.name):
            for known in self.versions(record.name):
                if known.version == record.version:
                    message = f"{record.spec} is registered already, and a release never changes"
                    raise UsageError(message, next="choose another --version")
                if known.model == record.model:
                    message = f"this very model is registered already, as {known.spec}"
                    raise UsageError(message, next=f"bezoar release list {record.name}")
            path = self._release(record.name, record.version) / "record.json"
            write_whole(path, record.content())

    def gate_path(self, record: ReleaseRecord) -> Path:
        """Return where the gate's word about a release lies; it need not be there."""
        return self._release(record.name, record.version) / "gate.json"

    def gate(self, record: ReleaseRecord) -> bytes | None:
        """Return the gate's word about a release, as it lies there; None where there is none.

        Raises:
            DamagedRegistryError: If it cannot be read.
        """
        return _read(self.gate_path(record), MOST_BYTES)

    def pointer_path(self, name: str) -> Path:
        """Return where the pointer of a model lies; it need not be there."""
        return self._model(name) / "pointer.json"

    def pointer(self, name: str) -> Pointer:
        """Return the pointer of a model; one that points nowhere where there is none.

        Raises:
            DamagedRegistryError: If it is not what bezoar wrote.
        """
        path = self.pointer_path(name)
        data = _read(path, MOST_POINTER_BYTES)
        if data is None:
            return Pointer(name=name)
        try:
            pointer = parse_pointer(data)
        except ValueError as error:
            raise _damaged(path, error) from None
        if pointer.name != name:
            raise _damaged(path, ValueError(f"it is about {pointer.name}"))
        return pointer

    def point(self, pointer: Pointer) -> None:
        """Let a pointer take the place of the one before, at once and lastingly.

        Raises:
            BezoarError: If it cannot be written; then nothing has moved.
        """
        write_whole(self.pointer_path(pointer.name), pointer.content())

    @contextmanager
    def changing(self, name: str) -> Iterator[None]:
        """Hold off every other process that would change a model's releases.

        The lock ends with the process, however that ends.

        Raises:
            BezoarError: If it cannot be had.
        """
        folder = self._model(name)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            message = f"cannot write {folder}: {error.strerror}"
            raise BezoarError(message, next=f"ls -ld {folder}") from error
        try:
            _lock(descriptor, name)
            yield
        finally:
            os.close(descriptor)

    def _model(self, name: str) -> Path:
        if not re.fullmatch(NAME_PATTERN, name) or name == "blobs":
            message = f"not a model's name: {name!r} (want lower case; letters, digits, . _ -)"
            raise UsageError(message, next="bezoar release list")
        return self.folder / name

    def _release(self, name: str, version: str) -> Path:
        if not re.fullmatch(VERSION_PATTERN, version):
            message = f"not a release's version: {version!r}"
            raise UsageError(message, next=f"bezoar release list {name}")
        return self._model(name) / version


def _lock(descriptor: int, name: str) -> None:
    deadline = time.monotonic() + _LONGEST_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = f"another process is changing the releases of {name}"
                raise BezoarError(message, next="ps -ef, then the same once more") from None
            time.sleep(_PAUSE_S)
        else:
            return


def _read(path: Path, most: int) -> bytes | None:
    """Return what a regular file holds; None where there is nothing."""
    try:
        descriptor = os.open(path, READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _damaged(path, error) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _damaged(path, ValueError("it is no regular file"))
        data = file.read(most + 1)
    if len(data) > most:
        raise _damaged(path, ValueError(f"it is longer than {most:,} bytes"))
    return data


def _damaged(path: Path, error: Exception) -> DamagedRegistryError:
    why = getattr(error, "strerror", None) or str(error)
    return DamagedRegistryError(f"{path} is damaged: {why}", next=f"ls -l {path.parent}")
