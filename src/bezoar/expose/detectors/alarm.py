"""What a detector returns."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from bezoar.core.arrays import Bools, Floats, Ints
from bezoar.core.rule import Rule
from bezoar.expose.evidence import Evidence

E_contra = TypeVar("E_contra", bound=Evidence, contravariant=True)
ENOUGH = 8  # a class with fewer samples says nothing about its own spread


class NotApplicableError(Exception):
    """What a detector needs is not there; the message says what."""


@dataclass(frozen=True, slots=True, eq=False)
class Alarm:
    """A class whose statistic is at least worth a second look.

    Attributes:
        label: Index of the class.
        resembles: Index of the class that the members look like; None if mixed.
        members: Shape (n,), bool: the samples behind it.
        strength: Shape (n,): how clearly a member belongs to it; only members' values count.
        statistic: How strong; the detector's `threshold` raises the alarm.
    """

    label: int
    resembles: int | None
    members: Bools
    strength: Floats
    statistic: float

    def rows(self) -> Ints:
        """Return the members' rows, the clearest first."""
        rows = np.flatnonzero(self.members)
        return rows[np.argsort(-self.strength[rows], kind="stable")]

    def overlap(self, other: "Alarm") -> float:
        """Return which part of the smaller alarm's members the other has, too, 0 to 1."""
        smaller = min(int(self.members.sum()), int(other.members.sum()))
        return int((self.members & other.members).sum()) / smaller if smaller else 0.0


class Detector(Protocol[E_contra]):
    """Looks at evidence and raises alarms.

    Laws: the order of the samples and the names of the classes do not matter.
    """

    @property
    def rule(self) -> Rule:
        """What it looks for."""
        ...

    @property
    def threshold(self) -> float:
        """The statistic at which a class is alarmed."""
        ...

    @property
    def exact(self) -> bool:
        """Whether its members are a group, and not just the strangest samples of a class."""
        ...

    def alarms(self, evidence: E_contra) -> list[Alarm]:
        """Return the classes worth a second look, strongest first.

        Raises:
            NotApplicableError: If the evidence lacks what it needs.
        """
        ...


def most_common(values: Ints) -> int:
    """Return the most frequent value, the smallest where several are."""
    found, counts = np.unique(values, return_counts=True)
    return int(found[counts.argmax()])
