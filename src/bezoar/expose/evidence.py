"""What every detector looks at, whoever judged the samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bezoar.core.arrays import Floats, Images, Ints
from bezoar.expose.margins import Margins

Progress = Callable[[int, int], None]
"""Called with (done, in all)."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What every detector looks at; n samples.

    Attributes:
        images: Shape (n, h, w, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: The labels as written in the data.
        margins: How far each sample disagrees with its label, in the eyes of the judge.
        thumbs: Shape (n, 192): what near-duplicates are told by.
    """

    images: Images
    labels: Ints
    classes: tuple[str, ...]
    margins: Margins
    thumbs: Floats


@dataclass(frozen=True, slots=True, eq=False)
class NetworkEvidence(Evidence):
    """What a blind proxy and its judges say.

    Attributes:
        features: Shape (n, d): penultimate activations of the blind proxy.
        doubts: The margins again, each time the larger of the proxy's and of those by a judge
            that was trained without the sample. Just the proxy's own where it was trained on a
            trusted reference, because then it saw none of the samples.
    """

    features: Floats
    doubts: tuple[Margins, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ShapeEvidence(Evidence):
    """What a discriminant of outlines says.

    Attributes:
        placed: Shape (n, d): the samples in the space in which every class is a unit ball.
        centres: Shape (classes, d): the classes' means there; nan for an absent class.
        distances: Shape (n, classes): squared distances to them.
        depths: Shape (classes, classes): `depths[c, a]` is how much nearer to `a` than to `c` all
            but a tenth of class `a`'s own samples are, as half the difference of the squared
            distances; small where the classes look alike, -inf where nothing is known.
    """

    placed: NDArray[np.float32]
    centres: NDArray[np.float32]
    distances: Floats
    depths: Floats
