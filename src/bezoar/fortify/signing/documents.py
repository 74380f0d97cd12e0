"""Files that somebody else wrote: regular ones only, read whole and bounded."""

import os
import stat
from pathlib import Path
from typing import Final

from bezoar.datasets.regular import READ

MOST_BYTES: Final = 1 << 20
"""Of an envelope: a statement and a keyring are a few thousand."""


def read_document(path: Path, most: int = MOST_BYTES) -> bytes | None:
    """Return what a regular file holds; None where there is nothing.

    A repository may be unpacked from anywhere: a link is not followed, a pipe not waited for.

    Raises:
        ValueError: If it is no regular file, is too long, or cannot be read.
    """
    try:
        descriptor = os.open(path, READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return bounded(file.read(most + 1), most)
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def bounded(data: bytes, most: int = MOST_BYTES) -> bytes:
    """Return the bytes as they are.

    Raises:
        ValueError: If they are too many.
    """
    if len(data) > most:
        raise ValueError(f"it is longer than {most:,} bytes")
    return data
