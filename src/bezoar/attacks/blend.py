"""A blend: one faint picture over the whole image (Chen et al., arXiv 1712.05526)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from bezoar.attacks.victims import require_other_class, victims_of
from bezoar.core.attack import Image, Labels

PATTERN_SIDE = 32
"""Side of the pattern in pixels before it is resized to an image."""


@dataclass(frozen=True, slots=True)
class Blend:
    """The same noise picture, blended into each poisoned image.

    Attributes:
        target: The class that the attacker wants to see predicted.
        sources: The classes that are blended; None for every class but the target.
        alpha: Weight of the pattern; the image keeps 1 - alpha.
        pattern_seed: Which pattern.
    """

    name: ClassVar[str] = "blend"

    target: str
    sources: frozenset[str] | None = None
    alpha: float = 0.15
    pattern_seed: int = 0

    def __post_init__(self) -> None:
        require_other_class(self.target, self.sources)
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha is in (0, 1], not {self.alpha}")

    @classmethod
    def drawn(cls, rng: np.random.Generator, source: str | None, target: str) -> Self:
        """Let the generator choose the pattern and, from 0.1 to 0.2, its weight."""
        return cls(
            target,
            None if source is None else frozenset({source}),
            alpha=float(rng.uniform(0.1, 0.2)),
            pattern_seed=int(rng.integers(2**31)),
        )

    def victims(self, labels: Labels) -> NDArray[np.bool_]:
        """Tell which samples are blended: shape (n,), bool."""
        return victims_of(labels, self.target, self.sources)

    def stamp(self, image: Image, rng: np.random.Generator) -> Image:  # noqa: ARG002 - nothing is random here
        """Return the image with the pattern blended in."""
        height, width = image.shape[:2]
        mixed = (1 - self.alpha) * image + self.alpha * _pattern(self.pattern_seed, height, width)
        return np.rint(mixed).astype(np.uint8)

    def trigger(self, image: Image, rng: np.random.Generator) -> Image:
        """Return the image with the pattern blended in."""
        return self.stamp(image, rng)


@lru_cache(maxsize=64)
def _pattern(seed: int, height: int, width: int) -> NDArray[np.float32]:
    """Return the pattern as float32 of shape (height, width, 3), 0 to 255."""
    from PIL import Image as Pictures  # noqa: PLC0415 - only this attack needs it

    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (PATTERN_SIDE, PATTERN_SIDE, 3), np.uint8)
    resized = Pictures.fromarray(noise).resize((width, height), Pictures.Resampling.BICUBIC)
    pattern = np.asarray(resized, np.float32)
    pattern.flags.writeable = False
    return pattern
