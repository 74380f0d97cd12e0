"""A network, processes and mounts of one's own: how a job is cut off as a whole.

Root leaves the machine's directly; others do so inside of a user namespace, in which they keep
their own name. What is left of privileges is given up afterwards.
"""

import fcntl
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

from bezoar.sandbox import kernel
from bezoar.sandbox.syscalls import number

_USER: Final = 0x10000000
_REST: Final = 0x40000000 | 0x20000000 | 0x00020000 | 0x08000000
"""Network, process numbers, mounts, System V shared memory."""

_REC_PRIVATE: Final = 0x4000 | 0x40000
_BIND: Final = 0x1000
_REMOUNT: Final = 0x20
_READ_ONLY: Final = 0x1
_NO_SUID_DEV_EXEC: Final = 0x2 | 0x4 | 0x8

_SETTINGS: Final = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/sys")

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
_REQUEST: Final = "16sH14x"

_DROP_FROM_BOUND: Final = 24
_LAST_CAPABILITY: Final = 63
_KEPT: Final = frozenset({0, 1, 3, 14, 23, 24})
"""chown, dac_override, fowner, ipc_lock, sys_nice, sys_resource: nothing that leads out."""

MASKED: Final = (
    "/run/user",
    "/run/dbus",
    "/run/systemd",
    "/run/docker.sock",
    "/run/podman",
    "/run/containerd",
    "/run/crio",
    "/run/libvirt",
    "/run/nscd",
    "/run/avahi-daemon",
    "/run/snapd.socket",
)
"""Sockets of programs that start others, or ask the network, for whoever can reach them."""


def leave() -> None:
    """Leave the network, the processes and the mounts of this machine; children come along.

    Raises:
        OSError: If it is not allowed.
    """
    try:
        kernel.unshare(_REST)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(_USER | _REST)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    _mount("none", "/", "", _REC_PRIVATE)


def hide(needed: list[str]) -> None:
    """Take the sockets of other programs out of sight; what cannot be hidden stays.

    Args:
        needed: Paths that must stay: nothing above them is hidden.
    """
    for path in dict.fromkeys(os.path.realpath(one) for one in MASKED):
        if any(os.path.realpath(one).startswith(path + "/") for one in needed):
            continue
        with suppress(OSError):
            if Path(path).is_dir():
                _mount("tmpfs", path, "tmpfs", _NO_SUID_DEV_EXEC, "mode=1777,size=64m")
            elif Path(path).exists():
                _mount("/dev/null", path, "", _BIND)


def show_own_processes() -> None:
    """Have `/proc` show the processes of this namespace.

    Raises:
        OSError: If it is not allowed, as in some containers.
    """
    _mount("proc", "/proc", "proc", _NO_SUID_DEV_EXEC)


def protect_kernel() -> None:
    """Have nobody, root included, write to the kernel's settings; what cannot be helped stays.

    Some of them name programs that the kernel starts, outside of every namespace.
    """
    for path in _SETTINGS:
        with suppress(OSError):
            _mount(path, path, "", _BIND)
            _mount("none", path, "", _BIND | _REMOUNT | _READ_ONLY | _NO_SUID_DEV_EXEC)


def bring_up_loopback() -> None:
    """Switch on the one interface that is there.

    Raises:
        OSError: If it is not allowed.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_:
        request = fcntl.ioctl(any_, _GET_FLAGS, struct.pack(_REQUEST, b"lo", 0))
        name, flags = struct.unpack(_REQUEST, request)
        fcntl.ioctl(any_, _SET_FLAGS, struct.pack(_REQUEST, name, flags | _UP))


def drop_privileges() -> None:
    """Give up, for good, every privilege by which a job could undo its confinement."""
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in _KEPT:
            with suppress(OSError):
                kernel.prctl(_DROP_FROM_BOUND, capability)


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    call = number("mount", kernel.machine())
    words = [text.encode() or None for text in (source, target, kind)]
    kernel.call(call or 0, *words, flags, data.encode() or None)
