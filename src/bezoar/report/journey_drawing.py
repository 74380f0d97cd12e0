"""One drawing of stations and the ways between them: what stands where, and what it says."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bezoar.report.journey_layout import Arrow, Box, Point, Size, layout
from bezoar.report.journey_shapes import octagon, outline
from bezoar.report.wording import clipped

_WORDS_SHOWN: Final = 3
_LETTER: Final = 7.3  # width of one letter, in CSS pixels, of a name at 12 px
_LETTER_OF_WORDS: Final = 7.4
_LINE: Final = 15.0
_NAME_LINES: Final = 2
_SIGN: Final = 8.0
_PIECE: Final = re.compile(r"[^\s/.:@_]*(?:[\s/.:@_]+|$)")
_SMALL_PIECE: Final = re.compile(r"[^\s/.:@_-]*(?:[\s/.:@_-]+|$)")


@dataclass(frozen=True, slots=True)
class Station:
    """A node to be drawn.

    Attributes:
        kind: `source`, `fetch`, `store`, `transform`, `validate`, `train`, `gate`, `register`,
            `deploy`, `other`.
        name: What it is called; an attacker may have written it.
        faults: What is wrong with it, a word or two each.
        home: The file that it is defined in; empty for data.
    """

    kind: str
    name: str
    faults: tuple[str, ...] = ()
    home: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow to be drawn.

    Attributes:
        start: The number of the node that it leaves.
        end: The number of the node that it leads to.
        faults: Why it is unsafe, a word or two each; empty where it is safe.
    """

    start: int
    end: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: where it begins or is centred, and what it says."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """The mark of what is unsafe: a stop sign, and words beside it in a box of their own."""

    box: Box
    octagon: str
    cross: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A node as it is drawn."""

    kind: str
    title: str
    outline: str
    inner: str
    caption: Line
    lines: tuple[Line, ...]
    sign: Sign | None


@dataclass(frozen=True, slots=True)
class Curve:
    """An arrow as it is drawn: its path, the triangle of its head, and its sign."""

    path: str
    head: str
    sign: Sign | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing for one width of page, in CSS pixels."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """How wide a node is, and how many stand beside one another."""

    width: float
    across: int


WIDE: Final = Form(178.0, 4)
NARROW: Final = Form(158.0, 2)


def picture(nodes: Sequence[Station], ways: Sequence[Way], form: Form) -> Picture:
    """Draw stations and ways.

    Args:
        nodes: The stations.
        ways: One for each pair of them at most, none from a station to itself.
        form: For which width of page.
    """
    texts = [_name_lines(node.name, form) for node in nodes]
    sizes = [
        (form.width, 28.0 + _lid(node) + _LINE * len(text) + _room(node.faults))
        for node, text in zip(nodes, texts, strict=True)
    ]
    labels = [_label_size(way.faults) if way.faults else None for way in ways]
    laid = layout(sizes, [(way.start, way.end) for way in ways], labels, form.across)
    shapes = [
        _shape(node, text, box) for node, text, box in zip(nodes, texts, laid.boxes, strict=True)
    ]
    curves = [_curve(way, arrow) for way, arrow in zip(ways, laid.arrows, strict=True)]
    return Picture(laid.width, laid.height, tuple(shapes), tuple(curves))


def _name_lines(name: str, form: Form) -> list[str]:
    """Return a name in lines that begin, where they can, behind a sign: `s3://acme/` `signs`."""
    letters = int((form.width - 34) / _LETTER)
    shown = clipped(name, letters * _NAME_LINES - 2)
    for pieces in (_PIECE, _SMALL_PIECE):
        lines = _filled(pieces.findall(shown), letters)
        if len(lines) <= _NAME_LINES and max(map(len, lines)) <= letters:
            return lines
    return textwrap.wrap(shown, letters, break_on_hyphens=False) or ["(no name)"]


def _filled(pieces: Iterable[str], letters: int) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > letters:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()] or ["(no name)"]


def _lid(node: Station) -> float:
    """Return how much lower the words of a node begin."""
    return 8.0 if node.kind == "store" else 0.0


def _room(faults: Sequence[str]) -> float:
    return _label_size(faults)[1] + 4 if faults else 0.0


def _label_size(faults: Sequence[str]) -> Size:
    lines = _words(faults)
    return 34 + _LETTER_OF_WORDS * max(map(len, lines)), 8 + _LINE * len(lines)


def _words(faults: Sequence[str]) -> list[str]:
    shown = [clipped(word, 24) for word in faults[:_WORDS_SHOWN]]
    more = len(faults) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _shape(node: Station, text: Sequence[str], box: Box) -> Shape:
    middle = round(box.x + box.width / 2, 1)
    path, inner = outline(node.kind, box)
    top = box.y + _lid(node)
    lines = [Line(middle, round(top + 32 + _LINE * i, 1), one) for i, one in enumerate(text)]
    sign = None
    if node.faults:
        width, height = _label_size(node.faults)
        corner = round(middle - width / 2, 1), box.y + box.height - height - 8
        sign = _sign(node.faults, Box(*corner, width, height))
    return Shape(
        kind=node.kind,
        title=f"{node.kind}: {clipped(node.name, 400)}",
        outline=path,
        inner=inner,
        caption=Line(middle, round(top + 17, 1), node.kind),
        lines=tuple(lines),
        sign=sign,
    )


def _sign(faults: Sequence[str], box: Box) -> Sign:
    middle = box.y + box.height / 2
    edge, cross = octagon(box.x + 14, middle, _SIGN)
    words = _words(faults)
    first = middle - _LINE * (len(words) - 1) / 2 + 4
    lines = tuple(
        Line(round(box.x + 27, 1), round(first + _LINE * i, 1), word)
        for i, word in enumerate(words)
    )
    return Sign(box, edge, cross, lines)


def _curve(way: Way, arrow: Arrow) -> Curve:
    points = list(arrow.points)
    down = points[-1][1] > points[-2][1]
    x, y = points[-1]
    back = -7 if down else 7
    head = f"M{x:g} {y:g}l-4.5 {back}h9Z"
    points[-1] = (x, y + back)
    sign = _sign(way.faults, arrow.label) if arrow.label else None
    return Curve(_path(points), head, sign)


def _path(points: Sequence[Point]) -> str:
    """Return a path through points that leaves and enters each of them upright."""
    text = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x, y), (to_x, to_y) in pairwise(points):
        if x == to_x:
            text += f"V{to_y:g}"
        else:
            middle = round((y + to_y) / 2, 1)
            text += f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"
    return text
