"""The system calls that Python has no function for; Linux on x86-64 and 64-bit ARM."""

import ctypes
import os
import platform
import signal
import sys
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_GET_NO_NEW_PRIVS: Final = 39
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION: Final = 0x20080522
_KEPT: Final = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root read its users' files."""


class Unsupported(OSError):  # noqa: N818 - a mechanism that this machine does not have
    """This kernel, or this kind of machine, does not have it."""


def machine() -> str:
    """Return the machine's architecture; empty where it is not Linux, or not a 64-bit process."""
    return platform.machine() if sys.platform == "linux" and sys.maxsize > 1 << 32 else ""


def call(number: int, *arguments: Any) -> int:
    """Make a system call by its number.

    Raises:
        OSError: If it fails.
    """
    result: int = _libc().syscall(ctypes.c_long(number), *map(_word, arguments))
    return _checked(result)


def prctl(option: int, *arguments: int) -> int:
    """Ask the kernel for something about this process, by the call of that name.

    Raises:
        OSError: If it refuses.
    """
    words = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc().prctl(option, *map(ctypes.c_ulong, words)))


def forgo_privileges() -> None:
    """Never gain privileges again, by whatever program."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def forwent_privileges() -> bool:
    """Say whether this process can never gain privileges."""
    return bool(machine()) and prctl(_PR_GET_NO_NEW_PRIVS) == 1


def die_with(parent: int) -> None:
    """End when the parent ends.

    Raises:
        ProcessLookupError: If it has ended already.
    """
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError("the parent is gone")


def unshare(flags: int) -> None:
    """Leave namespaces, by the call of that name.

    Raises:
        OSError: If it is not allowed.
    """
    _checked(_libc().unshare(flags))


def drop_capabilities() -> None:
    """Keep of all capabilities those that root needs to read what belongs to others."""
    number = {"x86_64": (125, 126), "aarch64": (90, 91)}.get(machine())
    if number is None:
        raise Unsupported("capabilities")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)()
    call(number[0], header, data)
    # Two triples of effective, permitted and inheritable; the second one holds numbers above 31.
    kept = data[1] & _KEPT
    data[:] = [data[0] & kept, kept, 0, 0, 0, 0]
    call(number[1], header, data)
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)


def sync_file_system(handle: int) -> None:
    """Make durable all that was written to the file system of an open file or folder."""
    if machine():
        _checked(_libc().syncfs(handle))
    else:
        os.sync()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _word(value: Any) -> Any:
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
