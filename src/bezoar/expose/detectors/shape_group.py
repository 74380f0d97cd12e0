"""Samples of one class whose outlines are those of one other class."""

import numpy as np
from numpy.typing import NDArray

from bezoar.core.arrays import Bools, Floats, Ints
from bezoar.expose.detectors.alarm import Alarm, NotApplicableError
from bezoar.expose.detectors.group import RULE
from bezoar.expose.evidence import ShapeEvidence
from bezoar.expose.near_duplicates import components, picked

_FEWEST = 3  # distinct pictures
_CLEAR = 40.0  # classes this deep apart are not mistaken for one another
_LEAST = 10.0  # classes nearer than this are: nothing can be told apart
_ROUNDS = 4
_DOUBTFUL = 0.15  # this far beyond the middle, in typical members, a sample is still one of them
_MOST_LINKED = 2000  # near-duplicates are linked pair by pair


class ShapeGroupDetector:
    """A statistic per pair of classes: how many pictures of one belong to the other, and together.

    Of the samples that carry one label and lie nearest to another class, each distinct picture
    counts by how deep in that class it lies, up to 1 where the class's own samples lie. What they
    share beside looking like it (a trigger, of which the discriminant knows nothing) is their
    coherence: how much longer their mean displacement is than that of as many independent ones.
    The statistic is the product, and counts in full only for classes that are not easily mistaken
    for one another.
    """

    rule = RULE
    exact = True
    threshold = 6.5
    candidate = 2.0

    def alarms(self, evidence: ShapeEvidence) -> list[Alarm]:
        """See `Detector`."""
        if len(np.unique(evidence.labels)) < 2:  # noqa: PLR2004 - there is no other class
            raise NotApplicableError("it compares classes, and there is only one")
        if not np.isfinite(evidence.placed).all():
            raise NotApplicableError("the features are not all finite numbers")
        strongest: dict[int, Alarm] = {}
        for label, other, rows in _strangers(evidence):
            statistic = _statistic(evidence, label, other, rows)
            best = strongest.get(label)
            if statistic >= self.candidate and (best is None or statistic > best.statistic):
                strongest[label] = _alarm(evidence, label, other, rows, statistic)
        return sorted(strongest.values(), key=lambda alarm: -alarm.statistic)


def _strangers(evidence: ShapeEvidence) -> list[tuple[int, int, Ints]]:
    """Return label, nearest class and rows of the samples that lie nearest to another class."""
    nearest = evidence.distances.argmin(1)
    away = np.flatnonzero(nearest != evidence.labels)
    pairs = np.stack([evidence.labels[away], nearest[away]], 1)
    found = []
    for label, other in np.unique(pairs, axis=0):
        rows = away[(pairs == (label, other)).all(1)]
        if len(rows) >= _FEWEST and evidence.depths[label, other] >= _LEAST:
            found.append((int(label), int(other), rows))
    return found


def _statistic(evidence: ShapeEvidence, label: int, other: int, rows: Ints) -> float:
    rows = rows[picked(evidence.thumbs[rows], _MOST_LINKED)]
    picture = components(evidence.thumbs[rows])
    if len(np.unique(picture)) < _FEWEST:
        return 0.0
    depth = evidence.depths[label, other]
    nearer = (evidence.distances[rows, label] - evidence.distances[rows, other]) / 2
    deep = _by_picture(np.clip(nearer / depth, 0, 1)[:, None], picture).sum()
    coherence = _coherence(_by_picture(_aside(evidence, label, other, rows), picture))
    return float(deep * coherence * min(depth / _CLEAR, 1.0) ** 2)


def _by_picture(values: Floats, picture: Ints) -> Floats:
    """Average over the near-duplicates of each picture."""
    means: Floats = np.stack([values[picture == one].mean(0) for one in np.unique(picture)])
    return means


def _aside(evidence: ShapeEvidence, label: int, other: int, rows: Ints) -> Floats:
    """Return how samples differ from the class they look like, but for the way to their label."""
    away = (evidence.placed[rows] - evidence.centres[other]).astype(np.float64)
    axis = (evidence.centres[label] - evidence.centres[other]).astype(np.float64)
    axis /= max(float(np.linalg.norm(axis)), 1e-12)
    aside: Floats = away - np.outer(away @ axis, axis)
    return aside


def _coherence(displacements: Floats) -> float:
    """Return 1 for independent displacements, up to their number for equal ones."""
    mean = float((displacements.mean(0) ** 2).sum())
    each = float((displacements**2).sum(1).mean())
    return len(displacements) * mean / max(each, 1e-12)


def _alarm(evidence: ShapeEvidence, label: int, other: int, rows: Ints, statistic: float) -> Alarm:
    inside = np.flatnonzero(evidence.labels == label)
    members, nearer = _gathered(evidence, inside, other, np.isin(inside, rows))
    mask, strength = np.zeros(len(evidence.labels), bool), np.zeros(len(evidence.labels))
    mask[inside[members]], strength[inside] = True, nearer
    return Alarm(label, other, mask, strength, statistic)


def _gathered(
    evidence: ShapeEvidence, inside: Ints, other: int, members: Bools
) -> tuple[Bools, Floats]:
    """Gather a class's samples around the group until none is nearer to it than to the rest.

    Blurred pictures of the group may be far from the class it looks like; they still share its
    trigger, and so lie near the group's own mean.

    Returns:
        The members, and how much nearer to the group each sample of the class is; shape (m,).
    """
    placed = evidence.placed[inside]
    to_other = _squared(placed - evidence.centres[other])
    nearer = np.zeros(len(inside))
    for _ in range(_ROUNDS):
        count = int(members.sum())
        if not 1 < count < len(inside):
            break
        to_rest = _squared(placed - placed[~members].mean(0))
        to_group = _squared(placed - placed[members].mean(0))
        to_group[members] *= (count / (count - 1)) ** 2  # its own share in the mean taken out
        nearer = to_rest - np.minimum(to_group, to_other)
        gathered = nearer > 0
        if (gathered == members).all():
            break
        members = gathered
    if members.any():
        members = members | (nearer > -_DOUBTFUL * np.median(nearer[members]))
    return members, nearer


def _squared(vectors: NDArray[np.float32]) -> Floats:
    squared: Floats = (vectors**2).sum(1, dtype=np.float64)
    return squared
