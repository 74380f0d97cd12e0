"""What `bezoar log verify` looks for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from bezoar.core.event import ChainFault, Event, FaultKind, SignedHead
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

CHANGED = Rule(
    code="BZ161",
    name="ledger-event-changed",
    title="Ledger event changed",
    severity=Severity.CRITICAL,
    why="Every verdict and measure is read from the ledger: who can change an event can make a "
    "refused dataset look admitted.",
)
MOVED = Rule(
    code="BZ162",
    name="ledger-event-dropped",
    title="Ledger event dropped or re-ordered",
    severity=Severity.CRITICAL,
    why="A missing event hides what happened; another order hides what came first.",
)
UNREADABLE = Rule(
    code="BZ163",
    name="ledger-unreadable",
    title="Ledger unreadable",
    severity=Severity.CRITICAL,
    why="What cannot be read proves nothing, and damage is how a change is hidden.",
)
CUT = Rule(
    code="BZ164",
    name="ledger-cut",
    title="Ledger without an event that was signed",
    severity=Severity.CRITICAL,
    why="A chain whose last events were cut off still holds. A sign-off has noted how long it was"
    " and with what it ended: what is missing since then was taken away.",
)
RULES = {
    FaultKind.CHANGED: CHANGED,
    FaultKind.MOVED: MOVED,
    FaultKind.UNREADABLE: UNREADABLE,
}


class EventSource(Protocol):
    """What yields events: a `Ledger`."""

    def events(self) -> Iterable[Event]:
        """Yield all events."""
        ...


@dataclass(frozen=True, slots=True)
class HeadCheck:
    """What came of comparing a ledger with the heads that were signed.

    Attributes:
        outcome: Of the rule.
        after: How many events of a writer lie after its last signed head; nobody vouches for them.
    """

    outcome: Outcome
    after: Mapping[str, int]


def compare_heads(heads: Iterable[SignedHead], ledger: EventSource, own: str) -> HeadCheck:
    """Compare a ledger whose chains hold with the heads that were signed.

    Args:
        heads: What was signed.
        ledger: Read once, from its first event to its last.
        own: This checkout's writer: the chain that has to be here. One of another checkout may not
            have been imported.
    """
    heads = tuple(heads)
    wanted = {(head.writer, head.number) for head in heads}
    found, last = {}, dict[str, int]()
    for event in ledger.events():
        last[event.writer] = event.number
        if (event.writer, event.number) in wanted:
            found[event.writer, event.number] = event.digest
    here = [head for head in heads if head.writer in last or head.writer == own]
    faults = [one for one in here if found.get((one.writer, one.number)) != one.digest]
    if not here:
        why = "no sign-off has noted a head of a chain that is here"
        return HeadCheck(Outcome(CUT, Status.NOT_APPLICABLE, reason=why), {})
    signed = {head.writer: head.number for head in sorted(here, key=lambda head: head.number)}
    after = {writer: last.get(writer, 0) - number for writer, number in signed.items()}
    return HeadCheck(Outcome.of(CUT, _cuts(faults, last)), {} if faults else after)


def _cuts(faults: Iterable[SignedHead], last: Mapping[str, int]) -> Iterator[Finding]:
    for head in faults:
        number = last.get(head.writer, 0)
        message = (
            f"it was signed into {head.signed_in}, and the chain ends with event {number}"
            if number < head.number
            else f"another event was signed into {head.signed_in}"
        )
        yield Finding(
            rule=CUT,
            place=Place(PlaceKind.EVENT, f"{head.writer}#{head.number}"),
            message=message,
            evidence={"writer": head.writer, "number": head.number, "digest": str(head.digest)},
            next="bezoar log import FILE, with an export from before",
        )


def as_outcomes(faults: Iterable[ChainFault]) -> tuple[Outcome, ...]:
    """Return the outcome of each rule, with a finding for each fault of its kind."""
    faults = list(faults)
    return tuple(
        Outcome.of(rule, (_finding(rule, fault) for fault in faults if fault.kind is kind))
        for kind, rule in RULES.items()
    )


def _finding(rule: Rule, fault: ChainFault) -> Finding:
    return Finding(
        rule=rule,
        place=_place(fault),
        message=fault.message,
        evidence={"writer": fault.writer, "number": fault.number},
        next="bezoar log export FILE",
    )


def _place(fault: ChainFault) -> Place:
    if fault.number:
        return Place(PlaceKind.EVENT, f"{fault.writer}#{fault.number}")
    return Place(PlaceKind.EVENT, fault.writer or "without a writer")
