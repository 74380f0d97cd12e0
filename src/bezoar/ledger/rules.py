"""What `bezoar log verify` looks for."""

from collections.abc import Iterable

from bezoar.core.event import ChainFault, FaultKind
from bezoar.core.finding import Finding
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
RULES = {
    FaultKind.CHANGED: CHANGED,
    FaultKind.MOVED: MOVED,
    FaultKind.UNREADABLE: UNREADABLE,
}


def as_findings(faults: Iterable[ChainFault]) -> list[Finding]:
    """Return a finding for each fault, at the number of its event."""
    return [
        Finding(
            rule=RULES[fault.kind],
            place=_place(fault),
            message=fault.message,
            evidence={"writer": fault.writer, "number": fault.number},
            next="bezoar log export FILE, and compare it with a copy taken before",
        )
        for fault in faults
    ]


def _place(fault: ChainFault) -> Place:
    if fault.number:
        return Place(PlaceKind.EVENT, f"{fault.writer}#{fault.number}")
    return Place(PlaceKind.EVENT, fault.writer or "without a writer")
