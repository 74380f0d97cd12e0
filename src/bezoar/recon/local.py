"""`verify_local`: each registered dataset that lies in the project, against its entry."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.files import open_registered
from bezoar.datasets.reading_rules import LISTING_RULES
from bezoar.recon.registered import DAMAGED_MANIFEST, Progress, verify_entry
from bezoar.recon.verify import RULES as VERIFY_RULES

RULES = (*VERIFY_RULES, DAMAGED_MANIFEST, *LISTING_RULES)
"""What is asked of each data set that lies in the project."""


@dataclass(frozen=True, slots=True)
class Local:
    """What came of it.

    Attributes:
        outcomes: One per rule; where a rule found something in one dataset and failed on another,
            two.
        verified: The entries whose data was read, each with what the ledger keeps of it.
    """

    outcomes: tuple[Outcome, ...]
    verified: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def verify_local(
    entries: Iterable[DbomEntry], dbom: Dbom, progress: Progress | None = None
) -> Local:
    """Verify each registered dataset that lies within the project's folder.

    Of several versions at one place the newest is meant. What an entry places outside of the
    project is left alone: whoever may write an entry must not choose what is read.

    Args:
        entries: Of the DBOM.
        dbom: Where manifests lie.
        progress: Called now and then with (done, total).
    """
    here = [entry for entry in _by_age(entries) if entry.content and _lies_here(entry, dbom)]
    local = {entry.registered.location: entry for entry in here}
    if not local:
        return Local(unasked(Status.NOT_APPLICABLE, "no registered data lies in the project"))
    outcomes: list[Outcome] = []
    verified = {}
    for entry in local.values():
        began = time.monotonic()
        try:
            dataset = open_registered(entry.registered, dbom.locate(entry))
            result = verify_entry(entry, dbom.manifests, dataset, None, progress)
        except BezoarError as error:
            outcomes += unasked(Status.FAILED, f"{entry.spec}: {error.message}")
            continue
        outcomes += [_named(outcome, entry) for outcome in result.outcomes]
        verified[entry.spec] = {
            "root": str(result.root),
            "samples": result.samples,
            "seconds": round(time.monotonic() - began, 3),
            "findings": sum(len(outcome.findings) for outcome in result.outcomes),
            "intact": result.intact,
        }
    return Local(_merged(outcomes), verified)


def unasked(status: Status, reason: str) -> tuple[Outcome, ...]:
    """Return an outcome of each rule where nothing is verified."""
    return tuple(Outcome(rule, status, reason=reason) for rule in RULES)


def _by_age(entries: Iterable[DbomEntry]) -> list[DbomEntry]:
    return sorted(entries, key=lambda entry: (entry.added_at, entry.spec))


def _lies_here(entry: DbomEntry, dbom: Dbom) -> bool:
    try:
        path = dbom.locate(entry).resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    root = dbom.root.resolve()
    return path != root and path.is_relative_to(root)


def _named(outcome: Outcome, entry: DbomEntry) -> Outcome:
    """Return an outcome that says which of several datasets it speaks of."""
    findings = tuple(_finding(finding, entry) for finding in outcome.findings)
    reason = f"{entry.spec}: {outcome.reason}" if outcome.reason else ""
    return replace(outcome, findings=findings, reason=reason)


def _finding(finding: Finding, entry: DbomEntry) -> Finding:
    place = finding.place
    if place.kind is PlaceKind.SAMPLE:
        place = Place(PlaceKind.SAMPLE, f"{entry.registered.location}/{place.name}", place.line)
    message = f"{entry.spec}: {finding.message}"
    evidence = {**finding.evidence, "dataset": entry.spec}
    again = finding.next or f"bezoar verify {entry.spec}"
    return replace(finding, place=place, message=message, evidence=evidence, next=again)


def _merged(outcomes: Collection[Outcome]) -> tuple[Outcome, ...]:
    """Make one outcome of the outcomes of each rule."""
    rules = dict.fromkeys(outcome.rule for outcome in outcomes)
    return tuple(one for rule in rules for one in _of_rule(rule, outcomes))


def _of_rule(rule: Rule, outcomes: Collection[Outcome]) -> Iterator[Outcome]:
    mine = [outcome for outcome in outcomes if outcome.rule is rule]
    if findings := [finding for outcome in mine for finding in outcome.findings]:
        yield Outcome.of(rule, findings)
    if failed := [outcome.reason for outcome in mine if outcome.status is Status.FAILED]:
        yield Outcome(rule, Status.FAILED, reason="; ".join(failed))
    if not findings and not failed:
        passed = [outcome for outcome in mine if outcome.passed]
        yield passed[0] if passed else mine[0]
