"""What `bezoar log verify` looks for."""

from collections.abc import Iterable

from bezoar.core.event import ChainFault, FaultKind
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
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
