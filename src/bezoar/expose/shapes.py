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
    images: Images,
    labels: Ints,
    classes: tuple[str, ...],
    view: View,
    reference: tuple[Images, Ints] | None = None,
) -> ShapeEvidence:
    """Fit the discriminant on the samples themselves and judge them by it.

    A trusted reference sets the first fit alone, and none of it is ever left out: of the samples,
    only what agrees with it teaches the judge.

    Args:
        images: Shape (n, side, side, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: At least two; those of the reference, too.
        view: How to look at outlines.
        reference: Images and labels that are trusted; it need not hold every class.
    """
    thumbs = thumbnails(images)
    features = outlines(images, thumbs, view)
    everything, all_labels, trusted = features, labels, None
    if reference is not None:
        old, old_labels = reference
        everything = np.concatenate([outlines(old, thumbnails(old), view), features])
        all_labels = np.concatenate([old_labels, labels])
        trusted = np.arange(len(all_labels)) < len(old_labels)
    judge, kept = fit_trimmed(everything, all_labels, len(classes), trusted)
    placed = judge.placed(everything)
    distances = judge.distances(placed)
    depths = _depths(distances[kept], all_labels[kept])
    placed, distances = placed[-len(labels) :], distances[-len(labels) :]
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
