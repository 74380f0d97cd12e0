"""The journey of the data as drawings: one for each part that nothing joins to the others."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bezoar.report.journey_drawing import NARROW, WIDE, Picture, Station, Way, picture
from bezoar.report.wording import clipped, counted

FIGURES_SHOWN: Final = 12
NODES_SHOWN: Final = 90
_HOMES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One part of the journey, drawn for a desk and for a phone.

    Attributes:
        title: The files that define it.
        alt: What it shows, in words.
        wide: For a desk.
        narrow: For a phone.
        left_out: How many of its nodes are not drawn.
    """

    title: str
    alt: str
    wide: Picture
    narrow: Picture
    left_out: int


def figures(stations: Sequence[Station], ways: Iterable[Way]) -> tuple[list[Figure], int]:
    """Draw a journey.

    Returns:
        The drawings, the one with most that is unsafe first, and how many parts were not drawn.
    """
    joined = _joined(ways)
    parts = _parts(len(stations), joined)
    # What is joined to nothing has no journey.
    parts = [part for part in parts if len(part) > 1]
    trouble = Counter(way.start for way in joined if way.faults)
    trouble.update(node for node, station in enumerate(stations) if station.faults)
    unsafe = {part[0]: sum(trouble[node] for node in part) for part in parts}
    parts.sort(key=lambda part: (-unsafe[part[0]], -len(part), part[0]))
    drawn = [_figure(part, stations, joined) for part in parts[:FIGURES_SHOWN]]
    return drawn, len(parts) - len(drawn)


def _joined(ways: Iterable[Way]) -> list[Way]:
    """Return one arrow for each pair of nodes, with what is wrong with any between them."""
    faults: dict[tuple[int, int], dict[str, None]] = {}
    for way in ways:
        if way.start != way.end:
            faults.setdefault((way.start, way.end), {}).update(dict.fromkeys(way.faults))
    return [Way(start, end, tuple(words)) for (start, end), words in sorted(faults.items())]


def _parts(count: int, ways: Sequence[Way]) -> list[list[int]]:
    """Return the nodes of each part that no arrow joins to the others."""
    root = list(range(count))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for way in ways:
        root[find(way.end)] = find(way.start)
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(find(node), []).append(node)
    return list(parts.values())


def _figure(part: Sequence[int], stations: Sequence[Station], ways: Sequence[Way]) -> Figure:
    kept = _kept(part, stations, ways)
    number = {node: index for index, node in enumerate(kept)}
    nodes = [stations[node] for node in kept]
    inside = [
        Way(number[way.start], number[way.end], way.faults)
        for way in ways
        if way.start in number and way.end in number
    ]
    unsafe = sum(1 for way in inside if way.faults)
    alt = f"{counted(len(nodes), 'node')}, {counted(len(inside), 'arrow')}, {unsafe:,} unsafe: "
    alt += "; ".join(
        f"{nodes[way.start].name} to {nodes[way.end].name}, {', '.join(way.faults)}"
        for way in inside
        if way.faults
    )
    homes = list(dict.fromkeys(node.home for node in nodes if node.home))
    more = f" and {len(homes) - _HOMES_SHOWN:,} more" if len(homes) > _HOMES_SHOWN else ""
    return Figure(
        title=", ".join(clipped(home, 80) for home in homes[:_HOMES_SHOWN]) + more,
        alt=clipped(alt, 1000),
        wide=picture(nodes, inside, WIDE),
        narrow=picture(nodes, inside, NARROW),
        left_out=len(part) - len(kept),
    )


def _kept(part: Sequence[int], stations: Sequence[Station], ways: Sequence[Way]) -> list[int]:
    """Return the nodes that are drawn: all, or where they are too many those that matter most."""
    if len(part) <= NODES_SHOWN:
        return list(part)
    ends = {node for way in ways if way.faults for node in (way.start, way.end)}
    plain = {"other": 2, "transform": 1}
    rank = {
        node: (node not in ends and not stations[node].faults, plain.get(stations[node].kind, 0))
        for node in part
    }
    return sorted(sorted(part, key=lambda node: (*rank[node], node))[:NODES_SHOWN])
