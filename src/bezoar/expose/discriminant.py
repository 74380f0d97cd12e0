"""A linear discriminant that poison cannot bend: fitted coarsely, trimmed, fitted finely.

A discriminant of class means and one shared covariance (Fisher, 1936) has too little freedom to
learn a few odd samples of a class, least of all where the covariance is shrunk strongly. So it is
fitted with strong shrinkage first; the samples that it places in another class are left out, and
the next fit may look closer (trimming as in Hubert and Van Driessen, Computational Statistics and
Data Analysis 45, 2004). What was left out never taught the judge that judges it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bezoar.core.arrays import Bools, Floats, Ints
from bezoar.expose.gradients import Features

_SHRINKAGE = (10.0, 3.0, 1.0, 0.3)  # of one fit after the other, in mean variances
_TRIMMED = 0.25  # largest share of a class that is left out
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Discriminant:
    """Class means in the space in which every class is a unit ball.

    Attributes:
        axes: Shape (d, d): features times these are in that space.
        centres: Shape (classes, d); nan for a class without samples.
    """

    axes: NDArray[np.float32]
    centres: NDArray[np.float32]

    def placed(self, features: Features) -> Features:
        """Return samples in that space, shape (n, d)."""
        placed: Features = features @ self.axes
        return placed

    def distances(self, placed: Features) -> Floats:
        """Return squared distances to the class means, shape (n, classes).

        Args:
            placed: What `placed` returned.

        Returns:
            Infinite for a class without samples.
        """
        known = ~np.isnan(self.centres).any(1)
        distances = np.full((len(placed), len(self.centres)), np.inf)
        centres = self.centres[known]
        squared = (placed**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * placed @ centres.T
        distances[:, known] = np.maximum(squared, _FLOOR)
        return distances


def fit(
    features: Features, labels: Ints, classes: int, shrinkage: float = _SHRINKAGE[-1]
) -> Discriminant:
    """Fit a discriminant.

    Args:
        features: Shape (n, d).
        labels: Shape (n,), in [0, classes).
        classes: How many there are; some may have no sample.
        shrinkage: What is added to the covariance's diagonal, in mean variances.
    """
    d = features.shape[1]
    centres = np.full((classes, d), np.nan, np.float32)
    for label in np.unique(labels):
        centres[label] = features[labels == label].mean(0)
    residual = features - centres[labels]
    covariance = (residual.T @ residual).astype(np.float64) / len(residual)
    ridge = shrinkage * max(float(np.trace(covariance)) / d, _FLOOR)
    values, vectors = np.linalg.eigh(covariance + ridge * np.eye(d))
    axes = (vectors / np.sqrt(values)).astype(np.float32)
    return Discriminant(axes, centres @ axes)


def fit_trimmed(
    features: Features, labels: Ints, classes: int, trusted: Bools | None = None
) -> tuple[Discriminant, Bools]:
    """Fit a discriminant that leaves out what looks like another class.

    Args:
        features: Shape (n, d).
        labels: Shape (n,), in [0, classes).
        classes: How many there are.
        trusted: Shape (n,): what is never left out, and alone sets the first fit; None for nothing.

    Returns:
        The discriminant, and which samples it was fitted on, shape (n,).
    """
    kept = np.ones(len(labels), bool) if trusted is None else trusted
    for shrinkage in _SHRINKAGE[:-1]:
        coarse = fit(features[kept], labels[kept], classes, shrinkage)
        value, _ = doubt(coarse.distances(coarse.placed(features)), labels)
        if trusted is not None:
            value[trusted] = -np.inf
        kept = _without_the_oddest(value, labels)
    return fit(features[kept], labels[kept], classes), kept


def doubt(distances: Floats, labels: Ints) -> tuple[Floats, Ints]:
    """Return how much nearer another class is.

    Args:
        distances: Shape (n, classes), squared.
        labels: Shape (n,).

    Returns:
        Shape (n,): log ratio of the distances to the own class and to the nearest other one, above
        0 where that is nearer; and that other class. A ratio, because what lies far from every
        class is odd, and no evidence for either.
    """
    rows = np.arange(len(labels))
    own, others = distances[rows, labels], distances.copy()
    others[rows, labels] = np.inf
    nearest = others.argmin(1).astype(np.int64)
    other = others[rows, nearest]
    known = np.isfinite(own) & np.isfinite(other)
    value = np.zeros(len(labels))
    value[known] = np.log(own[known] / np.maximum(other[known], _FLOOR))
    return value, nearest


def _without_the_oddest(value: Floats, labels: Ints) -> Bools:
    """Leave out what is nearer to another class, but never most of a class."""
    kept = np.ones(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        oddest = rows[np.argsort(-value[rows], kind="stable")][: int(_TRIMMED * len(rows))]
        kept[oddest[value[oddest] > 0]] = False
    return kept
