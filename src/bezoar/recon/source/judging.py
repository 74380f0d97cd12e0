"""`look_at`: one source, asked about, graded, and judged by two rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bezoar.adapters.web.client import Client
from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.redaction import redacted
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.source.grade import Grade, at_best, grade
from bezoar.recon.source.hosts import host_of
from bezoar.recon.source.known import known_signals
from bezoar.recon.source.signal import Aspect, Level, Signal, completed

KNOWN_BAD: Final = Rule(
    code="BZ121",
    name="known-bad-source",
    title="Source that is known to be bad",
    severity=Severity.CRITICAL,
    why="Somebody has reported it, its host has flagged it, or nobody owns its name any more."
    " Data from there is poison until proven otherwise.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0019"),
)
WEAK_SOURCE: Final = Rule(
    code="BZ122",
    name="weak-source",
    title="Source that is easy to poison",
    severity=Severity.MEDIUM,
    why="Few people, no review and versions that move make a source cheap to take over, and its"
    " changes hard to notice. Its bytes need a pin, and somebody who looks at them.",
    taxonomy=("ATLAS:AML.T0010.002", "ATLAS:AML.T0020"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What public metadata says about a source.

    Attributes:
        uri: The source, without secrets.
        place: What it is called at its host; empty where no host knows it.
        signals: By aspect.
        grade: None where nothing could be learned.
        best: The grade if all that is unknown were good; None like the grade.
        unreachable: Why nothing could be learned; empty otherwise.
        asked: The addresses that were asked.
    """

    uri: str
    place: str
    signals: tuple[Signal, ...]
    grade: Grade | None
    best: Grade | None
    unreachable: str
    asked: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many aspects something is known of."""
        unknown = {one.aspect for one in self.signals if one.level is Level.UNKNOWN}
        return len({one.aspect for one in self.signals} - unknown)


def look_at(uri: str, client: Client, now: datetime) -> Standing:
    """Ask a source's host what everybody may know, and grade it.

    Args:
        uri: The source.
        client: Who asks.
        now: The time.
    """
    host = host_of(uri)
    signals = known_signals(uri, host)
    bad = any(signal.level is Level.BAD for signal in signals)
    why = ""
    if host is None:
        why = "no host that bezoar can ask knows this address"
    try:
        signals += host.signals(client, now) if host else ()
    except UnreachableError as error:
        why = str(error)
    whole = completed(signals)
    graded = not why or bad
    return Standing(
        uri=redacted(uri),
        place=host.place if host else "",
        signals=whole,
        grade=grade(whole) if graded else None,
        best=at_best(whole) if graded else None,
        unreachable=why,
        asked=tuple(map(redacted, client.asked)),
    )


def outcomes(standing: Standing, weaker_than: Grade) -> tuple[Outcome, ...]:
    """Judge a source.

    Args:
        standing: What is known of it.
        weaker_than: A grade worse than this one is a finding.
    """
    bad = [_finding(standing, one) for one in standing.signals if one.level is Level.BAD]
    if standing.grade is None:
        reason = standing.unreachable
        return tuple(Outcome(rule, Status.NOT_APPLICABLE, reason=reason) for rule in RULES)
    known = Outcome.of(KNOWN_BAD, bad)
    heard = any(
        one.aspect is Aspect.KNOWN_BAD and one.level is Level.UNKNOWN for one in standing.signals
    )
    if heard and not bad:
        reason = "its host did not say whether it flags it"
        known = Outcome(KNOWN_BAD, Status.NOT_APPLICABLE, reason=reason)
    weak = [] if bad or standing.grade <= weaker_than else [_weak(standing)]
    return known, Outcome.of(WEAK_SOURCE, weak)


RULES: Final = (KNOWN_BAD, WEAK_SOURCE)
"""What a source is judged by."""


def _finding(standing: Standing, signal: Signal) -> Finding:
    place = Place(PlaceKind.DATASET, standing.uri or "(no name)")
    evidence = signal.as_json() | {"uri": standing.uri}
    return Finding(KNOWN_BAD, place, signal.says, evidence=evidence, next="bezoar scan .")


def _weak(standing: Standing) -> Finding:
    weak = [one for one in standing.signals if one.level in (Level.POOR, Level.UNKNOWN)]
    poor = ", ".join(dict.fromkeys(str(one.aspect) for one in weak if one.level is Level.POOR))
    dark = ", ".join(dict.fromkeys(str(one.aspect) for one in weak if one.level is Level.UNKNOWN))
    parts = [f"poor: {poor}" if poor else "", f"not known: {dark}" if dark else ""]
    return Finding(
        WEAK_SOURCE,
        Place(PlaceKind.DATASET, standing.uri or "(no name)"),
        f"grade {standing.grade}; {'; '.join(filter(None, parts))}",
        evidence={"grade": str(standing.grade), "at_best": str(standing.best), "uri": standing.uri},
        next="bezoar dbom add --help",
    )
