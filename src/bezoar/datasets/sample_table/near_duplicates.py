"""Near-duplicates among pictures: groups by perceptual hash, mean colours and shape.

Two pictures are near when their hashes differ in at most `RADIUS` bits, their mean colours in at
most `COLOURS` levels each, and their aspect ratios in at most a tenth: a copy that was encoded
again, scaled or made a little brighter. Candidates are neighbours in sorted order, of the hashes
and of their rotations: hashes that differ in few bits begin alike in one of them. Each is compared
with a fixed number of neighbours, so that the time stays linear whatever an attacker writes; of
more look-alikes than that, some links may be missed.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bezoar.core.arrays import Bools, Ints

RADIUS: Final = 4
COLOURS: Final = 10.0
_ROTATIONS: Final = (0, 13, 26, 39, 52)
_NEXT: Final = 16
_RATIO: Final = 0.1

_Hashes = NDArray[np.uint64]
_Traits = NDArray[np.float32]


def near_groups(hashes: _Hashes, traits: _Traits) -> Ints:
    """Group near-duplicates by single linkage.

    Args:
        hashes: Perceptual hashes, shape (n,).
        traits: Shape (n, 4): mean red, green, blue, 0 to 255, and width over height.

    Returns:
        The smallest row of each row's group, shape (n,).
    """
    groups = np.arange(len(hashes), dtype=np.int64)
    for bits in _ROTATIONS:
        order = np.argsort(_rotated(hashes, bits), kind="stable")
        for step in range(1, min(_NEXT + 1, len(hashes))):
            first, second = order[:-step], order[step:]
            near = _near(hashes, traits, first, second)
            groups = _linked(groups, first[near], second[near])
    return groups


def _rotated(hashes: _Hashes, bits: int) -> _Hashes:
    if not bits:
        return hashes
    rotated: _Hashes = (hashes << np.uint64(bits)) | (hashes >> np.uint64(64 - bits))
    return rotated


def _near(hashes: _Hashes, traits: _Traits, one: Ints, other: Ints) -> Bools:
    near: Bools = _popcount(hashes[one] ^ hashes[other]) <= RADIUS
    # Few pairs get this far.
    pairs = np.flatnonzero(near)
    left, right = traits[one[pairs]], traits[other[pairs]]
    apart = np.abs(left - right)
    ratio = apart[:, 3] <= _RATIO * np.minimum(left[:, 3], right[:, 3])
    near[pairs] = (apart[:, :3] <= COLOURS).all(1) & ratio
    return near


def _popcount(values: _Hashes) -> NDArray[Any]:
    """Count set bits; `bitwise_count` came with NumPy 2."""
    if hasattr(np, "bitwise_count"):
        return np.asarray(np.bitwise_count(values))
    return np.asarray(np.unpackbits(values.view(np.uint8).reshape(-1, 8), axis=1).sum(1))


def _linked(groups: Ints, one: Ints, other: Ints) -> Ints:
    """Join the groups of pairs: each takes the smaller number until none changes any more."""
    while len(one):
        low = np.minimum(groups[one], groups[other])
        high = np.maximum(groups[one], groups[other])
        apart = low != high
        if not apart.any():
            return groups
        one, other = one[apart], other[apart]
        roots = np.arange(len(groups), dtype=np.int64)
        np.minimum.at(roots, high[apart], low[apart])
        groups = _settled(roots)[groups]
    return groups


def _settled(roots: Ints) -> Ints:
    """Follow each root to the end of its chain, halving the way each time."""
    while True:
        after = roots[roots]
        if np.array_equal(after, roots):
            return roots
        roots = after
