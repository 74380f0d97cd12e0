"""One suspicion score per sample."""

import numpy as np

from bezoar.core.arrays import Bools, Floats
from bezoar.expose.evidence import Evidence

FLAGGED = 10.0
"""Added to the score of a flagged sample: all of them come before any other."""


def suspicion(evidence: Evidence, flagged: Bools) -> Floats:
    """Score each sample by how rare its disagreement is.

    The score is `-log10` of the share of samples whose margin is at least as large, so that 3
    means one in a thousand; flagged samples get `FLAGGED` more.

    Args:
        evidence: n samples.
        flagged: Shape (n,).

    Returns:
        Shape (n,), at least 0; higher = more suspicious.
    """
    margin = evidence.margins.value
    ascending = np.sort(margin)
    at_least = len(margin) - np.searchsorted(ascending, margin, side="left")
    scores: Floats = -np.log10(at_least / len(margin)) + FLAGGED * flagged
    return scores
