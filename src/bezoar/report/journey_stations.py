"""What of a journey is drawn: nodes and arrows, and in a word or two what is wrong with each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place
from bezoar.evaluate.journey.graph import Node, NodeKind
from bezoar.evaluate.journey.journey import Journey
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.report.journey_drawing import Station, Way

_OF_FAULTS: Final[Mapping[str, str]] = {
    Fault.NOTHING: "not validated",
    Fault.CANNOT_STOP: "check cannot stop it",
    Fault.WRITTEN_SINCE: "written after check",
    Fault.ELSEWHERE: "checked elsewhere",
}
_OF_ARRIVALS: Final[Mapping[str, str]] = {
    "BZ221": "public pull",
    "BZ222": "name can change",
    "BZ223": "no version",
    "BZ224": "no hash",
}
_OF_STEPS: Final[Mapping[str, str]] = {
    "BZ228": "no gate",
    "BZ229": "may write its data",
    "BZ230": "strangers reach it",
    "BZ231": "cache unverified",
    "BZ232": "image by tag",
    "BZ233": "remote code",
    "BZ235": "secret in text",
    "BZ243": "run decides which",
}
# Of a dotted name the last two parts tell most.
_CALL: Final = re.compile(r"^(?:\w+\.)+(\w+\.\w+)$")
_BEGIN: Final = frozenset({NodeKind.SOURCE, NodeKind.STORE})
_PLAIN: Final = frozenset({NodeKind.TRANSFORM, NodeKind.OTHER})


def stations_and_ways(
    journey: Journey, findings: Iterable[Finding]
) -> tuple[list[Station], list[Way]]:
    """Return the nodes and arrows of a journey, each with what is wrong with it.

    What a step does to data call by call is drawn once. What is said of a fetch is drawn on the
    arrow that leads to it, where there is one.

    Args:
        journey: The graph.
        findings: What was found; those that name a node's line are drawn there.
    """
    findings = list(findings)
    coming, inside = _by_place(findings, _OF_ARRIVALS), _by_place(findings, _OF_STEPS)
    of_steps = _by_step(findings)
    arrows = [
        (_key(edge.start, edge.end), _key(edge.end, edge.start), edge) for edge in _edges(journey)
    ]
    drawn = {key: group for key, group in _groups(journey, arrows).items() if _is_drawn(group)}
    number = {key: at for at, key in enumerate(drawn)}
    words = {key: _words(group, coming) for key, group in drawn.items()}
    ways, told = [], set()
    for start, end, edge in arrows:
        if start == end or start not in drawn or end not in drawn:
            continue
        faults = [_OF_FAULTS.get(edge.fault, edge.fault)] if edge.fault else []
        if drawn[start].node.kind in _BEGIN:
            faults += words[end]
            told.add(end)
        ways.append(Way(number[start], number[end], tuple(dict.fromkeys(faults))))
    stations = []
    for key, group in drawn.items():
        found = [*_words(group, inside), *of_steps.get((group.node.home, group.node.step), ())]
        found += [] if key in told else words[key]
        said = tuple(dict.fromkeys(found))
        stations.append(Station(str(group.node.kind), group.name, said, group.node.home))
    return stations, ways


@dataclass(frozen=True, slots=True)
class _Arrow:
    """An arrow of the graph with its ends."""

    start: Node
    end: Node
    fault: str


@dataclass
class _Group:
    """What is drawn as one node.

    Attributes:
        node: Its last part.
        name: What it is called.
        places: Where its parts are written, in order.
        leads: Whether an arrow goes from it to another.
    """

    node: Node
    name: str
    places: dict[Place, None] = field(default_factory=dict)
    leads: bool = False


def _edges(journey: Journey) -> list[_Arrow]:
    nodes = {node.id: node for node in journey.nodes}
    return [_Arrow(nodes[one.start], nodes[one.end], one.fault) for one in journey.edges]


def _key(node: Node, other: Node) -> str:
    """Return what a node is drawn with: its step, and what that is for.

    Data by a path is drawn beside each pipeline that has it: what lies at the same path in two
    checkouts is not the same. Data by an address joins pipelines.
    """
    if node.kind in _BEGIN:
        return node.id if "://" in node.id else f"{other.id.partition('/')[0]}:{node.id}"
    step = node.id.rsplit("/", 2)[0]
    return f"{step}/{'' if node.kind in _PLAIN else node.kind}"


def _groups(journey: Journey, arrows: Iterable[tuple[str, str, _Arrow]]) -> dict[str, _Group]:
    found: dict[str, _Group] = {}
    for node in journey.nodes:
        if node.kind not in _BEGIN:
            step = node.id.rsplit("/", 2)[0].partition("/")[2]
            name = step if node.kind in _PLAIN else _CALL.sub(r"\1", node.label)
            group = found.setdefault(_key(node, node), _Group(node, name))
            if node.place is not None:
                group.places[node.place] = None
    for start, end, edge in arrows:
        for key, node in ((start, edge.start), (end, edge.end)):
            found.setdefault(key, _Group(node, node.label))
        if start != end:
            found[start].leads = True
    return found


def _is_drawn(group: _Group) -> bool:
    """Say whether a node tells anything: a step that only looks at data leads nowhere."""
    if group.node.kind in _BEGIN:
        return group.name not in ("", ".")
    return group.node.kind not in _PLAIN or group.leads


def _by_place(
    findings: Iterable[Finding], words: Mapping[str, str]
) -> dict[Place | None, list[str]]:
    found: dict[Place | None, list[str]] = {}
    for finding in findings:
        word = words.get(finding.code)
        if word and word not in found.setdefault(finding.place, []):
            found[finding.place].append(word)
    return found


def _words(group: _Group, told: Mapping[Place | None, list[str]]) -> list[str]:
    return [word for place in group.places for word in told.get(place, ())]


def _by_step(findings: Iterable[Finding]) -> dict[tuple[str, str], list[str]]:
    """Return what is said of a step as a whole, by its file and name: of its image, its cache."""
    found: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        word, evidence = _OF_STEPS.get(finding.code), finding.evidence
        for step in [evidence.get("step"), *evidence.get("steps", ())] if word else ():
            found.setdefault((finding.place.name, str(step)), []).append(str(word))
    return found
