"""The outline of each kind of node: what it is shows without reading, and without colour."""

from collections.abc import Callable, Mapping
from typing import Final

from bezoar.report.journey_layout import Box

_SLANT: Final = 14.0
_LID: Final = 6.0
_INNER: Final = 4.0


def outline(kind: str, box: Box) -> tuple[str, str]:
    """Return the path of a node's outline, and of the lines inside it; empty for none.

    Args:
        kind: Of the node; one without an outline of its own is a plain box.
        box: Where it stands.
    """
    return _OUTLINES.get(kind, _plain)(box)


def octagon(x: float, y: float, radius: float) -> tuple[str, str]:
    """Return the path of a stop sign around a point, and of the cross in it."""
    short = radius * 0.414
    across = [(radius, short), (short, radius), (-short, radius), (-radius, short)]
    corners = [*across, *((-a, -b) for a, b in across)]
    arm = radius * 0.42
    cross = f"M{x - arm:.1f} {y - arm:.1f}l{2 * arm:.1f} {2 * arm:.1f}"
    cross += f"M{x + arm:.1f} {y - arm:.1f}l{-2 * arm:.1f} {2 * arm:.1f}"
    return _polygon([(round(x + a, 1), round(y + b, 1)) for a, b in corners]), cross


def _plain(box: Box) -> tuple[str, str]:
    return _rounded(box, 5), ""


def _pill(box: Box) -> tuple[str, str]:
    return _rounded(box, box.height / 2), ""


def _hexagon(box: Box) -> tuple[str, str]:
    x, right, bottom = box.x, box.x + box.width, box.y + box.height
    middle = box.y + box.height / 2
    upper = [(x, middle), (x + _SLANT, box.y), (right - _SLANT, box.y), (right, middle)]
    return _polygon([*upper, (right - _SLANT, bottom), (x + _SLANT, bottom)]), ""


def _doubled(box: Box) -> tuple[str, str]:
    width, height = box.width - 2 * _INNER, box.height - 2 * _INNER
    return _rounded(box, 5), _rounded(Box(box.x + _INNER, box.y + _INNER, width, height), 2)


def _barred(box: Box) -> tuple[str, str]:
    bottom, right = box.y + box.height, box.x + box.width
    bars = (box.x + 6, right - 6)
    return _rounded(box, 0), "".join(f"M{x:g} {box.y:g}V{bottom:g}" for x in bars)


def _funnel(box: Box) -> tuple[str, str]:
    """Return what lets less out than comes in."""
    right, bottom = box.x + box.width, box.y + box.height
    upper = [(box.x, box.y), (right, box.y), (right - _SLANT, bottom)]
    return _polygon([*upper, (box.x + _SLANT, bottom)]), ""


def _signpost(box: Box) -> tuple[str, str]:
    right, bottom = box.x + box.width, box.y + box.height
    tip = (right, box.y + box.height / 2)
    upper = [(box.x, box.y), (right - _SLANT, box.y), tip]
    return _polygon([*upper, (right - _SLANT, bottom), (box.x, bottom)]), ""


def _polygon(corners: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners) + "Z"


def _rounded(box: Box, radius: float) -> str:
    r, width, height = radius, box.width - 2 * radius, box.height - 2 * radius
    if not r:
        return f"M{box.x:g} {box.y:g}h{width:g}v{height:g}h{-width:g}Z"
    return (
        f"M{box.x + r:g} {box.y:g}h{width:g}a{r:g} {r:g} 0 0 1 {r:g} {r:g}v{height:g}"
        f"a{r:g} {r:g} 0 0 1 {-r:g} {r:g}h{-width:g}a{r:g} {r:g} 0 0 1 {-r:g} {-r:g}v{-height:g}"
        f"a{r:g} {r:g} 0 0 1 {r:g} {-r:g}Z"
    )


def _cylinder(box: Box) -> tuple[str, str]:
    half, top, bottom = box.width / 2, box.y + _LID, box.y + box.height - _LID
    right = box.x + box.width
    wall = f"M{box.x:g} {top:g}a{half:g} {_LID:g} 0 0 1 {box.width:g} 0V{bottom:g}"
    wall += f"a{half:g} {_LID:g} 0 0 1 {-box.width:g} 0Z"
    return wall, f"M{box.x:g} {top:g}A{half:g} {_LID:g} 0 0 0 {right:g} {top:g}"


_OUTLINES: Final[Mapping[str, Callable[[Box], tuple[str, str]]]] = {
    "source": _pill,
    "store": _cylinder,
    "validate": _hexagon,
    "train": _doubled,
    "gate": _funnel,
    "register": _barred,
    "deploy": _signpost,
}
