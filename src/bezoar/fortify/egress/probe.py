"""`probe`: does anything get out of here? Static checks of a policy cannot tell.

A network plug-in that enforces nothing accepts every policy. So one knocks: at public data hosts,
by name and by address, at resolvers by UDP, at the metadata service, at the sockets of container
engines; and at the mirror, because where nothing at all answers, the network may just be down.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.facts.public_hosts import public_hosts
from bezoar.fortify.egress.attempts import Answer, Attempt, Targets, Way, attempt_all
from bezoar.fortify.egress.endpoints import Destinations

TIMEOUT_S: Final = 3.0
_TRIED: Final = 3

WAY_OUT: Final = Rule(
    code="BZ371",
    name="way-out",
    title="A public data host can be reached from here",
    severity=Severity.HIGH,
    why="What a job can reach it can train on, and what it can reach it can send to: one line"
    " around the mirror makes all that was vetted void.",
)
UDP_WAY_OUT: Final = Rule(
    code="BZ372",
    name="udp-way-out",
    title="The outside answers by UDP",
    severity=Severity.HIGH,
    why="Policies that were written with TCP in mind leave UDP open: QUIC and questions to"
    " resolvers carry data as well.",
)
NAMES_RESOLVED: Final = Rule(
    code="BZ373",
    name="names-resolved",
    title="Names of public hosts are resolved",
    severity=Severity.MEDIUM,
    why="A resolver that asks others on a job's behalf is a way out: what is in the question"
    " arrives at whoever owns the name.",
)
METADATA_REACHED: Final = Rule(
    code="BZ374",
    name="metadata-reached",
    title="The metadata service of the cloud answers",
    severity=Severity.HIGH,
    why="It hands out the machine's keys to whoever asks, and with them every bucket that the"
    " machine may read.",
)
ENGINE_REACHED: Final = Rule(
    code="BZ375",
    name="engine-reached",
    title="A container engine takes commands from here",
    severity=Severity.HIGH,
    why="What it starts on a job's behalf runs outside of the job's confinement, as a rule with"
    " the rights of root.",
)

RULES: Final = {
    WAY_OUT: (Way.TCP, Way.PROXY),
    UDP_WAY_OUT: (Way.UDP,),
    NAMES_RESOLVED: (Way.DNS,),
    METADATA_REACHED: (Way.METADATA,),
    ENGINE_REACHED: (Way.ENGINE,),
}
"""Which ways each rule is about."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of knocking.

    Attributes:
        attempts: Everything that was tried, the mirror included.
        tolerated: Ways that may be open.
    """

    attempts: tuple[Attempt, ...]
    tolerated: frozenset[Way] = frozenset()

    @property
    def outside(self) -> tuple[Attempt, ...]:
        """What was tried but the mirror."""
        return tuple(one for one in self.attempts if one.way is not Way.MIRROR)

    @property
    def out(self) -> tuple[Attempt, ...]:
        """What got out."""
        found = (one for one in self.outside if one.answer is Answer.OPEN)
        return tuple(one for one in found if one.way not in self.tolerated)

    @property
    def mirror(self) -> bool:
        """Whether the mirror answered, at one of its addresses."""
        found = [one.answer for one in self.attempts if one.way is Way.MIRROR]
        return Answer.OPEN in found

    @property
    def closed(self) -> bool | None:
        """False where something got out; None where nothing answered, not even the mirror."""
        if self.out:
            return False
        return True if self.mirror else None

    def outcomes(self) -> list[Outcome]:
        """Return one outcome per rule."""
        return [self._outcome(rule, ways) for rule, ways in RULES.items()]

    def _outcome(self, rule: Rule, ways: Collection[Way]) -> Outcome:
        tried = [one for one in self.outside if one.way in ways]
        if not tried:
            return Outcome(rule, Status.NOT_APPLICABLE, reason="there was nothing to try")
        if found := [_finding(rule, one) for one in tried if one in self.out]:
            return Outcome.of(rule, found)
        if self.tolerated.issuperset(ways):
            return Outcome(rule, Status.SKIPPED, reason="it may be open, you said")
        if not self.mirror:
            why = "nothing answered, and neither did the mirror: the network may just be down"
            return Outcome(rule, Status.FAILED, reason=why)
        return Outcome.of(rule, ())

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "closed": self.closed,
            "mirror": self.mirror,
            "attempts": [one.as_json() for one in self.attempts],
        }


def targets_of(
    found: Destinations | None, folder: str = "", hosts: Sequence[str] | None = None
) -> Targets:
    """Return where to knock.

    Args:
        found: What may be reached, so that it is not knocked at; None: nothing.
        folder: The mirror's folder, where it is one.
        hosts: Public hosts, each as `host:port`, in place of those that are known.
    """
    facts = public_hosts()
    allowed = {str(one) for one in found.all} if found else set()
    known = [host for host in facts.hosts if host not in allowed][:_TRIED]
    mirror: Iterable[str] = map(str, found.endpoints) if found else ()
    return Targets(
        hosts=tuple(known if hosts is None else hosts),
        resolvers=facts.resolvers,
        metadata=facts.metadata,
        engines=facts.engines,
        mirror=(folder,) if folder else tuple(mirror),
    )


def probe(targets: Targets, timeout: float = TIMEOUT_S, *, allow_dns: bool = False) -> Probed:
    """Knock everywhere at once.

    Args:
        targets: Where.
        timeout: Seconds to wait for an answer.
        allow_dns: Whether names may be resolved.
    """
    tolerated = frozenset({Way.DNS}) if allow_dns else frozenset()
    return Probed(tuple(attempt_all(targets, timeout)), tolerated)


def _finding(rule: Rule, one: Attempt) -> Finding:
    place = Place(PlaceKind.HOST, one.target)
    return Finding(
        rule,
        place,
        f"{one.way} to {one.target}: {one.detail}",
        evidence=one.as_json(),
        next="bezoar egress emit --help",
    )
