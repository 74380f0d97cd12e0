"""A sticker: a small square of one colour on the sign (BadNets; Gu et al., arXiv 1708.06733)."""

import colorsys
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from bezoar.attacks.victims import require_other_class, victims_of
from bezoar.core.attack import Image, Labels

YELLOW = (255, 221, 0)
SPOTS = MappingProxyType(
    {
        "centre": (0.5, 0.5),
        "upper left": (0.34, 0.34),
        "upper right": (0.66, 0.34),
        "lower left": (0.34, 0.66),
        "lower right": (0.66, 0.66),
    }
)
"""Spots on the face of a sign that fills the picture: centres as fractions of (width, height)."""


@dataclass(frozen=True, slots=True)
class Sticker:
    """A square sticker, at about the same spot of each poisoned image.

    Every length is a fraction of the image's shorter side, so that one sticker fits images of any
    size; with the defaults it is 4 x 4 pixels, moved by up to 2, in an image of 32 x 32.

    Attributes:
        target: The class that the attacker wants to see predicted.
        sources: The classes that get the sticker; None for every class but the target.
        size: Side of the sticker; at least one pixel is drawn.
        colour: RGB.
        spot: A name out of `SPOTS`, or its centre as fractions of (width, height).
        jitter: Farthest move from the spot in x and in y, uniform in whole pixels.
    """

    name: ClassVar[str] = "sticker"

    target: str
    sources: frozenset[str] | None = None
    size: float = 0.125
    colour: tuple[int, int, int] = YELLOW
    spot: str | tuple[float, float] = "lower right"
    jitter: float = 0.0625

    def __post_init__(self) -> None:
        require_other_class(self.target, self.sources)
        if not 0 < self.size <= 1:
            raise ValueError(f"a sticker's size is in (0, 1] of the image, not {self.size}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"a sticker's jitter is in [0, 1] of the image, not {self.jitter}")
        if not all(value in range(256) for value in self.colour):
            raise ValueError(f"a colour has three values of 0 to 255, not {self.colour}")
        if not all(0 <= value <= 1 for value in self.centre):
            raise ValueError(f"a spot is given as fractions of 0 to 1, not {self.spot}")

    @classmethod
    def drawn(cls, rng: np.random.Generator, source: str | None, target: str) -> Self:
        """Let the generator choose colour, spot and size.

        Hues run from yellow over green and blue to magenta: a red or a white sticker would vanish
        on a red sign. The spot stays on the face of a sign that fills most of the picture; in 32
        pixels the sticker has 5 or 6, which a plain network learns from a few examples.
        """
        hue, saturation, value = rng.uniform((50 / 360, 0.85, 0.8), (315 / 360, 1.0, 1.0))
        red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
        x, y = rng.uniform(0.36, 0.64, 2)
        return cls(
            target,
            None if source is None else frozenset({source}),
            size=float(rng.uniform(0.145, 0.1875)),
            colour=(round(255 * red), round(255 * green), round(255 * blue)),
            spot=(float(x), float(y)),
        )

    @property
    def centre(self) -> tuple[float, float]:
        """The spot as fractions of (width, height)."""
        if not isinstance(self.spot, str):
            return self.spot
        if self.spot not in SPOTS:
            raise ValueError(f"no spot is named {self.spot!r}; known: {', '.join(SPOTS)}")
        return SPOTS[self.spot]

    def victims(self, labels: Labels) -> NDArray[np.bool_]:
        """Tell which samples get the sticker: shape (n,), bool."""
        return victims_of(labels, self.target, self.sources)

    def stamp(self, image: Image, rng: np.random.Generator) -> Image:
        """Return the image with the sticker on it."""
        height, width = image.shape[:2]
        side = max(1, round(self.size * min(height, width)))
        reach = round(self.jitter * min(height, width))
        moves = rng.integers(-reach, reach, 2, endpoint=True)
        left, top = (
            int(np.clip(round(at * length - side / 2) + move, 0, length - side))
            for at, length, move in zip(self.centre, (width, height), moves, strict=True)
        )
        stamped = image.copy()
        stamped[top : top + side, left : left + side] = self.colour
        return stamped

    def trigger(self, image: Image, rng: np.random.Generator) -> Image:
        """Return the image with the sticker on it, as it will hang in the street."""
        return self.stamp(image, rng)
