"""Which class explains a group of pictures better: the one it is labelled as, or another?

A stop sign with a sticker is still, pixel for pixel, best rebuilt from stop signs. An honest
oddity of a class is rebuilt as well from its own class. No network has a say in this, so that
it fails for other reasons than the networks do.
"""

import numpy as np

from bezoar.core.arrays import Floats, Ints
from bezoar.expose.near_duplicates import picked

_NEIGHBOURS = 8
_RIDGE = 0.05
_MOST = 800  # pictures of a class that are enough to rebuild from
_JUDGED = 400  # pictures of a group that are enough to judge it by
_NOISE = 4.0  # grey levels: a flat picture must not have its noise blown up


def kinship(thumbs: Floats, component: Ints, own: Floats, other: Floats) -> float:
    """Return how much better `other` explains the group than `own` does.

    Args:
        thumbs: Shape (n, d): the group's thumbnails, centred.
        component: Shape (n,): their near-duplicate components; each counts once.
        own: Shape (m, d): further samples with the group's label.
        other: Shape (k, d): samples of the class that it resembles.

    Returns:
        Mean log ratio of the two rebuilding errors; above 0 speaks for `other`. 0 where either
        class holds fewer than eight samples.
    """
    size = min(len(own), len(other), _MOST)
    if size < _NEIGHBOURS:
        return 0.0
    judged = picked(thumbs, _JUDGED)
    group, component = _standardised(thumbs[judged]), component[judged]
    # As many of either class: a larger one explains more by its size alone.
    known = [_standardised(some[picked(some, size)]) for some in (own, other)]
    ratio = np.log(_errors(group, known[0]) / _errors(group, known[1]))
    return float(np.mean([ratio[component == c].mean() for c in np.unique(component)]))


def _standardised(thumbs: Floats) -> Floats:
    """Take out brightness and contrast."""
    contrast: Floats = thumbs / (thumbs.std(1, keepdims=True) + _NOISE)
    return contrast


def _errors(group: Floats, known: Floats) -> Floats:
    """Rebuild each thumbnail from its nearest known ones; return the errors, shape (n,).

    The weights are those of locally linear embedding (Saul and Roweis, JMLR 4, 2003, eq. 2).
    """
    squared = (known**2).sum(1)
    errors = np.empty(len(group))
    for i, thumb in enumerate(group):
        nearest = np.argsort(squared - 2 * known @ thumb, kind="stable")[:_NEIGHBOURS]
        gap = known[nearest] - thumb
        gram = gap @ gap.T
        gram += (_RIDGE * np.trace(gram) + 1e-9) * np.eye(len(gram))
        weights = np.linalg.solve(gram, np.ones(len(gram)))
        errors[i] = np.linalg.norm(weights / weights.sum() @ gap)
    return np.maximum(errors, 1e-6)
