"""`judge`: an inventory against every rule, less what people decided to live with."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.recon.rules import ON_FETCHES, idle_suppression
from bezoar.recon.rules.around_the_mirror import RULE as AROUND_THE_MIRROR
from bezoar.recon.rules.inquiry import Inquiry
from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.inventory import Inventory
from bezoar.recon.scan.registered import Registry
from bezoar.recon.scan.suppression import Suppression

_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Silenced:
    """A finding that a suppression silenced.

    Attributes:
        finding: What would have been said.
        reason: Why not.
    """

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say.

    Attributes:
        outcomes: One per rule.
        silenced: What suppressions silenced.
        known: Findings that the baseline, or the commit compared with, has as well.
        disobeyed: How many suppressions had no say, because they are not the judge's own.
    """

    outcomes: tuple[Outcome, ...]
    silenced: tuple[Silenced, ...] = ()
    known: tuple[Finding, ...] = ()
    disobeyed: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)


def judge(
    inventory: Inventory,
    *,
    registry: Registry | None = None,
    mirrors: tuple[str, ...] = (),
    obeyed: Collection[Suppression] | None = None,
    known: Collection[str] = (),
) -> Judgement:
    """Ask every rule about an inventory.

    Args:
        inventory: What a scan saw.
        registry: The sources that the DBOM knows.
        mirrors: Where the team keeps vetted copies.
        obeyed: The suppressions that count; None: those of the inventory.
        known: Fingerprints of findings that nobody wants to hear again.
    """
    obeyed = dict.fromkeys(inventory.suppressions if obeyed is None else obeyed)
    inquiry = Inquiry(inventory, registry or Registry(), mirrors)
    found = fingerprinted(f for _, findings in ON_FETCHES for f in findings(inquiry))
    silenced, used = _silenced(found, obeyed)
    silent = tuple(one for one in obeyed if one not in used and _is_ours(one))
    found += fingerprinted(idle_suppression.findings(replace(inquiry, silent=silent)))
    quiet = {one.finding.evidence["fingerprint"] for one in silenced}
    heard = [finding for finding in found if finding.evidence["fingerprint"] not in quiet]
    new = [finding for finding in heard if finding.evidence["fingerprint"] not in known]
    return Judgement(
        outcomes=tuple(_outcomes(new, mirrors)),
        silenced=tuple(silenced),
        known=tuple(f for f in heard if f.evidence["fingerprint"] in known),
        disobeyed=sum(1 for one in inventory.suppressions if one not in obeyed),
    )


def fingerprinted(findings: Iterable[Finding]) -> list[Finding]:
    """Give each finding a fingerprint that lasts while lines move.

    It is made of the rule, the path, the loader and the source, and of the finding's number among
    its equals; no line and no commit is in it.
    """
    seen: Counter[tuple[Any, ...]] = Counter()
    result = []
    for finding in findings:
        evidence = finding.evidence
        key = (finding.code, finding.place.name, evidence.get("loader"), evidence.get("uri"))
        text = "\0".join(str(part or "") for part in (*key, seen[key]))
        seen[key] += 1
        digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]
        result.append(replace(finding, evidence={**evidence, "fingerprint": digest}))
    return result


def fetch_fingerprints(fetches: Iterable[Fetch]) -> list[str]:
    """Return a fingerprint for each fetch, made like that of a finding, without a rule."""
    seen: Counter[tuple[str, str, str]] = Counter()
    result = []
    for fetch in fetches:
        key = (fetch.path, fetch.loader, fetch.uri)
        text = "\0".join(("", *key, str(seen[key])))
        seen[key] += 1
        result.append(
            hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]
        )
    return result


def _is_ours(one: Suppression) -> bool:
    """Say whether a suppression speaks of what a scan finds, and not of an audit alone."""
    return not one.valid or any(not code.startswith("BZ2") for code in one.codes)


def _silenced(
    found: Iterable[Finding], obeyed: Collection[Suppression]
) -> tuple[list[Silenced], set[Suppression]]:
    """Return the findings that a suppression speaks of, and the suppressions that spoke."""
    by_path: dict[str, list[Suppression]] = {}
    for one in obeyed:
        by_path.setdefault(one.path, []).append(one)
    silenced, used = [], set()
    for finding in found:
        line = finding.place.line or 0
        end_line = finding.evidence.get("end_line") or line
        for one in by_path.get(finding.place.name, ()):
            if one.covers(finding.code, line, end_line):
                silenced.append(Silenced(finding, one.reason))
                used.add(one)
                break
    return silenced, used


def _outcomes(findings: list[Finding], mirrors: tuple[str, ...]) -> Iterable[Outcome]:
    rules = (*(rule for rule, _ in ON_FETCHES), idle_suppression.RULE)
    for rule in rules:
        if rule is AROUND_THE_MIRROR and not mirrors:
            reason = "the settings declare no mirror (scan.mirrors)"
            yield Outcome(rule, Status.NOT_APPLICABLE, reason=reason)
        else:
            yield Outcome.of(rule, [finding for finding in findings if finding.rule is rule])
