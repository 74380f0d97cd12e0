"""A canvas in the units of a sign: the centre is (0, 0), the rim is at 1, y points down."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
_OVERSAMPLING = 4
_RIM = 0.46
"""Radius of a sign as a fraction of the picture's side; the rest is a transparent margin."""


class Canvas:
    """A transparent square picture on which a sign's face is drawn.

    Args:
        side: Pixels of the finished picture.
    """

    def __init__(self, side: int) -> None:
        self._side = side
        self._unit = _RIM * side * _OVERSAMPLING
        self._centre = side * _OVERSAMPLING / 2
        picture = Image.new("RGBA", (side * _OVERSAMPLING,) * 2, (0, 0, 0, 0))
        self._picture, self._draw = picture, ImageDraw.Draw(picture)

    def finished(self) -> Image.Image:
        """Return the picture at its final size, RGBA."""
        return self._picture.resize((self._side, self._side), Image.Resampling.BOX)

    def disc(self, at: Point, radius: float, fill: Colour) -> None:
        """Fill a circle."""
        (x, y), r = self._pixel(at), radius * self._unit
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill)

    def polygon(self, points: Sequence[Point], fill: Colour, rounding: float = 0.0) -> None:
        """Fill a polygon, grown on all sides by `rounding`, which also rounds its corners."""
        self._draw.polygon([self._pixel(point) for point in points], fill)
        if rounding:
            self.stroke([*points, points[0]], 2 * rounding, fill)
            for point in points:
                self.disc(point, rounding, fill)

    def stroke(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        """Draw a line with round joints and flat ends."""
        pixels = [self._pixel(point) for point in points]
        self._draw.line(pixels, fill, round(width * self._unit), joint="curve")

    def _pixel(self, point: Point) -> Point:
        return self._centre + point[0] * self._unit, self._centre + point[1] * self._unit


def arc(centre: Point, radii: Point, start: float, end: float) -> list[Point]:
    """Return points on an ellipse, from one angle to another.

    Angles are in degrees: 0 is right, 90 is down, 180 is left, 270 is up; `end` may lie below
    `start` (against the clock) or beyond a full turn.
    """
    steps = max(2, math.ceil(abs(end - start) / 10))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [
        (centre[0] + radii[0] * math.cos(angle), centre[1] + radii[1] * math.sin(angle))
        for angle in angles
    ]


def regular(corners: int, radius: float, first: float) -> list[Point]:
    """Return the corners of a regular polygon around the centre, the first at angle `first`."""
    return [
        (radius * math.cos(angle), radius * math.sin(angle))
        for angle in (math.radians(first + 360 * i / corners) for i in range(corners))
    ]


def turned(points: Sequence[Point], degrees: float) -> list[Point]:
    """Return the points, turned around the centre with the clock."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x * cos - y * sin, x * sin + y * cos) for x, y in points]
