"""Exclusion: which samples to judge by a network that never saw them.

At high poison rates the proxy learns the poison along with the class. If the poisoned samples
of a class form a cluster, holding whole clusters out of every class and training on the rest
gives a judge that cannot have learned it.
"""

from dataclasses import dataclass

import numpy as np

from bezoar.adapters.sklearn import k_means
from bezoar.core.arrays import Bools, Floats, Ints

_COMPONENTS = 10
_SMALLEST = 12  # smaller classes are not split
_RIDGE = 0.02


@dataclass(frozen=True, slots=True)
class Variant:
    """How each class is split.

    Attributes:
        clusters: How many clusters.
        whitened: Whether features are whitened by the pooled within-class covariance first.
        keep_largest: Hold out all but the largest cluster; otherwise hold out the smallest one.
    """

    clusters: int
    whitened: bool
    keep_largest: bool


# The first gives the stronger judge (it keeps about 60 % of the data), the second the surer
# exclusion: where the poison is the larger half of a class, only it holds the poison out.
VARIANTS = (
    Variant(clusters=2, whitened=False, keep_largest=False),
    Variant(clusters=4, whitened=True, keep_largest=True),
)


def excluded(features: Floats, labels: Ints, classes: int, variant: Variant, seed: int) -> Bools:
    """Choose the samples to hold out, shape (n,).

    Args:
        features: Shape (n, d).
        labels: Shape (n,), in [0, classes).
        classes: Number of classes.
        variant: How each class is split.
        seed: Decides the clustering.
    """
    if variant.whitened:
        features = _whitened_within_classes(features, labels, classes)
    out = np.zeros(len(labels), bool)
    for c in range(classes):
        members = np.flatnonzero(labels == c)
        if len(members) < _SMALLEST:
            continue
        cluster = k_means(_components(features[members]), variant.clusters, seed)
        sizes = np.bincount(cluster, minlength=variant.clusters)
        chosen = cluster != sizes.argmax() if variant.keep_largest else cluster == sizes.argmin()
        out[members] = chosen
    return out


def _components(points: Floats) -> Floats:
    """Project points on their first principal components."""
    centred = points - points.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    projected: Floats = centred @ axes[:_COMPONENTS].T
    return projected


def _whitened_within_classes(features: Floats, labels: Ints, classes: int) -> Floats:
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    sums = np.zeros((classes, features.shape[1]))
    np.add.at(sums, labels, features)
    residual = features - (sums / counts[:, None])[labels]
    covariance = residual.T @ residual / len(residual)
    ridge = _RIDGE * np.trace(covariance) / len(covariance)
    values, axes = np.linalg.eigh(covariance + (ridge + 1e-12) * np.eye(len(covariance)))
    whitened: Floats = features @ (axes / np.sqrt(values))
    return whitened
