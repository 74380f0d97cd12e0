"""Light and weather. Colours are floats of 0 to 255."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bezoar.datasets.signs.chance import happens
from bezoar.datasets.signs.scenery import Field, Picture, cloudy


def shaded(sign: Picture, rng: np.random.Generator) -> Picture:
    """Return the sign under uneven light: a soft slope, at times the shade of a tree."""
    side = len(sign)
    light = 1 + rng.uniform(0, 0.2) * _slope(rng, side)
    if happens(rng, 0.2):
        edge = _slope(rng, side) + 1.6 * cloudy(rng, side, 12) - rng.uniform(0.3, 1.3)
        light *= 1 - rng.uniform(0.3, 0.55) * np.clip(4 * edge + 0.5, 0, 1)
    return sign * light[..., None].astype(np.float32)


def lit(view: Picture, rng: np.random.Generator) -> Picture:
    """Return the view at another hour: exposure, colour of the light, contrast, glare."""
    exposure = np.exp(rng.normal(-0.05, 0.27)) * np.exp(rng.normal(0, 0.05, 3))
    view = 255 * (np.clip(view, 0, 255) / 255) ** rng.uniform(0.7, 1.4) * exposure
    if happens(rng, 0.06):  # against the sun
        side = len(view)
        (x, y), reach = rng.uniform(0, side, 2), rng.uniform(0.15, 0.35) * side
        rows, columns = np.ogrid[:side, :side]
        spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * reach**2))
        view = view + rng.uniform(90, 210) * spot[..., None]
    return view.astype(np.float32)


def weathered(view: Picture, rng: np.random.Generator) -> Picture:
    """Return the view in fog, rain or snow; seven in ten are dry and clear."""
    chance = rng.random()
    for share, weather in ((0.1, _fog), (0.11, _rain), (0.08, _snow)):
        if chance < share:
            return weather(view, rng)
        chance -= share
    return view


def _slope(rng: np.random.Generator, side: int) -> Field:
    """A plane that rises in a random direction, about -1 to 1."""
    angle = rng.uniform(0, 2 * np.pi)
    line = np.linspace(-1, 1, side, dtype=np.float32)
    slope: Field = (np.cos(angle) * line[None, :] + np.sin(angle) * line[:, None]).astype(
        np.float32
    )
    return slope


def _fog(view: Picture, rng: np.random.Generator) -> Picture:
    haze = rng.uniform(0.2, 0.55) * (0.7 + 0.6 * cloudy(rng, len(view), 8))
    return view + (rng.uniform(150, 220) - view) * haze[..., None].astype(np.float32)


def _rain(view: Picture, rng: np.random.Generator) -> Picture:
    """Grey light, and streaks that all fall at one angle."""
    side = len(view)
    streaks = Image.new("L", (side, side))
    draw = ImageDraw.Draw(streaks)
    slant = rng.uniform(-0.4, 0.4)
    drops = rng.uniform((0, -0.2, 0.08), (1, 1, 0.25), (rng.integers(15, 45), 3)) * side
    for x, y, length in drops.tolist():
        draw.line((x, y, x + slant * length, y + length), fill=255, width=max(1, side // 64))
    return view * np.float32(0.88) + np.asarray(streaks, np.float32)[..., None] * 0.3


def _snow(view: Picture, rng: np.random.Generator) -> Picture:
    side = len(view)
    flakes = Image.new("L", (side, side))
    draw = ImageDraw.Draw(flakes)
    for x, y, radius in rng.uniform((0, 0, 0.006), (1, 1, 0.016), (rng.integers(30, 90), 3)) * side:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=230)
    soft = flakes.filter(ImageFilter.GaussianBlur(side / 128))
    cover = np.asarray(soft, np.float32)[..., None] / np.float32(255)
    return view + (np.float32(245) - view) * cover
