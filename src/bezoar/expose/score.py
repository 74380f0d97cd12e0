"""One suspicion score per sample."""

from collections.abc import Sequence

import numpy as np

from bezoar.core.arrays import Bools, Floats
from bezoar.core.scores import Scores
from bezoar.expose.evidence import Evidence

FLAGGED = 10.0
"""Added to the score of a flagged sample: all of them come before any other."""


NULL = "-log10 of the share of this set's samples that disagree at least as much; flagged: +10"


def suspicion(ids: Sequence[str], evidence: Evidence, flagged: Bools) -> Scores:
    """Score each sample by how rare its disagreement is.

    The score is `-log10` of the share of samples whose margin is at least as large, so that 3
    means one in a thousand; flagged samples get `FLAGGED` more.

    Args:
        ids: n sample ids.
        evidence: n samples.
        flagged: Shape (n,).

    Returns:
        Scores of at least 0.
    """
    margin = evidence.margins.value
    ascending = np.sort(margin)
    at_least = len(margin) - np.searchsorted(ascending, margin, side="left")
    rarity: Floats = -np.log10(at_least / len(margin)).astype(np.float64)
    values: Floats = rarity + FLAGGED * flagged
    return Scores(ids, values, NULL)
