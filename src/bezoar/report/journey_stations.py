"""What of a journey is drawn: nodes and arrows, and in a word or two what is wrong with each."""

from collections.abc import Iterable, Mapping
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place
from bezoar.evaluate.journey.graph import Edge, Node, NodeKind
from bezoar.evaluate.journey.guards import Fault
from bezoar.evaluate.journey.journey import Journey
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
    "BZ243": "not decided",
}
_OF_STEPS: Final[Mapping[str, str]] = {
    "BZ228": "no gate",
    "BZ229": "may write its data",
    "BZ230": "strangers reach it",
    "BZ231": "cache unverified",
    "BZ232": "image by tag",
    "BZ233": "remote code",
    "BZ235": "secret in text",
}
_BEGIN: Final = frozenset({NodeKind.SOURCE, NodeKind.STORE})
_PLAIN: Final = frozenset({NodeKind.TRANSFORM, NodeKind.OTHER})


def stations_and_ways(
    journey: Journey, findings: Iterable[Finding]
) -> tuple[list[Station], list[Way]]:
    """Return the nodes and arrows of a journey, each with what is wrong with it.

    What is said of a fetch is drawn on the arrow that leads to it, where there is one.

    Args:
        journey: The graph.
        findings: What was found; those that name a node's line are drawn there.
    """
    coming, inside = _by_place(findings, _OF_ARRIVALS), _by_place(findings, _OF_STEPS)
    nodes, edges = _telling(journey)
    number = {node.id: at for at, node in enumerate(nodes)}
    kinds = {node.id: node.kind for node in nodes}
    places = {node.id: node.place for node in nodes}
    ways, drawn = [], set()
    for edge in edges:
        faults = [_OF_FAULTS.get(edge.fault, edge.fault)] if edge.fault else []
        place = places[edge.end]
        if kinds[edge.start] in _BEGIN and place in coming:
            faults += coming[place]
            drawn.add(place)
        ways.append(Way(number[edge.start], number[edge.end], tuple(faults)))
    stations = []
    for node in nodes:
        found = list(inside.get(node.place, ()))
        if node.place not in drawn:
            found += coming.get(node.place, ())
        stations.append(Station(str(node.kind), node.label, tuple(dict.fromkeys(found))))
    return stations, ways


def _telling(journey: Journey) -> tuple[list[Node], list[Edge]]:
    """Return what is worth drawing: a step that only looks at data leads nowhere."""
    lead = {edge.start for edge in journey.edges}
    nodes = [node for node in journey.nodes if node.kind not in _PLAIN or node.id in lead]
    kept = {node.id for node in nodes}
    edges = [edge for edge in journey.edges if edge.start in kept and edge.end in kept]
    return nodes, edges


def _by_place(
    findings: Iterable[Finding], words: Mapping[str, str]
) -> dict[Place | None, list[str]]:
    found: dict[Place | None, list[str]] = {}
    for finding in findings:
        word = words.get(finding.code)
        if word and word not in found.setdefault(finding.place, []):
            found[finding.place].append(word)
    return found
