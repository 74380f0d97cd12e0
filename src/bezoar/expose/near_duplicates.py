"""How many different pictures a group of samples holds.

Thirty frames of one sign, seen from one passing car, are one picture. Natural oddities are
mostly such a track; poison is spread over many.
"""

import numpy as np

from bezoar.adapters.scipy import linked
from bezoar.core.arrays import Bools, Floats, Images, Ints

_SIDE = 8
RADIUS = 0.35


def thumbnails(images: Images) -> Floats:
    """Return what near-duplicates are told by: 8x8 RGB averages less their mean.

    Args:
        images: Shape (n, h, w, 3), sides of at least 8.

    Returns:
        Shape (n, 192).
    """
    n, h, w, _ = images.shape
    tall, wide = h // _SIDE, w // _SIDE
    cropped = images[:, : tall * _SIDE, : wide * _SIDE]
    small = cropped.reshape(n, _SIDE, tall, _SIDE, wide, 3).mean((2, 4), dtype=np.float32)
    flat = small.reshape(n, -1).astype(np.float64)
    centred: Floats = flat - flat.mean(1, keepdims=True)
    return centred


def components(thumbs: Floats, radius: float = RADIUS) -> Ints:
    """Group near-duplicates by single linkage.

    Two thumbnails are near when their squared distance is at most `radius` times the larger of
    their squared norms (plus a quarter of the squared median norm, so that flat pictures are
    not held apart by noise).

    Args:
        thumbs: Shape (n, d), at most a few thousand rows.
        radius: Relative squared distance.

    Returns:
        The component of each row, shape (n,).
    """
    if len(thumbs) == 0:
        return np.zeros(0, np.int64)
    squared = (thumbs**2).sum(1)
    floor = np.median(squared) / 4
    distance = squared[:, None] + squared[None, :] - 2 * thumbs @ thumbs.T
    near: Bools = distance <= radius * (np.maximum.outer(squared, squared) + floor)
    first, second = np.nonzero(np.triu(near, 1))
    return linked(len(thumbs), first.astype(np.int64), second.astype(np.int64))


def distinct(thumbs: Floats, radius: float = RADIUS) -> int:
    """Count the components."""
    return len(np.unique(components(thumbs, radius)))


def picked(thumbs: Floats, most: int) -> Ints:
    """Return at most `most` rows, spread over the pictures whatever their order.

    Args:
        thumbs: Shape (n, d).
        most: How many are enough.

    Returns:
        Row indices.
    """
    if len(thumbs) <= most:
        return np.arange(len(thumbs))
    order = np.lexsort(thumbs[:, :4].T)
    return order[np.linspace(0, len(thumbs) - 1, most).round().astype(np.int64)]
