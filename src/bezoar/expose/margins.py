"""How far a network disagrees with a label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bezoar.core.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """How far each of n samples disagrees with its own label.

    Attributes:
        value: Shape (n,): log p(alternative) - log p(label), adjusted for the classes' shares;
            above 0 the network prefers the alternative.
        alternative: Shape (n,): the most probable other class.
    """

    value: Floats
    alternative: Ints

    def larger(self, other: "Margins") -> "Margins":
        """Return, sample by sample, whichever margin is larger."""
        theirs = other.value > self.value
        return Margins(
            np.where(theirs, other.value, self.value),
            np.where(theirs, other.alternative, self.alternative),
        )


def margins(logs: NDArray[np.float32], labels: Ints, shares: Floats) -> Margins:
    """Return the margins of samples.

    Args:
        logs: Shape (n, classes): log probabilities.
        labels: Shape (n,).
        shares: Shape (classes,): the classes' shares in the training set, all above 0. Without
            this adjustment a small class looks like the big one beside it.

    Returns:
        The margins.
    """
    rows = np.arange(len(labels))
    own = logs[rows, labels].astype(np.float64)
    others = logs.copy()
    others[rows, labels] = -np.inf
    alternative = others.argmax(1).astype(np.int64)
    prior = np.log(shares)
    value = others[rows, alternative] - own - (prior[alternative] - prior[labels])
    return Margins(value, alternative)


def class_shares(labels: Ints, classes: int) -> Floats:
    """Return each class's share, shape (classes,); an absent class counts as half a sample."""
    counts = np.maximum(np.bincount(labels, minlength=classes), 0.5)
    shares: Floats = counts / counts.sum()
    return shares
