"""`ModelStore`: the bytes of models under their digests; nothing in it is ever overwritten."""

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.regular import READ
from bezoar.datasets.writing import sync_folder
from bezoar.limit.releases.record import MOST_FILES, ModelFile, ReleaseRecord

_BLOCK: Final = 1 << 20


class AlteredError(BezoarError):
    """Bytes of a model are not those that were registered, or are gone (exit code 1)."""

    exit_code = 1


class ModelStore:
    """The bytes of models under their digests.

    Attributes:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, path: Path) -> tuple[ModelFile, ...]:
        """Copy a model, a file or a folder, and return its files.

        Raises:
            UsageError: If it is neither, is empty, or holds what is no regular file.
            BezoarError: If it cannot be read, or copied.
        """
        if path.is_symlink() or not path.exists():
            why = "is a link" if path.is_symlink() else "does not exist"
            raise UsageError(f"{path} {why}", next=f"ls -l {path}")
        below = path if path.is_dir() else path.parent
        files = tuple(self._put(one, below) for one in _listed(path))
        return tuple(sorted(files, key=lambda one: one.path))

    def blob(self, sha256: str) -> Path:
        """Return where the bytes of a digest lie; they need not be there."""
        hexadecimal = Digest.parse(sha256).hex
        return self.folder / hexadecimal[:2] / hexadecimal

    def verify(self, record: ReleaseRecord) -> None:
        """Hold each byte of a release against its record.

        Raises:
            AlteredError: If one is another, or is gone.
        """
        for one in record.files:
            _copy(self.blob(one.sha256), one, record, None)

    def deliver(self, record: ReleaseRecord, folder: Path) -> Path:
        """Copy a release to a folder of its own, verified on the way; return file or folder.

        What is loaded is the copy, so that whoever can write to the store changes nothing between
        the look and the load.

        Raises:
            AlteredError: If a byte is another, or is gone.
            BezoarError: If it cannot be written.
        """
        try:
            for one in record.files:
                target = folder / one.path
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    _copy(self.blob(one.sha256), one, record, out)
        except OSError as error:
            message = f"cannot write a copy of {record.spec}: {error.strerror}"
            raise BezoarError(message, next=f"df {folder}") from error
        lone = len(record.files) == 1 and "/" not in record.files[0].path
        return folder / record.files[0].path if lone else folder

    def _put(self, path: Path, below: Path) -> ModelFile:
        name = path.relative_to(below).as_posix()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{os.getpid()}.{secrets.token_hex(4)}.part"
        try:
            with _opened(path) as file, draft.open("xb") as out:
                sha256, size = _pour(file, out)
                out.flush()
                os.fsync(out.fileno())
            try:
                found = ModelFile(path=name, size=size, sha256=f"sha256:{sha256}")
            except ValueError:
                message = f"{path} has a name that a release cannot keep"
                raise UsageError(message, next=f"mv {path} NAME") from None
            target = self.blob(found.sha256)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            # Replaced even if it is there: what lay there may have been damaged.
            draft.replace(target)
            target.chmod(0o400)
            sync_folder(target.parent)
        except OSError as error:
            message = f"cannot copy {path}: {error.strerror}"
            raise BezoarError(message, next=f"ls -l {path}") from error
        finally:
            with suppress(OSError):
                draft.unlink()
        return found


def _listed(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.rglob("*") if one.is_symlink() or not one.is_dir())
    if links := [one for one in found if one.is_symlink() or not one.is_file()]:
        raise UsageError(f"{links[0]} is no regular file", next=f"rm {links[0]}")
    if not 1 <= len(found) <= MOST_FILES:
        message = f"{path} holds {len(found):,} files: a model has 1 to {MOST_FILES:,}"
        raise UsageError(message, next="bezoar release register NAME FILE")
    return found


def _opened(path: Path) -> BinaryIO:
    descriptor = os.open(path, READ)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file")
    return os.fdopen(descriptor, "rb")


def _pour(file: BinaryIO, out: BinaryIO | None, most: int | None = None) -> tuple[str, int]:
    """Copy bytes and return their SHA-256 and how many there were; stops beyond `most`."""
    hashed, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        hashed.update(block)
        size += len(block)
        if most is not None and size > most:
            break
        if out is not None:
            out.write(block)
    return hashed.hexdigest(), size


def _copy(blob: Path, one: ModelFile, record: ReleaseRecord, out: BinaryIO | None) -> None:
    again = f"bezoar release register {record.name} PATH --version NEW"
    try:
        with _opened(blob) as file:
            sha256, size = _pour(file, out, one.size)
    except FileNotFoundError:
        raise AlteredError(f"{record.spec}: {one.path} is gone from {blob}", again) from None
    except OSError as error:
        message = f"{record.spec}: {one.path} cannot be read: {error.strerror}"
        raise AlteredError(message, again) from error
    if (f"sha256:{sha256}", size) != (one.sha256, one.size):
        message = f"{record.spec}: {one.path} is not what was registered: its bytes were altered"
        raise AlteredError(message, again)
