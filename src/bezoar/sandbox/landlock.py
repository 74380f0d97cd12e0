"""Landlock: which files a process may open, set by the process itself, without privileges.

The structures are those of the kernel's `include/uapi/linux/landlock.h`. A kernel of version N of
the interface knows the rights up to N; what it does not know cannot be refused.
"""

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bezoar.sandbox import kernel

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (
    1 << 1,
    1 << 2,
    1 << 3,
    1 << 4,
    1 << 5,
)
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14

_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""By the version that brought them: all rights on files that can be refused."""
_TCP: Final = 0b11
_SCOPES: Final = 0b11
"""Abstract unix sockets and signals: neither leaves the sandbox."""

READ: Final = _READ_FILE | _READ_DIR
WRITE: Final = (
    READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER
)
"""Files and folders; no links, devices, pipes or sockets."""
_OF_A_FILE: Final = _READ_FILE | _WRITE_FILE | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Return the version of the interface that this kernel has.

    Raises:
        OSError: If it has none.
    """
    if not kernel.machine():
        raise kernel.Unsupported("Landlock")
    return kernel.call(_CREATE, None, 0, _ASK_VERSION)


def restrict(reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """Refuse this thread, and all that it starts, every file but these and what lies below them.

    Args:
        reads: What may be read.
        writes: Where files and folders may be read, made, changed and removed.

    Raises:
        OSError: If the kernel has no Landlock, or one of the places does not exist.
    """
    known = version()
    handled = _RIGHTS[max(number for number in _RIGHTS if number <= known)]
    rules = _Ruleset(handled, _TCP if known >= 4 else 0, _SCOPES if known >= 6 else 0)  # noqa: PLR2004 - versions
    size = 24 if known >= 6 else 16 if known >= 4 else 8  # noqa: PLR2004 - of the structure then
    ruleset = kernel.call(_CREATE, ctypes.byref(rules), size, 0)
    try:
        for path in reads:
            _allow(ruleset, path, READ & handled)
        for path in writes:
            _allow(ruleset, path, WRITE & handled)
        kernel.call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_A_FILE
        rule = _PathBeneath(rights, place)
        kernel.call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
