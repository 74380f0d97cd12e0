"""Files that are written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from bezoar.core.errors import BezoarError


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place so that neither a crash nor a power cut leaves half of it.

    Raises:
        BezoarError: If it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise BezoarError(
            f"cannot write {path}: {error.strerror}", next=f"ls -ld {path.parent}"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def sync_folder(folder: str | Path) -> None:
    """Make what was put into a folder, or renamed in it, survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
