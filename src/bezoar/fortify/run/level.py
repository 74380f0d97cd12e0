"""`Level`: how far a job is confined, as its own process measured it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from bezoar.fortify.egress.attempts import Attempt
from bezoar.fortify.egress.probe import Probed


class Level(IntEnum):
    """How far a job is confined; each holds off more than the one before."""

    ENVIRONMENT = 1
    SOCKETS = 2
    NAMESPACE = 3

    @property
    def meaning(self) -> str:
        """What holds, in a sentence part."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    Level.ENVIRONMENT: "nothing on this machine holds it: its variables say offline, and what"
    " closes the way out is the network's own policy",
    Level.SOCKETS: "the kernel refuses it every network socket; it has the pulled data and no way"
    " to the mirror",
    Level.NAMESPACE: "it is alone in a network of its own, with one way out: to the mirror",
}


@dataclass(frozen=True, slots=True)
class Confinement:
    """How a job's own process found itself, right before it became the job.

    Attributes:
        network: The identity of its network namespace.
        interfaces: The network interfaces that it sees.
        sockets: Whether it can open a network socket.
        processes: Whether the machine's other processes are out of its reach.
        probed: What came of knocking.
    """

    network: str
    interfaces: tuple[str, ...]
    sockets: bool
    processes: bool
    probed: Probed

    def level(self, outside: str) -> Level:
        """Return the level.

        Args:
            outside: The network namespace of whoever starts it.
        """
        if self.network and self.network != outside and set(self.interfaces) <= {"lo"}:
            return Level.NAMESPACE
        return Level.ENVIRONMENT if self.sockets else Level.SOCKETS

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Confinement":
        """Read what `inside` reports."""
        return cls(
            str(value["network"]),
            tuple(map(str, value["interfaces"])),
            bool(value["sockets"]),
            bool(value["processes"]),
            Probed(tuple(Attempt.from_json(one) for one in value["attempts"])),
        )
