"""The journey of the data as Mermaid text, for a wiki or a pull request.

Syntax: https://mermaid.js.org/syntax/flowchart.html. What is unsafe is a dotted arrow that ends in
a cross, with the words on it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bezoar.report.journey_drawing import Station, Way
from bezoar.report.wording import clipped

MOST_ARROWS: Final = 400
"""Mermaid refuses more than 500 unless it is told otherwise."""

_LONGEST: Final = 60
_PLAIN: Final = frozenset(" .,-_/:+=@")
_BRACKETS: Final[Mapping[str, tuple[str, str]]] = {
    "source": ("([", "])"),
    "store": ("[(", ")]"),
    "validate": ("{{", "}}"),
    "train": ("[[", "]]"),
    "gate": ("[\\", "/]"),
    "register": ("[/", "/]"),
    "deploy": (">", "]"),
}


def mermaid(stations: Sequence[Station], ways: Iterable[Way]) -> str:
    """Write a journey as a Mermaid flowchart; every name in it is escaped.

    Args:
        stations: The nodes.
        ways: The arrows; the unsafe ones come first where they are too many.

    Returns:
        Lines, with a line end after the last.
    """
    listed = [way for way in ways if way.start != way.end]
    drawn = sorted(listed, key=lambda way: not way.faults)[:MOST_ARROWS]
    kept = sorted({node for way in drawn for node in (way.start, way.end)})
    return "\n".join(_lines(stations, kept, drawn, len(listed) - len(drawn))) + "\n"


def _lines(
    stations: Sequence[Station], kept: Sequence[int], ways: Sequence[Way], more: int
) -> Iterator[str]:
    yield "flowchart TD"
    for node in kept:
        station = stations[node]
        begin, end = _BRACKETS.get(station.kind, ("[", "]"))
        words = [f"{station.kind}: {station.name}", *(f"unsafe: {one}" for one in station.faults)]
        yield f'  n{node}{begin}"{"<br/>".join(map(_escaped, words))}"{end}'
    for way in ways:
        if way.faults:
            yield f'  n{way.start} -.-x|"unsafe: {_escaped(", ".join(way.faults))}"| n{way.end}'
        else:
            yield f"  n{way.start} --> n{way.end}"
    if more:
        yield f'  more["and {more:,} more arrows"]'


def _escaped(text: str) -> str:
    """Return text as Mermaid shows it: each character that might mean something by its number."""
    shown = clipped(text, _LONGEST)
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in shown)
