"""Does it hold? A process tries, before and after it locked itself in."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bezoar.sandbox import kernel, namespaces
from bezoar.sandbox.isolation import Isolation
from bezoar.sandbox.limits import Limits

_FAMILIES: Final = ("AF_INET", "AF_INET6", "AF_PACKET", "AF_NETLINK", "AF_UNIX")


def limit(limits: Limits) -> None:
    """Have the kernel count what this process uses up."""
    import resource  # noqa: PLC0415 - there is none on Windows

    for name, most in _limits(limits).items():
        what = getattr(resource, name)
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Processor time ends with a signal that says so, and a second later with one that kills.
        spare = 1 if name == "RLIMIT_CPU" and least != hard else 0
        resource.setrlimit(what, (least, least + spare))


def _limits(limits: Limits) -> dict[str, int]:
    return {
        "RLIMIT_AS": limits.address_space,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
    }


class Measure:
    """What this process can do now, to be compared with what it can do later."""

    def __init__(self, outside: Path, limits: Limits) -> None:
        """Note what holds before.

        Args:
            outside: A file that it can read now, in a folder that it can write to now.
            limits: What it is to be limited to.
        """
        self._outside, self._limits = outside, limits
        self._network = namespaces.network()
        self._reached = self._reads() and self._writes()

    def isolation(self) -> Isolation:
        """Try everything that should no longer be possible."""
        return Isolation(
            {
                "limits": _holds(self._limited),
                "no_new_privileges": _holds(kernel.forwent_privileges),
                "files": self._reached and not self._reads() and not self._writes(),
                "sockets": not any(_opens(family) for family in _FAMILIES),
                "processes": hasattr(os, "fork") and not _forks(),
                "namespace": self._network not in ("", namespaces.network()),
            }
        )

    def _limited(self) -> bool:
        import resource  # noqa: PLC0415 - there is none on Windows

        wanted = _limits(self._limits).items()
        return all(resource.getrlimit(getattr(resource, name))[0] <= most for name, most in wanted)

    def _reads(self) -> bool:
        return _holds(lambda: bool(self._outside.read_bytes()))

    def _writes(self) -> bool:
        other = self._outside.with_suffix(".probe")

        def tried() -> bool:
            other.touch()
            other.unlink()
            return True

        return _holds(tried)


def _opens(family: str) -> bool:
    def tried() -> bool:
        # A datagram socket: for whoever is root, AF_PACKET has no other.
        socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close()
        return True

    return _holds(tried)


def _forks() -> bool:
    def tried() -> bool:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        return True

    return _holds(tried)


def _holds(tried: Callable[[], bool]) -> bool:
    """Say whether something succeeds; what this platform does not know does not."""
    try:
        return tried()
    except (OSError, AttributeError, ImportError):
        return False
