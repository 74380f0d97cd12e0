"""Near-duplicates among pictures: groups by perceptual hash, colours, entropy and shape.

Two pictures are near when their hashes differ in at most `RADIUS` bits and each of their traits by
no more than its tolerance: a copy that was encoded again, enlarged, or changed in a few pixels.
On 32,520 pictures of GTSRB no two of different classes are so near; without the traits 747 are.

Candidates are neighbours in sorted order, of the hashes and of their rotations: hashes that differ
in few bits begin alike in one of them. Each is compared with a fixed number of neighbours, so that
the time stays linear whatever an attacker writes; of more look-alikes than that, some links may be
missed.
"""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bezoar.core.arrays import Bools, Ints

RADIUS: Final = 4
TOLERANCES: Final = {
    "mean_r": 3.0,
    "mean_g": 3.0,
    "mean_b": 3.0,
    "std_r": 3.0,
    "std_g": 3.0,
    "std_b": 3.0,
    "entropy": 0.2,
}
"""By how much two pictures may differ in each trait; their aspect ratios by a tenth besides."""
_RATIO: Final = 0.1
_ROTATIONS: Final = (0, 13, 26, 39, 52)
_NEXT: Final = 16

_Hashes = NDArray[np.uint64]
_Traits = NDArray[np.float32]


def near_groups(hashes: _Hashes, traits: _Traits) -> Ints:
    """Group near-duplicates by single linkage.

    Args:
        hashes: Perceptual hashes, shape (n,).
        traits: Shape (n, d), each in units of its tolerance (`traits_of`).

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


def traits_of(table: pl.DataFrame) -> _Traits:
    """Return the traits of decoded pictures, each in units of its tolerance.

    Args:
        table: Columns `width`, `height` and those of `TOLERANCES`, without nulls.
    """
    ratio = (pl.col("width") / pl.col("height")).log() / _RATIO
    scaled = [pl.col(name) / limit for name, limit in TOLERANCES.items()]
    return table.select(*scaled, ratio.alias("ratio")).cast(pl.Float32).to_numpy()


def _rotated(hashes: _Hashes, bits: int) -> _Hashes:
    if not bits:
        return hashes
    rotated: _Hashes = (hashes << np.uint64(bits)) | (hashes >> np.uint64(64 - bits))
    return rotated


def _near(hashes: _Hashes, traits: _Traits, one: Ints, other: Ints) -> Bools:
    near: Bools = _popcount(hashes[one] ^ hashes[other]) <= RADIUS
    # Few pairs get this far.
    pairs = np.flatnonzero(near)
    near[pairs] = (np.abs(traits[one[pairs]] - traits[other[pairs]]) <= 1).all(1)
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
