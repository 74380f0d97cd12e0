"""`Scores`: one number per sample, higher = more suspicious."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One number per sample.

    Law: permuting the samples permutes the scores.

    Attributes:
        ids: Sample ids, n of them.
        values: Shape (n,), float64; higher = more suspicious.
        null: What the numbers were calibrated on, in one sentence.
    """

    ids: Sequence[str]
    values: NDArray[np.float64]
    null: str

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.ids),):
            raise ValueError(f"{len(self.ids)} ids, but scores of shape {self.values.shape}")

    def ranked(self) -> list[str]:
        """Return the ids, most suspicious first; ties in the order of the ids."""
        return [self.ids[i] for i in np.lexsort((np.asarray(self.ids), -self.values))]
