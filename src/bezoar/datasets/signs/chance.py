"""Dice."""

import numpy as np


def happens(rng: np.random.Generator, share: float) -> bool:
    """Return True in that share of the calls, 0 to 1."""
    return bool(rng.random() < share)
