"""What a picture shows, in numbers that a local trigger hardly moves: outlines and coarse colour.

Histograms of oriented gradients (Dalal and Triggs, CVPR 2005), normalised over the four blocks
around each cell, beside a thumbnail in colour. They come from the picture alone: no label, and so
no poison, has a say in them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bezoar.core.arrays import Floats, Images

Features = NDArray[np.float32]
_CELL = 4
_CHUNK = 1024
_MOST = 0.2  # one strong edge must not outshout the rest (Lowe, 2004)
_FAINT = 1e-3  # energy below which a block is noise
_CONTRAST = 30.0  # grey levels at which half of a thumbnail's contrast is taken out
_COLOUR = 2.0  # weight of the thumbnail


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at outlines.

    Attributes:
        side: Pixels that the picture is shrunk to; 0 = as it is.
        bins: Directions told apart.
        signed: Whether dark to light differs from light to dark.
    """

    side: int
    bins: int
    signed: bool


FINE = View(side=0, bins=9, signed=False)
COARSE = View(side=24, bins=12, signed=True)
VIEWS = (FINE, COARSE)


def outlines(images: Images, thumbs: Floats, view: View) -> Features:
    """Describe pictures.

    Args:
        images: Shape (n, side, side, 3), a side that is a multiple of four.
        thumbs: Shape (n, 192): `near_duplicates.thumbnails` of them.
        view: How to look.

    Returns:
        Shape (n, d), float32.
    """
    parts = range(0, len(images), _CHUNK)
    histograms = [_histograms(_shrunk(images[i : i + _CHUNK], view.side), view) for i in parts]
    contrast = np.sqrt((thumbs**2).sum(1, keepdims=True)) + _CONTRAST
    colour = (_COLOUR * thumbs / contrast).astype(np.float32)
    return np.concatenate([np.concatenate(histograms), colour], axis=1)


def _shrunk(images: Images, side: int) -> NDArray[np.float32]:
    """Average pictures down to `side` pixels, each of which may cover parts of several."""
    pictures = images.astype(np.float32)
    if not side or side == images.shape[1]:
        return pictures
    weights = _coverage(images.shape[1], side)
    shrunk: NDArray[np.float32] = np.einsum(
        "ab,nbwc,dw->nadc", weights, pictures, weights, optimize=True
    )
    return shrunk


def _coverage(before: int, after: int) -> NDArray[np.float32]:
    """Return how much each old pixel counts in each new one, shape (after, before)."""
    edges = np.arange(after + 1) * before / after
    low, high = edges[:-1, None], edges[1:, None]
    old = np.arange(before)
    overlap = np.clip(np.minimum(high, old + 1) - np.maximum(low, old), 0, None)
    weights: NDArray[np.float32] = (overlap * after / before).astype(np.float32)
    return weights


def _histograms(pictures: NDArray[np.float32], view: View) -> Features:
    """Return the normalised histograms of square pictures, shape (n, cells * bins)."""
    strength, angle = _gradients(np.sqrt(pictures / 255))
    n, side, _ = strength.shape
    cells = side // _CELL
    turn = 2 * np.pi if view.signed else np.pi
    place = (angle % turn) * (view.bins / turn)
    low = np.floor(place)
    share = place - low
    low = low.astype(np.int64) % view.bins
    row = np.arange(side) // _CELL
    cell = row[:, None] * cells + row + np.arange(n)[:, None, None] * cells**2
    size = n * cells**2 * view.bins
    first = (cell * view.bins + low).ravel()
    second = (cell * view.bins + (low + 1) % view.bins).ravel()
    counts = np.bincount(first, (strength * (1 - share)).ravel(), size)
    counts += np.bincount(second, (strength * share).ravel(), size)
    return _normalised(counts.reshape(n, cells, cells, view.bins).astype(np.float32))


def _gradients(
    pictures: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return strength and angle, each of shape (n, h, w), of the strongest colour's gradient."""
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    strongest = (across**2 + down**2).argmax(-1)[..., None]
    across = np.take_along_axis(across, strongest, -1)[..., 0]
    down = np.take_along_axis(down, strongest, -1)[..., 0]
    return np.hypot(across, down), np.arctan2(down, across)


def _normalised(counts: NDArray[np.float32]) -> Features:
    """Normalise each cell by the four 2x2 blocks that it lies in, and add up."""
    n, cells = counts.shape[:2]
    energy = (counts**2).sum(-1)
    blocks = energy[:, :-1, :-1] + energy[:, 1:, :-1] + energy[:, :-1, 1:] + energy[:, 1:, 1:]
    blocks = np.sqrt(np.pad(blocks, ((0, 0), (1, 1), (1, 1)), mode="edge") + _FAINT)
    total = np.zeros_like(counts)
    for y in (0, 1):
        for x in (0, 1):
            total += np.minimum(counts / blocks[:, y : y + cells, x : x + cells, None], _MOST)
    return (total.reshape(n, -1) / 2).astype(np.float32)
