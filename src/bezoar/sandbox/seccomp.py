"""seccomp: which system calls a process may make, as a program of the kernel's packet filter.

A list of what is refused, not of what is allowed: Python, NumPy and Arrow call what they like,
and what they may reach is decided by Landlock and by the missing sockets.
"""

import ctypes
import errno
import struct
from collections.abc import Iterator
from itertools import chain
from typing import Final

from bezoar.sandbox import kernel
from bezoar.sandbox.syscalls import ARCHITECTURES, FIRST_UNKNOWN, NUMBERS, number

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in `struct seccomp_data`
_X32: Final = 0x40000000

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
_REFUSE: Final = _ERROR | errno.EPERM
_UNKNOWN: Final = _ERROR | errno.ENOSYS

_CLONE_THREAD: Final = 0x00010000
_NEW_NAMESPACE: Final = 0x7E020000
_SET_FILTER: Final = 1
_ALL_THREADS: Final = 1
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}

# Refused unless its first argument says otherwise; or answered as if the kernel had none.
_BY_ARGUMENT: Final = ("clone", "clone3", "kill", "tgkill", "prlimit64", "prctl")
_SET_PARENT_DEATH_SIGNAL: Final = 1

Instruction = tuple[int, int, int, int]
"""Code, how far to jump if true, if false, and the number to compare with."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict(pid: int) -> None:
    """Refuse this process all that `syscalls` lists; it needs `kernel.forgo_privileges` before.

    Args:
        pid: Its own number: it may signal nobody else.

    Raises:
        OSError: If the kernel, or this kind of machine, has no such filter.
    """
    machine = kernel.machine()
    if machine not in ARCHITECTURES:
        raise kernel.Unsupported("seccomp")
    code = b"".join(struct.pack("=HBBI", *one) for one in program(machine, pid))
    filter_ = _Program(len(code) // 8, code)
    kernel.call(_SECCOMP[machine], _SET_FILTER, _ALL_THREADS, ctypes.byref(filter_))


def program(machine: str, pid: int) -> list[Instruction]:
    """Return the filter of a machine, for a process."""
    numbers = (number(name, machine) for name in NUMBERS if name not in _BY_ARGUMENT)
    refused = (one for one in numbers if one is not None)
    return [
        # Numbers mean something only on the machine that they are of: a 32-bit call is another.
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_AT_LEAST, 0, 1, FIRST_UNKNOWN),
        (_RETURN, 0, 0, _UNKNOWN),
        *chain.from_iterable(_if_called(one, [(_RETURN, 0, 0, _REFUSE)]) for one in refused),
        *_by_argument(machine, pid),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _by_argument(machine: str, pid: int) -> Iterator[Instruction]:
    first: Instruction = (_LOAD, 0, 0, _FIRST_ARGUMENT)
    allow: Instruction = (_RETURN, 0, 0, _ALLOW)
    refuse: Instruction = (_RETURN, 0, 0, _REFUSE)
    thread = [first, (_ANY_BIT, 2, 0, _NEW_NAMESPACE), (_ANY_BIT, 0, 1, _CLONE_THREAD)]
    oneself = [first, (_EQUAL, 0, 1, pid)]
    # The flags of `clone3` lie in memory, where a filter cannot look: the C library then asks
    # `clone` for its threads.
    yield from _called("clone3", machine, [(_RETURN, 0, 0, _UNKNOWN)])
    yield from _called("clone", machine, [*thread, allow, refuse])
    for name in ("kill", "tgkill"):
        yield from _called(name, machine, [*oneself, allow, refuse])
    limits = [first, (_EQUAL, 1, 0, 0), (_EQUAL, 0, 1, pid)]
    yield from _called("prlimit64", machine, [*limits, allow, refuse])
    # It is to end with its parent, whatever it wants.
    outliving = [first, (_EQUAL, 1, 0, _SET_PARENT_DEATH_SIGNAL)]
    yield from _called("prctl", machine, [*outliving, allow, refuse])


def _called(name: str, machine: str, then: list[Instruction]) -> list[Instruction]:
    wanted = number(name, machine)
    return [] if wanted is None else _if_called(wanted, then)


def _if_called(wanted: int, then: list[Instruction]) -> list[Instruction]:
    """Do something that ends the program, if the call is this one."""
    return [(_EQUAL, 0, len(then), wanted), *then]
