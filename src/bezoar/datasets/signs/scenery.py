"""What stands behind a sign: sky, foliage, houses, a street. Colours are floats of 0 to 255."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bezoar.datasets.signs.chance import happens

Picture = NDArray[np.float32]
"""Shape (side, side, 3), 0 to 255."""
Field = NDArray[np.float32]
"""Shape (side, side)."""

_SKIES = np.array(
    [[[96, 146, 205], [198, 216, 232]], [[150, 160, 172], [206, 210, 214]],
     [[70, 104, 160], [236, 196, 160]], [[186, 196, 206], [224, 228, 230]]], np.float32
)  # fmt: skip
_GREENS = np.array(
    [[[24, 40, 18], [112, 142, 62]], [[20, 46, 30], [88, 128, 84]],
     [[58, 44, 22], [196, 142, 60]], [[40, 44, 30], [150, 150, 110]]], np.float32
)  # fmt: skip
_WALLS = np.array(
    [[196, 184, 164], [170, 98, 74], [206, 204, 198], [128, 128, 130], [214, 190, 140]], np.float32
)


def cloudy(rng: np.random.Generator, side: int, finest: int) -> Field:
    """Return smooth noise of several octaves, 0 to 1, with detail down to `finest` cells."""
    total = np.zeros((side, side), np.float32)
    cells, weight, weights = 3, 1.0, 0.0
    while cells <= finest:
        spread = _interpolation(cells, side)
        total += spread @ (np.float32(weight) * rng.random((cells, cells), np.float32)) @ spread.T
        weights += weight
        cells, weight = cells * 2 + 1, weight * 0.62
    total /= np.float32(weights)
    return total


@lru_cache(maxsize=64)
def _interpolation(cells: int, side: int) -> Field:
    """Return the (side, cells) matrix that stretches a row of cells linearly over the side."""
    distance = np.abs(np.linspace(0, cells - 1, side)[:, None] - np.arange(cells)[None, :])
    matrix: Field = np.maximum(0, 1 - distance).astype(np.float32)
    return matrix


def mixed(low: NDArray[np.float32], high: NDArray[np.float32], share: Field) -> Picture:
    """Return the colour between `low` (share 0) and `high` (share 1) at each pixel."""
    picture: Picture = low + (high - low) * np.clip(share, 0, 1)[..., None]
    return picture


def _chosen(rng: np.random.Generator, palette: NDArray[np.float32]) -> NDArray[np.float32]:
    colours: NDArray[np.float32] = palette[rng.integers(len(palette))]
    colours = colours + rng.normal(0, 6, colours.shape).astype(np.float32)
    return np.clip(colours, 0, 255)


def _down(side: int) -> Field:
    """0 at the top row, 1 at the bottom row."""
    return np.repeat(np.linspace(0, 1, side, dtype=np.float32)[:, None], side, axis=1)


def _sky(rng: np.random.Generator, side: int) -> Picture:
    zenith, horizon = _chosen(rng, _SKIES)
    picture = mixed(zenith, horizon, _down(side))
    clouds = cloudy(rng, side, 8) * rng.uniform(0.6, 1.8) - 0.45
    return mixed(picture, np.full(3, 240, np.float32), clouds)


def _foliage(rng: np.random.Generator, side: int) -> Picture:
    shadow, light = _chosen(rng, _GREENS)
    leaves = (cloudy(rng, side, 48) - 0.5) * rng.uniform(1.6, 3.2) + rng.uniform(0.35, 0.6)
    return mixed(shadow, light, leaves.astype(np.float32))


def _treeline(rng: np.random.Generator, side: int) -> Picture:
    edge = rng.uniform(0.2, 0.9) + (cloudy(rng, side, 24)[0] - 0.5) * rng.uniform(0.2, 0.8)
    trees = (_down(side) > edge[None, :])[..., None]
    picture: Picture = np.where(trees, _foliage(rng, side), _sky(rng, side))
    return picture


def _houses(rng: np.random.Generator, side: int) -> Picture:
    picture = _sky(rng, side)
    left = 0
    while left < side:
        width = int(rng.integers(side // 3, side + 1))
        top = int(rng.integers(0, side // 2))
        wall = _chosen(rng, _WALLS) * rng.uniform(0.45, 1.0)
        picture[top:, left : left + width] = wall
        pane = wall * rng.uniform(0.3, 0.7)
        high, wide = (int(length) for length in rng.integers(side // 10, side // 5, 2))
        for y in range(top + high, side, 2 * high + 1):
            for x in range(left + wide, min(left + width, side) - wide // 2, 2 * wide + 1):
                picture[y : y + high, x : x + wide] = pane
        left += width
    return picture + (cloudy(rng, side, 24) * 24 - 12)[..., None]


def _street(rng: np.random.Generator, side: int) -> Picture:
    picture = _treeline(rng, side) if happens(rng, 0.5) else _houses(rng, side)
    horizon = int(rng.uniform(0.5, 0.95) * side)
    asphalt = rng.uniform(60, 140) + (cloudy(rng, side, 40)[horizon:] - 0.5) * 40
    picture[horizon:] = asphalt[..., None] * np.array([1, 1, 1.03], np.float32)
    return picture


_PLACES: tuple[Callable[[np.random.Generator, int], Picture], ...] = (
    _sky, _foliage, _treeline, _houses, _street
)  # fmt: skip


def scenery(rng: np.random.Generator, side: int) -> Picture:
    """Return a random view, a little out of focus, as a camera sees it behind a sign."""
    picture = _PLACES[rng.integers(len(_PLACES))](rng, side)
    return picture * np.float32(rng.uniform(0.75, 1.1))


def with_pole(view: Picture, rng: np.random.Generator, middle: float, top: float) -> None:
    """Put a metal pole into the view, from the row `top` to the bottom; lengths in pixels."""
    side = len(view)
    half = rng.uniform(0.02, 0.045) * side
    across = (np.arange(side, dtype=np.float32) + 0.5 - middle) / half
    columns = np.flatnonzero(np.abs(across) <= 1)
    shine = 1 - 0.55 * np.abs(across[columns] - 0.3)
    view[int(max(0, top)) :, columns] = rng.uniform(110, 190) * shine[None, :, None]


def behind_branch(view: Picture, rng: np.random.Generator) -> Picture:
    """Return the view with leaves before it, from one edge of the picture."""
    side = len(view)
    depth = np.linspace(0, 1, side)[:: rng.choice([-1, 1])]
    across = depth[:, None] if happens(rng, 0.5) else depth[None, :]
    leaves = cloudy(rng, side, 24) > 0.38 + across * rng.uniform(0.9, 1.6)
    colour = rng.uniform((20, 40, 10), (80, 110, 50))
    shades = colour * (0.6 + 0.8 * rng.random((side, side, 1)))
    return np.where(leaves[..., None], shades, view).astype(np.float32)


def behind_wire(view: Picture, rng: np.random.Generator) -> None:
    """Put a wire or a thin pole before the view."""
    side = len(view)
    left, width = int(rng.integers(side)), max(2, int(rng.uniform(0.02, 0.08) * side))
    view[:, left : left + width] = rng.uniform(30, 150)
