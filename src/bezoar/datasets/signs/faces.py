"""The faces of the signs: shapes, colours and symbols of the Vienna Convention (1968).

The codes in the comments are those of its annex 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from PIL import Image

from bezoar.datasets.signs.canvas import Canvas, Colour, Point, arc, regular, turned
from bezoar.datasets.signs.glyphs import write

RED: Colour = (188, 24, 36)
BLUE: Colour = (18, 86, 162)
YELLOW: Colour = (246, 188, 22)
WHITE: Colour = (238, 238, 234)
BLACK: Colour = (26, 26, 28)
GREY: Colour = (150, 152, 152)


@dataclass(frozen=True, slots=True)
class Make:
    """How one maker cuts a sign.

    Attributes:
        weight: Width of a stroke of the lettering as a fraction of its height.
        height: Height of the lettering as a fraction of the usual one.
        rim: Width of the coloured rim as a fraction of the usual one.
    """

    weight: float
    height: float
    rim: float


MAKES = (
    Make(0.155, 1.0, 1.0),
    Make(0.18, 0.95, 0.9),
    Make(0.17, 1.06, 1.08),
    Make(0.2, 1.0, 0.95),
)
_DROP = 0.24
"""How far a triangle's centre of mass lies from the middle of its height."""
Face = Callable[[Canvas, Make], None]


def _rimmed(canvas: Canvas, make: Make, fill: Colour = WHITE, thickness: float = 0.2) -> None:
    """A disc with a red rim and the light edge of a reflecting plate."""
    canvas.disc((0, 0), 1, WHITE)
    canvas.disc((0, 0), 0.97, RED)
    canvas.disc((0, 0), 0.97 - thickness * make.rim, fill)


def _mandatory(canvas: Canvas) -> None:
    canvas.disc((0, 0), 1, WHITE)
    canvas.disc((0, 0), 0.95, BLUE)


def _triangle(canvas: Canvas, make: Make, point: float) -> None:
    """A red-rimmed triangle, its first corner at the angle `point`: 90 is down, 270 is up."""
    shift = -_DROP if point == 90 else _DROP  # noqa: PLR2004 - down
    for radius, fill, rounding in (
        (0.98, WHITE, 0.13),
        (0.96, RED, 0.11),
        (0.8 - 0.22 * make.rim, WHITE, 0.06),
    ):
        corners = [(x, y + shift) for x, y in regular(3, radius, point)]
        canvas.polygon(corners, fill, rounding)


def _arrow(canvas: Canvas, length: float, degrees: float) -> None:
    """A white arrow through the centre; 0 degrees points to the right."""
    head: list[Point] = [(length, 0), (length - 0.5, -0.46), (length - 0.5, 0.46)]
    canvas.polygon(turned(head, degrees), WHITE)
    canvas.stroke(turned([(-length, 0), (length - 0.4, 0)], degrees), 0.3, WHITE)


def _stop(canvas: Canvas, make: Make) -> None:  # B 2a
    canvas.polygon(regular(8, 1.04, 22.5), WHITE)
    canvas.polygon(regular(8, 1.04 - 0.085 * make.rim, 22.5), RED)
    write(canvas, "STOP", 0.6 * make.height, make.weight, WHITE)


def _speed_limit(number: str) -> Face:  # C 14
    def face(canvas: Canvas, make: Make) -> None:
        _rimmed(canvas, make)
        height = (0.92 if len(number) == 2 else 0.74) * make.height  # noqa: PLR2004 - two digits
        write(canvas, number, height, make.weight, BLACK)

    return face


def _yield(canvas: Canvas, make: Make) -> None:  # B 1
    _triangle(canvas, make, 90)


def _no_entry(canvas: Canvas, make: Make) -> None:  # C 1a
    canvas.disc((0, 0), 1, WHITE)
    canvas.disc((0, 0), 0.96, RED)
    half = 0.17 * make.height
    canvas.polygon([(-0.76, -half), (0.76, -half), (0.76, half), (-0.76, half)], WHITE)


def _priority_road(canvas: Canvas, make: Make) -> None:  # B 3
    canvas.polygon(regular(4, 0.98, 0), BLACK, 0.07)
    canvas.polygon(regular(4, 0.97, 0), WHITE, 0.055)
    canvas.polygon(regular(4, 0.93 - 0.22 * make.rim, 0), BLACK, 0.045)
    canvas.polygon(regular(4, 0.9 - 0.22 * make.rim, 0), YELLOW, 0.04)


def _keep_right(canvas: Canvas, make: Make) -> None:  # D 2
    _mandatory(canvas)
    _arrow(canvas, 0.78 * make.height, 45)


def _ahead_only(canvas: Canvas, make: Make) -> None:  # D 1a
    _mandatory(canvas)
    _arrow(canvas, 0.76 * make.height, 270)


def _roundabout(canvas: Canvas, make: Make) -> None:  # D 3
    _mandatory(canvas)
    for turn in (0, 120, 240):
        shaft = arc((0, 0), (0.52, 0.52), 200, 285)
        head: list[Point] = [(0.13, -0.78), (0.47, -0.42), (0.0, -0.28)]
        canvas.stroke(turned(shaft, turn), 0.17 * make.rim, WHITE)
        canvas.polygon(turned(head, turn), WHITE)


def _caution(canvas: Canvas, make: Make) -> None:  # A 32
    _triangle(canvas, make, 270)
    bar = [(-0.12, -0.16), (0.12, -0.16), (0.06, 0.32), (-0.06, 0.32)]
    canvas.polygon(bar, BLACK, 0.03)
    canvas.disc((0, 0.5), 0.115, BLACK)


def _car(canvas: Canvas, x: float, fill: Colour) -> None:
    canvas.polygon([(x - 0.2, 0), (x - 0.14, -0.28), (x + 0.14, -0.28), (x + 0.2, 0)], fill, 0.02)
    canvas.polygon([(x - 0.16, 0), (x - 0.1, -0.2), (x + 0.1, -0.2), (x + 0.16, 0)], WHITE)
    canvas.polygon([(x - 0.26, 0), (x + 0.26, 0), (x + 0.26, 0.2), (x - 0.26, 0.2)], fill, 0.04)
    for side in (-0.17, 0.17):
        wheel = [(x + side + dx, y) for dx in (-0.06, 0.06) for y in (0.2, 0.31)]
        canvas.polygon([wheel[0], wheel[1], wheel[3], wheel[2]], fill)


def _no_overtaking(canvas: Canvas, make: Make) -> None:  # C 13a
    _rimmed(canvas, make, thickness=0.17)
    _car(canvas, -0.34, RED)
    _car(canvas, 0.34, BLACK)


def _no_stopping(canvas: Canvas, make: Make) -> None:  # C 19
    _rimmed(canvas, make, BLUE, 0.18)
    for slope in (45, 135):
        canvas.stroke(turned([(-0.85, 0), (0.85, 0)], slope), 0.17 * make.rim, RED)


FACES: Mapping[str, Face] = MappingProxyType(
    {
        "Stop": _stop,
        **{f"Speed limit {n}": _speed_limit(str(n)) for n in (30, 50, 60, 80, 100, 120)},
        "Yield": _yield,
        "No entry": _no_entry,
        "Priority road": _priority_road,
        "Keep right": _keep_right,
        "Ahead only": _ahead_only,
        "Roundabout": _roundabout,
        "Caution": _caution,
        "No overtaking": _no_overtaking,
        "No stopping": _no_stopping,
    }
)
"""What each class looks like; the keys are the labels."""


@lru_cache(maxsize=256)
def plate(label: str, make: Make, side: int) -> Image.Image:
    """Return a new sign, seen from straight ahead; RGBA of (side, side). Never change it."""
    canvas = Canvas(side)
    FACES[label](canvas, make)
    return canvas.finished()
