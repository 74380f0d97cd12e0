"""`Unguarded`: a way that data takes to a training past every validator, and why it counts so."""

from dataclasses import dataclass
from enum import StrEnum

from bezoar.evaluate.journey.act import Act


class Fault(StrEnum):
    """Why a way of data counts as unguarded."""

    NOTHING = "nothing validates it"
    CANNOT_STOP = "the validation cannot stop it"
    WRITTEN_SINCE = "it is written after it was validated"
    ELSEWHERE = "the validation stands elsewhere"


GRAVEST = (Fault.WRITTEN_SINCE, Fault.CANNOT_STOP, Fault.ELSEWHERE, Fault.NOTHING)
"""The one that says most comes first: it is what is told."""


@dataclass(frozen=True, slots=True)
class Unguarded:
    """A way that data takes to a training past every validator.

    Attributes:
        training: The training.
        source: Where the way begins: an identity, empty where nothing tells.
        way: The acts on it, from the source to the training.
        fault: Why.
        validator: The one that comes nearest, if any.
        writer: What writes between check and use, if anything.
    """

    training: Act
    source: str
    way: tuple[Act, ...]
    fault: Fault
    validator: Act | None = None
    writer: Act | None = None
