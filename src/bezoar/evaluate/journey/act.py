"""`Act`: one thing that a pipeline does to data, and what for."""

from dataclasses import dataclass
from enum import StrEnum

from bezoar.core.place import Place


class Role(StrEnum):
    """What an act is for."""

    FETCH = "fetch"
    TRANSFORM = "transform"
    VALIDATE = "validate"
    TRAIN = "train"
    GATE = "gate"
    REGISTER = "register"
    PROMOTE = "promote"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a pipeline does.

    Attributes:
        role: What for.
        name: The program, call or action.
        place: Where it is written.
        at: Where the definition runs it: another place where that is a script.
        step: Name of the step.
        reads: Identities of what it reads; empty where nothing tells.
        writes: Of what it writes.
        stops: Whether its failure keeps what follows from running.
        condition: What may skip it; empty for nothing.
        after_failure: Whether it runs although something before it failed.
        text: As written, for a person.
        guards: The `&&` lists and conditions that fail with it, each with the command there.
        within: Those that have to succeed for it to run.
    """

    role: Role
    name: str
    place: Place
    step: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    stops: bool = True
    condition: str = ""
    after_failure: bool = False
    text: str = ""
    guards: frozenset[tuple[str, str]] = frozenset()
    within: frozenset[tuple[str, str]] = frozenset()
    at: Place | None = None

    @property
    def defined(self) -> Place:
        """Where the definition runs it."""
        return self.at or self.place
