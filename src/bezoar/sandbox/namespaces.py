"""Namespaces: a network, and shared memory, that nobody else is in."""

import os
import resource
from pathlib import Path
from typing import Final

from bezoar.sandbox import kernel

_USER: Final = 0x10000000
_REST: Final = 0x40000000 | 0x08000000 | 0x04000000
"""Network, System V shared memory, host name."""


def leave(threads: int) -> None:
    """Leave the network of this machine.

    Root leaves it directly. In a user namespace it would lose the files of its users, so that one
    is only for those who cannot do it without: there, threads can be counted.

    Args:
        threads: At most so many, in a user namespace.

    Raises:
        OSError: If it is not allowed.
    """
    try:
        kernel.unshare(_REST)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(_USER | _REST)
        # One keeps one's own name; the kernel allows that to everybody, once groups are given up.
        _tell("setgroups", "deny")
        _tell("uid_map", f"{user} {user} 1")
        _tell("gid_map", f"{group} {group} 1")
        resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))


def network() -> str:
    """Return the identity of the network namespace; empty where there is none."""
    try:
        return str(Path("/proc/self/ns/net").readlink())
    except OSError:
        return ""


def _tell(name: str, text: str) -> None:
    with Path("/proc/self", name).open("w", encoding="ascii") as file:
        file.write(text)
