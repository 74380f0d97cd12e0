"""Lettering from our own strokes, after the narrow road alphabets of Europe.

A font file would have to be shipped, and one that the machine brings looks different elsewhere.
"""

from collections.abc import Mapping

from bezoar.datasets.signs.canvas import Canvas, Colour, Point, arc

Stroke = list[Point]
"""A line through points of a box of height 1, measured along the middle of the strokes."""
_GAP = 0.62
"""Space between two glyphs, as a fraction of the width of a stroke."""


def _ring(x: float, y: float, rx: float, ry: float) -> Stroke:
    return arc((x, y), (rx, ry), 0, 370)


_OVAL = [
    *arc((0.25, 0.25), (0.25, 0.25), 180, 360),
    *arc((0.25, 0.75), (0.25, 0.25), 0, 180),
    (0.0, 0.25),
    (0.01, 0.19),
]
_GLYPHS: Mapping[str, tuple[Stroke, ...]] = {
    "0": (_OVAL,),
    "1": ([(0.02, 0.27), (0.3, 0.0), (0.3, 1.0)],),
    "2": ([*arc((0.25, 0.26), (0.24, 0.26), 185, 400), (0.0, 1.0), (0.52, 1.0)],),
    "3": (
        [
            *arc((0.24, 0.25), (0.23, 0.25), 200, 450),
            *arc((0.24, 0.75), (0.26, 0.25), 270, 520),
        ],
    ),
    "5": ([(0.47, 0.0), (0.07, 0.0), (0.04, 0.48), *arc((0.24, 0.68), (0.26, 0.32), 228, 510)],),
    "6": (_ring(0.25, 0.69, 0.25, 0.31), [(0.02, 0.6), (0.34, -0.02)]),
    "8": (_ring(0.25, 0.24, 0.21, 0.24), _ring(0.25, 0.74, 0.25, 0.26)),
    "S": (
        [
            *arc((0.25, 0.25), (0.24, 0.25), 340, 90),
            *arc((0.25, 0.75), (0.25, 0.25), 270, 520),
        ],
    ),
    "T": ([(0.0, 0.0), (0.5, 0.0)], [(0.25, 0.0), (0.25, 1.0)]),
    "O": (_OVAL,),
    "P": ([(0.03, 1.05), (0.03, 0.0), *arc((0.25, 0.27), (0.25, 0.27), 270, 450), (0.03, 0.54)],),
}


def write(canvas: Canvas, text: str, height: float, weight: float, fill: Colour) -> None:
    """Write a line of text in the middle of the canvas.

    Args:
        canvas: What is written on.
        text: Digits and letters that have a glyph.
        height: Height of the text in units of the canvas.
        weight: Width of a stroke as a fraction of the height.
        fill: Colour.

    Raises:
        KeyError: If a character has no glyph.
    """
    scale = height * (1 - weight)
    widths = [scale * _width(character) for character in text]
    gap = height * weight * (1 + _GAP)
    left = -(sum(widths) + gap * (len(text) - 1)) / 2
    for character, width in zip(text, widths, strict=True):
        for stroke in _GLYPHS[character]:
            points = [(left + scale * x, scale * (y - 0.5)) for x, y in stroke]
            canvas.stroke(points, weight * height, fill)
        left += width + gap


def _width(character: str) -> float:
    return max(x for stroke in _GLYPHS[character] for x, _ in stroke)
