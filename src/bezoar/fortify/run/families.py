"""Which families of sockets a job may open, as a program of the kernel's packet filter.

A job does what it likes otherwise: it starts programs, maps memory, talks to its own workers. What
a filter of system calls can tell is the family of a socket, not whom it will reach.
"""

import ctypes
import errno
import socket
import struct
from typing import Final

from bezoar.sandbox import kernel
from bezoar.sandbox.syscalls import ARCHITECTURES, number

LOCAL: Final = (socket.AF_UNIX,)
"""Without a network: what a job's own processes talk to each other by."""
WITHIN: Final = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)
"""In a network of its own. Left out are those that no network namespace holds, as that by which a
virtual machine talks to its host. 16 is netlink, which other systems have no name for."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in `struct seccomp_data`
_X32: Final = 0x40000000
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_SET_FILTER: Final = 1
_ALL_THREADS: Final = 1

Instruction = tuple[int, int, int, int]
"""Code, how far to jump if true, if false, and the number to compare with."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict(families: tuple[int, ...]) -> None:
    """Refuse this process, and all that it starts, sockets of other families.

    It needs `kernel.forgo_privileges` before.

    Raises:
        OSError: If the kernel, or this kind of machine, has no such filter.
    """
    machine = kernel.machine()
    if machine not in ARCHITECTURES:
        raise kernel.Unsupported("seccomp")
    code = b"".join(struct.pack("=HBBI", *one) for one in program(machine, families))
    filter_ = _Program(len(code) // 8, code)
    kernel.call(_SECCOMP[machine], _SET_FILTER, _ALL_THREADS, ctypes.byref(filter_))


def program(machine: str, families: tuple[int, ...]) -> list[Instruction]:
    """Return the filter of a machine."""
    refuse: Instruction = (_RETURN, 0, 0, _REFUSE)
    allow: Instruction = (_RETURN, 0, 0, _ALLOW)
    # Its operations open sockets, too, where no filter sees them.
    ring, opening = number("io_uring_setup", machine), number("socket", machine)
    assert ring is not None, machine  # noqa: S101 - both machines have both calls
    assert opening is not None, machine  # noqa: S101 - the same
    allowed = [one for family in families for one in ((_EQUAL, 0, 1, int(family)), allow)]
    return [
        # Numbers mean something only on the machine that they are of: a 32-bit call is another.
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[machine]),
        refuse,
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        refuse,
        (_EQUAL, 0, 1, ring),
        refuse,
        (_EQUAL, 1, 0, opening),
        allow,
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *allowed,
        refuse,
    ]
