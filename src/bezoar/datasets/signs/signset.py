"""A set of drawn signs, and the folder that it is written to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.datasets.signs.drawing import draw_sign

FREQUENCIES: Mapping[str, int] = MappingProxyType(
    {
        "Stop": 7,
        "Speed limit 30": 8,
        "Speed limit 50": 9,
        "Speed limit 60": 6,
        "Speed limit 80": 8,
        "Speed limit 100": 6,
        "Speed limit 120": 5,
        "Yield": 8,
        "No entry": 6,
        "Priority road": 8,
        "Keep right": 7,
        "Ahead only": 5,
        "Roundabout": 4,
        "Caution": 5,
        "No overtaking": 5,
        "No stopping": 3,
    }
)
"""How many of a hundred signs are of each class."""
_ORDER, _PICTURE = range(2)


@dataclass(frozen=True, slots=True, eq=False)
class SignSet:
    """Drawn signs.

    Attributes:
        images: Shape (n, size, size, 3), RGB.
        labels: Shape (n,), as "Speed limit 80".
        ids: File names, as "train-00017.png"; they say nothing about the class.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.str_]
    ids: tuple[str, ...]


def draw_signs(
    count: int,
    seed: int,
    split: str = "train",
    size: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> SignSet:
    """Draw traffic signs.

    Every sign has a generator of its own: a longer set begins with the shorter one. Each hundred
    signs hold every class with its frequency.

    Args:
        count: How many.
        seed: The same seed gives the same signs.
        split: Sets of the same seed but another split share no picture.
        size: Side of the pictures in pixels, at least 16.
        progress: Called with (signs drawn, count).

    Raises:
        ValueError: If the count is negative or the size below 16.
    """
    if count < 0 or size < 16:  # noqa: PLR2004 - below, no numeral can be read
        raise ValueError(f"cannot draw {count} signs of {size} pixels")
    family = (seed, *split.encode())
    labels = _labels(count, family)
    images = np.empty((count, size, size, 3), np.uint8)
    for index, label in enumerate(labels):
        images[index] = draw_sign(str(label), size, _generator(family, _PICTURE, index))
        if progress:
            progress(index + 1, count)
    return SignSet(images, labels, tuple(f"{split}-{i:05d}.png" for i in range(count)))


def write_folder(signs: SignSet, path: Path) -> None:
    """Write a folder with one sub-folder of PNG files for each class.

    Args:
        signs: What is written; its labels and ids become names.
        path: The folder; made if it is missing.

    Raises:
        ValueError: If a label or an id is no plain file name.
        FileExistsError: If a picture is there already; nothing is overwritten.
        OSError: If the folder cannot be written.
    """
    for name in {*signs.labels.tolist(), *signs.ids}:
        if name in {"", ".", ".."} or any(mark in name for mark in "/\\\0"):
            raise ValueError(f"not a plain file name: {name!r}")
    for label in np.unique(signs.labels):
        (path / label).mkdir(parents=True, exist_ok=True)
    for image, label, name in zip(signs.images, signs.labels, signs.ids, strict=True):
        with (path / label / name).open("xb") as file:
            Image.fromarray(image).save(file, "PNG")


def _generator(family: tuple[int, ...], purpose: int, index: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(family, spawn_key=(purpose, index)))


def _labels(count: int, family: tuple[int, ...]) -> NDArray[np.str_]:
    """Deal the classes from shuffled decks of a hundred."""
    deck = np.repeat(list(FREQUENCIES), list(FREQUENCIES.values()))
    decks = [
        _generator(family, _ORDER, number).permutation(deck)
        for number in range(-(-count // len(deck)))
    ]
    return np.concatenate([deck[:0], *decks])[:count]
