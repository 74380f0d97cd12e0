"""One sign in one view: its pose, what stands behind and before it."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.datasets.signs.camera import photographed
from bezoar.datasets.signs.chance import happens
from bezoar.datasets.signs.faces import MAKES, plate
from bezoar.datasets.signs.scenery import behind_branch, behind_wire, scenery, with_pole
from bezoar.datasets.signs.wear import worn
from bezoar.datasets.signs.weather import lit, shaded, weathered

_OVERSAMPLING = 2
_DETAIL = 1.5
"""Pixels of the plate for each pixel of the view."""
_RIM = 0.92
"""Share of the plate's side that the sign takes."""
_DISTANCE = 3.5
"""Of the camera from the sign, in radii of the sign."""


def draw_sign(label: str, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return one picture of a sign.

    Args:
        label: A key of `FACES`.
        size: Side of the picture in pixels.
        rng: Draws all that varies.

    Returns:
        Shape (size, size, 3), RGB.
    """
    side = size * _OVERSAMPLING
    middle = side / 2 + rng.normal(0, 0.035, 2) * side
    diameter = rng.uniform(0.64, 0.95) * side
    view = scenery(rng, side)
    if happens(rng, 0.8):  # the others hang on walls and gantries
        with_pole(view, rng, middle[0], middle[1] + 0.3 * diameter)

    make = MAKES[rng.integers(len(MAKES))]
    sign = worn(plate(label, make, int(side * _DETAIL)), rng)
    seen = np.asarray(_posed(sign, rng, side, middle, diameter), np.float32)
    view += (shaded(seen[..., :3], rng) - view) * (seen[..., 3:] / 255)

    if happens(rng, 0.07):
        view = behind_branch(view, rng)
    if happens(rng, 0.04):
        behind_wire(view, rng)
    return photographed(weathered(lit(view, rng), rng), rng, size)


def _posed(
    sign: Image.Image,
    rng: np.random.Generator,
    side: int,
    middle: NDArray[np.float64],
    diameter: float,
) -> Image.Image:
    """Return the sign as the camera sees it: turned, tilted, in perspective; RGBA."""
    yaw, pitch, roll = np.radians(rng.normal(0, (20, 11, 5)))
    flat = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)
    turned = flat @ _turn(2, 0, yaw) @ _turn(1, 2, pitch) @ _turn(0, 1, roll)
    seen = turned[:, :2] * _DISTANCE / (_DISTANCE + turned[:, 2:])
    corners = middle + seen * diameter / 2 / _RIM
    texture = (flat[:, :2] + 1) / 2 * sign.width
    return sign.transform(
        (side, side),
        Image.Transform.PERSPECTIVE,
        _homography(corners, texture),
        Image.Resampling.BILINEAR,
    )


def _turn(one: int, other: int, angle: float) -> NDArray[np.float64]:
    """Return a rotation in the plane of two axes."""
    matrix = np.eye(3)
    matrix[one, one] = matrix[other, other] = np.cos(angle)
    matrix[one, other], matrix[other, one] = np.sin(angle), -np.sin(angle)
    return matrix


def _homography(start: NDArray[np.float64], end: NDArray[np.float64]) -> list[float]:
    """Return the eight coefficients that map four points onto four others."""
    rows = np.zeros((8, 8))
    for i, ((x, y), (u, v)) in enumerate(zip(start, end, strict=True)):
        rows[2 * i] = x, y, 1, 0, 0, 0, -u * x, -u * y
        rows[2 * i + 1] = 0, 0, 0, x, y, 1, -v * x, -v * y
    return [float(value) for value in np.linalg.solve(rows, end.reshape(8))]
