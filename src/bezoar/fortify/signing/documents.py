"""JSON that somebody else wrote: read whole and bounded, with one meaning only."""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

JsonObject = dict[str, Any]

MOST_BYTES: Final = 1 << 20
"""Of an envelope: a statement and a keyring are a few thousand."""


def read_document(path: Path, most: int = MOST_BYTES) -> bytes | None:
    """Return what a regular file holds; None where there is nothing.

    A repository may be unpacked from anywhere: a link is not followed, a pipe not waited for.

    Raises:
        ValueError: If it is no regular file, is too long, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
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


def parse_object(data: bytes) -> JsonObject:
    """Read a JSON object.

    Raises:
        ValueError: If it is none, names a key twice, or is nested too deeply.
    """
    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - one exception for every shape
    return found


def canonical(value: Any) -> bytes:
    """Return the one spelling of JSON values: ASCII, sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _once(pairs: Sequence[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
