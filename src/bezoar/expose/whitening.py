"""Trust-initialised whitening: the group of a class that stands out together.

A class's mean and covariance are estimated from the half of its samples that agree best with
their label, so that poison does not hide in the estimate (the robust step of SPECTRE, Hayase
et al., ICML 2021, arXiv:2104.11315, initialised by trust in place of filtering). In that
whitened space the samples that stand out *and* disagree with their label seed a direction,
which then gathers its group.
"""

from dataclasses import dataclass

import numpy as np

from bezoar.core.arrays import Bools, Floats, Ints

_TRUSTED = 0.5  # share of a class that initialises its estimate
_POOLED = 0.5  # weight of the covariance pooled over all classes
_SHRINKAGE = 0.02
_ENTROPY = 4.0  # alpha of the quantum entropy score
_SEEDS = 0.02  # share of a class that seeds the direction
_ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Standout:
    """The group of a class that stands out together.

    Attributes:
        whitened: Shape (n, d): the class's samples in the space where it is a unit ball.
        members: Shape (n,), bool: which samples lie in the group's direction.
        core: Shape (n,), bool: the members that set the direction.
        separation: Distance of the core's mean from the class's, in standard deviations.
        cohesion: Mean cosine between the core and its mean, at most 1.
        projection: Shape (n,): each sample along the group's direction.
    """

    whitened: Floats
    members: Bools
    core: Bools
    separation: float
    cohesion: float
    projection: Floats

    def among(self, eligible: Bools, possible: Bools) -> "Standout | None":
        """Let only eligible members set the direction, and gather what is possible along it.

        Args:
            eligible: Shape (n,).
            possible: Shape (n,): true wherever `eligible` is.

        Returns:
            The purified group; None where fewer than two of its members are eligible.
        """
        core = self.members & eligible
        for _ in range(_ROUNDS):
            if core.sum() < 2:  # noqa: PLR2004 - one sample is no group
                return None
            direction, length = _direction(self.whitened, core)
            core = (self.whitened @ direction > length / 2) & eligible
        return _group(self.whitened, core, possible) if core.any() else None


def pooled_covariance(features: Floats, labels: Ints, disagreement: Floats) -> Floats:
    """Return the covariance within classes, over the trusted half of each; shape (d, d)."""
    total, count = np.zeros((features.shape[1],) * 2), 0
    for c in np.unique(labels):
        members = np.flatnonzero(labels == c)
        trusted = members[_trusted(disagreement[members])]
        residual = features[trusted] - features[trusted].mean(0)
        total += residual.T @ residual
        count += len(trusted)
    covariance: Floats = total / count
    return covariance


def standout(features: Floats, disagreement: Floats, pooled: Floats) -> Standout | None:
    """Find the group of one class that stands out together.

    Args:
        features: Shape (n, d): the features of the class's samples.
        disagreement: Shape (n,): higher = disagrees more with the label.
        pooled: Shape (d, d): what `pooled_covariance` returned.

    Returns:
        The group, or None where no sample disagrees more than the median one.
    """
    z = _whitened(features, disagreement, pooled)
    excess = np.maximum(disagreement - np.median(disagreement), 0)
    score = _entropy_scores(z) * excess
    count = min(max(4, int(len(z) * _SEEDS)), int((score > 0).sum()))
    if count == 0:
        return None
    members = np.zeros(len(z), bool)
    members[np.argsort(-score, kind="stable")[:count]] = True
    for _ in range(_ROUNDS):
        direction, length = _direction(z, members)
        gathered = z @ direction > length / 2
        if not gathered.any():
            break
        members = gathered
    return _group(z, members, np.ones(len(z), bool))


def _group(z: Floats, core: Bools, possible: Bools) -> Standout:
    """Describe the group whose direction the core sets."""
    direction, length = _direction(z, core)
    norms = np.linalg.norm(z[core], axis=1)
    cohesion = float((z[core] @ direction / np.maximum(norms, 1e-12)).mean())
    projection = z @ direction
    members = core | ((projection > length / 2) & possible)
    return Standout(z, members, core, length, cohesion, projection)


def _trusted(disagreement: Floats) -> Ints:
    count = max(2, int(len(disagreement) * _TRUSTED))
    return np.argsort(disagreement, kind="stable")[:count]


def _whitened(features: Floats, disagreement: Floats, pooled: Floats) -> Floats:
    trusted = features[_trusted(disagreement)]
    centre = trusted.mean(0)
    residual = trusted - centre
    own = residual.T @ residual / len(residual)
    covariance = (1 - _POOLED) * own + _POOLED * pooled
    d = len(covariance)
    covariance += _SHRINKAGE * max(np.trace(covariance) / d, 1e-12) * np.eye(d)
    values, axes = np.linalg.eigh(covariance)
    z: Floats = (features - centre) @ (axes / np.sqrt(values))
    return z


def _entropy_scores(z: Floats) -> Floats:
    """Return the quantum entropy scores of Dong, Hopkins and Li (NeurIPS 2019), shape (n,)."""
    covariance = z.T @ z / len(z)
    values, axes = np.linalg.eigh(covariance)
    exponent = _ENTROPY * (values - values[-1]) / max(values[-1] - 1, 1e-9)
    weights = np.exp(np.maximum(exponent, -700))
    scores: Floats = (z @ axes) ** 2 @ (weights / weights.sum())
    return scores


def _direction(z: Floats, members: Bools) -> tuple[Floats, float]:
    mean = z[members].mean(0)
    length = float(np.linalg.norm(mean))
    return mean / max(length, 1e-12), length
