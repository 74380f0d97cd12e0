"""What a fetch found, as findings."""

from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.severity import Severity
from bezoar.fortify.fetch import rules
from bezoar.fortify.fetch.names import HostileNameError
from bezoar.fortify.fetch.receiving import UnlikeAnnouncedError
from bezoar.fortify.fetch.source import Plan
from bezoar.fortify.quarantine import FetchRecord

RULES: Final = (rules.UNENCRYPTED, rules.MOVING, rules.UNLIKE_ANNOUNCED, rules.NOT_TAKEN)
_SHOWN: Final = 20


def outcomes(findings: Iterable[Finding]) -> tuple[Outcome, ...]:
    """Return one outcome for each rule of a fetch."""
    found = list(findings)
    return tuple(Outcome.of(rule, [f for f in found if f.rule is rule]) for rule in RULES)


def of_plan(plan: Plan, spec: str, *, checked: bool) -> Iterator[Finding]:
    """Yield what is to be said of a source itself.

    Args:
        plan: What it has.
        spec: `NAME@VERSION`.
        checked: The bytes have a digest that came another way.
    """
    place = Place(PlaceKind.DATASET, spec)
    if plan.source.removeprefix("git+").startswith("http:"):
        message, severity = "fetched over http", Severity.LOW
        if checked:
            message += "; its digest is the expected one"
        elif plan.nearby:
            message += " within a private network"
        else:
            severity = rules.UNENCRYPTED.severity
        yield Finding(rules.UNENCRYPTED, place, message, severity)
    if plan.asked:
        evidence = {"asked": plan.asked, "revision": plan.revision}
        yield Finding(
            rules.MOVING, place, f"{plan.asked!r} led to {plan.revision}", evidence=evidence
        )
    for path, why in plan.left_out[:_SHOWN]:
        yield Finding(rules.NOT_TAKEN, Place(PlaceKind.FILE, path or "/"), why)
    if len(plan.left_out) > _SHOWN:
        more = len(plan.left_out) - _SHOWN
        yield Finding(rules.NOT_TAKEN, place, f"{more:,} more were left out")


def moved(plan: Plan, record: FetchRecord, earlier: Iterable[FetchRecord]) -> Iterator[Finding]:
    """Yield that the same address gave other bytes before: a tag that moved is grave.

    Args:
        plan: What the source has now.
        record: What came of it.
        earlier: What other versions of the dataset were.
    """
    place = Place(PlaceKind.DATASET, record.spec)
    for old in earlier:
        same = (old.source, old.asked) == (record.source, record.asked)
        named = record.asked is not None or record.revision is None or not record.folder
        if same and named and old.digest != record.digest:
            message = f"the same address gave other bytes when {old.spec} was fetched"
            message += f": the tag {plan.asked!r} has moved" if plan.tag else ""
            evidence = {"before": old.revision or str(old.digest), "dataset": old.spec}
            severity = Severity.HIGH if plan.tag else Severity.LOW
            yield Finding(rules.MOVING, place, message, severity, evidence=evidence)
            return


def unlike(error: UnlikeAnnouncedError) -> Finding:
    """Return that other bytes came than were announced."""
    evidence = {"expected": error.expected, "found": error.found}
    place = Place(PlaceKind.FILE, error.path)
    message = f"{error.why}: nothing of it is kept"
    return Finding(rules.UNLIKE_ANNOUNCED, place, message, evidence=evidence)


def unsized(spec: str) -> Finding:
    """Return that nobody can tell whether a file is whole."""
    message = "the host does not say where the file ends: a cut line looks like the end"
    return Finding(rules.UNLIKE_ANNOUNCED, Place(PlaceKind.DATASET, spec), message, Severity.LOW)


def hostile(error: HostileNameError, name: str) -> Finding:
    """Return that a name would have led elsewhere."""
    place = Place(PlaceKind.FILE, error.name or "/")
    message = f"{error.why}: nothing of {name} is fetched"
    return Finding(rules.NOT_TAKEN, place, message, Severity.HIGH)
