"""`Attack`: a way to poison a data set."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""
Labels = NDArray[np.str_]
"""Shape (n,): the class of each sample."""
UNTARGETED = ""
"""The target of an attack that is content with any wrong class."""


class Attack(Protocol):
    """A way to poison.

    Laws: the same generator state gives the same result; an image that is passed in is never
    changed in place.
    """

    @property
    def name(self) -> str:
        """Its name on the command line."""
        ...

    @property
    def target(self) -> str:
        """The class that the attacker wants to see predicted; `UNTARGETED` if any will do."""
        ...

    def victims(self, labels: Labels) -> NDArray[np.bool_]:
        """Tell which samples the attack aims at; those of the target class never count.

        Returns:
            Shape (n,), bool.
        """
        ...

    def stamp(self, image: Image, rng: np.random.Generator) -> Image:
        """Return the image as it is slipped into the training set, with a label that lies."""
        ...

    def trigger(self, image: Image, rng: np.random.Generator) -> Image:
        """Return the image as the attacker shows it to the trained model."""
        ...
