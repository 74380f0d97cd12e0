"""Label flips: the picture stays as it is, its label lies."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from bezoar.attacks.victims import require_other_class, victims_of
from bezoar.core.attack import UNTARGETED, Image, Labels


@dataclass(frozen=True, slots=True)
class LabelFlip:
    """Samples of the sources are labelled as the target.

    Attributes:
        target: The label that they get; `UNTARGETED` gives each one a random other class.
        sources: The classes that are flipped; None for every class but the target.
    """

    name: ClassVar[str] = "label-flip"

    target: str = UNTARGETED
    sources: frozenset[str] | None = None

    def __post_init__(self) -> None:
        require_other_class(self.target, self.sources)

    @classmethod
    def drawn(cls, rng: np.random.Generator, source: str | None, target: str) -> Self:  # noqa: ARG003 - the same call for every attack; a flip leaves nothing to choose
        """Return the flip from `source` to `target`."""
        return cls(target, None if source is None else frozenset({source}))

    def victims(self, labels: Labels) -> NDArray[np.bool_]:
        """Tell which samples are flipped: shape (n,), bool."""
        return victims_of(labels, self.target, self.sources)

    def stamp(self, image: Image, rng: np.random.Generator) -> Image:  # noqa: ARG002 - nothing is random here
        """Return the image as it is."""
        return image

    def trigger(self, image: Image, rng: np.random.Generator) -> Image:  # noqa: ARG002 - nothing is random here
        """Return the image as it is: the attacker waits for the real thing."""
        return image
