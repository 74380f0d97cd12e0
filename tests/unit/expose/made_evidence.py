"""Evidence that is made up: classes as Gaussian clouds, poison as a small cloud between two."""

from dataclasses import replace

import numpy as np

from bezoar.expose.evidence import NetworkEvidence
from bezoar.expose.margins import Margins
from bezoar.expose.near_duplicates import thumbnails

SIDE, CLASSES, EACH, DEPTH = 16, 4, 120, 12


def evidence(
    seed: int = 0, poison: int = 0, *, pattern: float = 0.0
) -> tuple[NetworkEvidence, np.ndarray]:
    """Return made-up evidence, and which samples are poison.

    The poison is labelled 1, looks like 0 to the proxy, and shares a direction in feature space;
    with `pattern` it shares a faint noise picture instead and comes from every class.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLASSES), EACH)
    centres = rng.normal(0, 5, (CLASSES, DEPTH))
    features = centres[labels] + rng.normal(0, 1, (len(labels), DEPTH))
    margin = rng.normal(-6, 1.5, len(labels))
    alternative = (labels + rng.integers(1, CLASSES, len(labels))) % CLASSES
    bad = np.zeros(len(labels), bool)
    if poison:
        bad[np.flatnonzero(labels == 1)[:poison]] = True
    images = _pictures(np.where(bad & (pattern == 0), 0, labels), rng)
    if poison:
        margin[bad] = rng.normal(9, 1, poison)
        if pattern:
            images[bad] += pattern * rng.choice([-1, 1], (SIDE, SIDE, 3))
            alternative[bad] = np.resize([0, 2, 3], poison)
        else:
            alternative[bad] = 0
            features[bad] = centres[1] + 12 * _unit(rng) + rng.normal(0, 0.4, (poison, DEPTH))
    images = images.clip(0, 255).astype(np.uint8)
    margins = Margins(margin, alternative.astype(np.int64))
    names = tuple("abcd"[:CLASSES])
    made = NetworkEvidence(
        images, labels.astype(np.int64), names, margins, thumbnails(images), features, (margins,)
    )
    return made, bad


def permuted(made: NetworkEvidence, order: np.ndarray) -> NetworkEvidence:
    """Return the same samples in another order."""
    doubts = tuple(_taken(doubt, order) for doubt in made.doubts)
    return NetworkEvidence(
        made.images[order],
        made.labels[order],
        made.classes,
        _taken(made.margins, order),
        made.thumbs[order],
        made.features[order],
        doubts,
    )


def relabelled(made: NetworkEvidence, new: np.ndarray) -> NetworkEvidence:
    """Return the same samples with class k called new[k]."""
    margins = Margins(made.margins.value, new[made.margins.alternative])
    return replace(made, labels=new[made.labels], margins=margins, doubts=(margins,))


def _pictures(shows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw what each sample shows: its class's coarse picture under coarse and fine noise."""
    faces = rng.integers(60, 196, (CLASSES, 8, 8, 3))
    coarse = faces[shows] + rng.normal(0, 40, (len(shows), 8, 8, 3))
    fine = rng.normal(0, 25, (len(shows), SIDE, SIDE, 3))
    return coarse.repeat(SIDE // 8, 1).repeat(SIDE // 8, 2) + fine


def _taken(margins: Margins, rows: np.ndarray) -> Margins:
    return Margins(margins.value[rows], margins.alternative[rows])


def _unit(rng: np.random.Generator) -> np.ndarray:
    direction = rng.normal(size=DEPTH)
    return direction / np.linalg.norm(direction)
