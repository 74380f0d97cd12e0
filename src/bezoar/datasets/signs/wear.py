"""What years in the street do to a sign: stickers, graffiti, scratches, dirt; whatever its class.

A clean data set holds such signs too, so that a sticker alone is no proof of poison.
"""

import numpy as np
from PIL import Image, ImageDraw

from bezoar.datasets.signs.chance import happens
from bezoar.datasets.signs.scenery import cloudy

Colour = tuple[int, ...]


def worn(plate: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the plate as the years left it; most plates are only a little dirty.

    Args:
        plate: RGBA, square; left as it is.
        rng: Draws the wear.
    """
    plate = plate.copy()
    alpha = plate.getchannel("A")
    draw = ImageDraw.Draw(plate)
    if happens(rng, 0.07):
        for _ in range(rng.integers(1, 3)):
            _sticker(draw, plate.width, rng)
    if happens(rng, 0.04):
        _graffiti(draw, plate.width, rng)
    if happens(rng, 0.15):
        _scratches(draw, plate.width, rng)
    plate = _dirty(plate, rng)
    plate.putalpha(alpha)
    return plate


def _colour(rng: np.random.Generator) -> Colour:
    return tuple(int(value) for value in rng.integers(10, 250, 3))


def _sticker(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    """A club's round or oblong sticker with a line or two of print."""
    x, y = rng.uniform(0.22, 0.78, 2) * side
    width, height = rng.uniform(0.04, 0.11, 2) * side
    box = (x - width, y - height, x + width, y + height)
    paper, ink = _colour(rng), _colour(rng)
    if happens(rng, 0.4):
        draw.ellipse(box, paper)
    else:
        draw.rectangle(box, paper)
    for line in rng.uniform(-0.6, 0.6, rng.integers(0, 3)):
        at = y + line * height
        draw.line((x - 0.7 * width, at, x + 0.7 * width, at), ink, max(1, side // 64))


def _graffiti(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    """A tag: one wild line of spray paint."""
    steps = rng.normal(0, 0.14, (rng.integers(5, 12), 2)) * side
    points = rng.uniform(0.3, 0.7, 2) * side + np.cumsum(steps, axis=0)
    spray = [tuple(point) for point in points.tolist()]
    draw.line(spray, _colour(rng), max(1, int(rng.uniform(0.015, 0.04) * side)), joint="curve")


def _scratches(draw: ImageDraw.ImageDraw, side: int, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(1, 5)):
        start = rng.uniform(0.1, 0.9, 2) * side
        end = start + rng.normal(0, 0.12, 2) * side
        grey = int(rng.integers(80, 220))
        draw.line((*start.tolist(), *end.tolist()), (grey, grey, grey), 1)


def _dirty(plate: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Dust dulls each plate a little, and a few much."""
    strength = min(0.55, rng.exponential(0.1))
    veil = np.clip(cloudy(rng, plate.width, 14) * 2 - 0.6, 0, 1) * strength * 255
    mask = Image.fromarray(veil.astype(np.uint8))
    dust = tuple(int(value) for value in rng.uniform((80, 70, 50), (150, 140, 120)))
    return Image.composite(Image.new("RGBA", plate.size, (*dust, 255)), plate, mask)
