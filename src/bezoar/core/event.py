"""`Event`: what happened, to what, by whom, when, chained to its writer's event before."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bezoar.core.digest import Digest


@dataclass(frozen=True, slots=True)
class Event:
    """What happened.

    Law: in a chain, a changed, dropped or re-ordered event is detected.

    Attributes:
        writer: Whose chain it belongs to (a laptop, a CI job, a replica).
        number: 1 for the first event of its writer, then one more each time.
        time: RFC 3339, UTC.
        kind: What happened, as `dbom.added`.
        subject: What it happened to: a digest, or a name where there is none yet.
        actor: Who did it.
        detail: JSON values.
        previous: Digest of the writer's event before; None for the first.
        digest: Digest over all of the above; None until sealed.
    """

    writer: str
    number: int
    time: str
    kind: str
    subject: str
    actor: str
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)
    previous: Digest | None = None
    digest: Digest | None = None

    def content(self) -> bytes:
        """Return what the digest is taken over: canonical JSON of every field but the digest."""
        fields = self.as_json()
        del fields["digest"]
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    def as_json(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return {
            "writer": self.writer,
            "number": self.number,
            "time": self.time,
            "kind": self.kind,
            "subject": self.subject,
            "actor": self.actor,
            "detail": dict(self.detail),
            "previous": str(self.previous) if self.previous else None,
            "digest": str(self.digest) if self.digest else None,
        }

    def sealed(self) -> "Event":
        """Return the event with its digest."""
        return replace(self, digest=Digest("sha256", hashlib.sha256(self.content()).digest()))


class FaultKind(StrEnum):
    """The ways in which a chain is broken."""

    CHANGED = "changed"
    MOVED = "moved"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ChainFault:
    """What is wrong with a chain.

    Attributes:
        writer: Whose chain.
        number: The number of the event at which it shows.
        message: What is wrong.
        kind: In which way.
    """

    writer: str
    number: int
    message: str
    kind: FaultKind = FaultKind.CHANGED


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The last event of a chain at some time, as somebody signed it along with something else.

    Attributes:
        writer: Whose chain.
        number: The event's number.
        digest: The event's digest.
        signed_in: What it was signed along with, as `signs@1`.
    """

    writer: str
    number: int
    digest: Digest
    signed_in: str


def chain_faults(events: Iterable[Event]) -> list[ChainFault]:
    """Check one writer's chain, given in stored order.

    A chain alone cannot show a cut tail: compare its last digest with a signed head for that.
    """
    faults: list[ChainFault] = []
    before: Event | None = None
    for event in events:
        wanted = 1 if before is None else before.number + 1
        if event.sealed().digest != event.digest:
            faults.append(ChainFault(event.writer, event.number, "its content was changed"))
        if event.number != wanted:
            message = f"event {wanted} should stand here: dropped or re-ordered"
            faults.append(ChainFault(event.writer, event.number, message, FaultKind.MOVED))
        elif event.previous != (before.digest if before else None):
            message = "it does not continue the event before it"
            faults.append(ChainFault(event.writer, event.number, message, FaultKind.MOVED))
        before = event
    return faults
