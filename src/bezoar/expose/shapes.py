"""Judging by outlines: which class does the shape in a picture belong to?

The judge is a trimmed linear discriminant on histograms of gradients. It has no seed, takes
seconds for twenty thousand pictures, and has too little freedom to learn a trigger along with a
class. It needs classes that differ in shape or coarse colour: what it gets wrong tells whether it
knows them (`held_out_error`).
"""

import numpy as np

from bezoar.core.arrays import Bools, Floats, Images, Ints
from bezoar.expose.discriminant import doubt, fit, fit_trimmed
from bezoar.expose.evidence import ShapeEvidence
from bezoar.expose.gradients import VIEWS, View, outlines
from bezoar.expose.margins import Margins
from bezoar.expose.near_duplicates import thumbnails

_DEEP = 0.1  # quantile of a class's own samples
_ENOUGH = 8  # samples that set it


def gather_shapes(
    images: Images, labels: Ints, classes: tuple[str, ...], view: View
) -> ShapeEvidence:
    """Fit the discriminant on the samples themselves.

    Args:
        images: Shape (n, side, side, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: At least two.
        view: How to look at outlines.
    """
    thumbs = thumbnails(images)
    features = outlines(images, thumbs, view)
    judge, kept = fit_trimmed(features, labels, len(classes))
    placed = judge.placed(features)
    distances = judge.distances(placed)
    return ShapeEvidence(
        images,
        labels,
        classes,
        Margins(*doubt(distances, labels)),
        thumbs,
        placed,
        judge.centres,
        distances,
        _depths(distances[kept], labels[kept]),
    )


def gather_shapes_against(
    reference: tuple[Images, Ints],
    images: Images,
    labels: Ints,
    classes: tuple[str, ...],
    view: View,
) -> ShapeEvidence:
    """Fit the discriminant on a trusted reference alone and judge the samples by it.

    Args:
        reference: Images and labels of the reference; it need not hold every class.
        images: Shape (n, side, side, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: Those of the reference and of the samples.
        view: How to look at outlines.
    """
    known, known_labels = reference
    known_features = outlines(known, thumbnails(known), view)
    judge = fit(known_features, known_labels, len(classes))
    depths = _depths(judge.distances(judge.placed(known_features)), known_labels)
    thumbs = thumbnails(images)
    placed = judge.placed(outlines(images, thumbs, view))
    distances = judge.distances(placed)
    return ShapeEvidence(
        images,
        labels,
        classes,
        Margins(*doubt(distances, labels)),
        thumbs,
        placed,
        judge.centres,
        distances,
        depths,
    )


def held_out_error(images: Images, labels: Ints, classes: int) -> float:
    """Return how many samples outlines place in another class, judged by the other half; 0 to 1.

    Args:
        images: Shape (n, side, side, 3), uint8.
        labels: Shape (n,), in [0, classes).
        classes: How many there are.
    """
    features = outlines(images, thumbnails(images), VIEWS[0])
    learns = np.arange(len(labels)) % 2 == 0
    judge = fit(features[learns], labels[learns], classes)
    nearest = judge.distances(judge.placed(features[~learns])).argmin(1)
    return float((nearest != labels[~learns]).mean())


def _depths(distances: Floats, labels: Ints) -> Floats:
    classes = distances.shape[1]
    depths = np.full((classes, classes), -np.inf)
    for label in np.unique(labels):
        mine: Bools = labels == label
        if mine.sum() < _ENOUGH:
            continue
        present = np.isfinite(distances[0])
        nearer = (distances[mine] - distances[mine, label][:, None]) / 2
        depths[present, label] = np.quantile(nearer[:, present], _DEEP, axis=0)
    np.fill_diagonal(depths, -np.inf)
    return depths
