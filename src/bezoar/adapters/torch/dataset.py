"""A torch `Dataset` whose samples are verified when they are read, by whoever hands them in."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from bezoar.core.manifest import Entry

Pixels = NDArray[np.uint8]
Transform = Callable[[Pixels], Any]


class VerifiedDataset(Dataset[tuple[Any, int]]):
    """Images with their classes.

    It holds names and digests only, so that each worker of a `DataLoader` gets its own copy.

    Attributes:
        samples: Path, digest and label of each.
        classes: The labels, sorted; a sample's target is the place of its label among them.
    """

    def __init__(
        self,
        samples: Sequence[Entry],
        read: Callable[[str], Pixels],
        transform: Transform | None = None,
    ) -> None:
        """Begin; nothing is read yet.

        Args:
            samples: What there is.
            read: Returns verified pixels of a sample, by its path.
            transform: What is done to them; by default they become a tensor.
        """
        self.samples = samples
        self.classes = sorted({sample.label or "" for sample in samples})
        self._numbers = {name: number for number, name in enumerate(self.classes)}
        self._read, self._transform = read, transform or as_tensor

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        sample = self.samples[index]
        return self._transform(self._read(sample.path)), self._numbers[sample.label or ""]


def as_tensor(pixels: Pixels) -> torch.Tensor:
    """Return pixels of shape (height, width, 3) as a tensor of shape (3, height, width), uint8."""
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)
