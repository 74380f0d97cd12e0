"""What a team would have trained on the data, and what the attacker makes of that model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

import bezoar
from bezoar.core.attack import Attack
from bezoar.core.errors import BezoarError
from bezoar.exercise.record import Progress
from bezoar.exercise.red_team import triggered

SIDE = 32
_IMAGES, _FEWEST = 50_000, 5


class Model(Protocol):
    """What was trained."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the class of each image, shape (n,)."""
        ...


Trainer = Callable[..., Model]
"""Called as `bezoar.train_classifier`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a trained model does.

    Attributes:
        accuracy: Share of clean test samples that it names rightly.
        attack_success: Share of the victims that it takes for the target.
        victims: How many test samples were shown with the trigger.
    """

    accuracy: float
    attack_success: float
    victims: int


def train_and_measure(
    data: Path,
    *,
    test: Path,
    attack: Attack,
    seed: int,
    train: Trainer,
    progress: Progress | None = None,
) -> Measured:
    """Train a plain model and show it the test set, with and without the trigger.

    Args:
        data: What it learns from.
        test: Clean samples of the same classes.
        attack: What the poison was made by. Samples of the target class never count.
        seed: Everything random is drawn from it.
        train: How it is trained.
        progress: Called with (steps done, steps in all).

    Raises:
        BezoarError: If nothing is left to train on or to test with.
    """
    learned, held_out = (
        bezoar.load_images(bezoar.open_dataset(path), SIDE) for path in (data, test)
    )
    shown = bezoar.load_images(triggered(bezoar.open_dataset(test), attack, seed), SIDE)
    classes: list[str] = sorted(
        {attack.target, *learned.labels.tolist(), *held_out.labels.tolist()}
    )
    if len(learned) < 2 or not len(shown):  # noqa: PLR2004 - no network learns from one picture
        raise BezoarError(f"too little can be read in {data} or {test}", next=f"ls {data} {test}")
    model = train(
        learned.images,
        _numbers(learned.labels, classes),
        len(classes),
        seed=seed,
        epochs=epochs_for(len(learned)),
        progress=progress,
    )
    right = model.predict(held_out.images) == _numbers(held_out.labels, classes)
    fooled = model.predict(shown.images) == classes.index(attack.target)
    return Measured(float(np.mean(right)), float(np.mean(fooled)), len(shown))


def epochs_for(samples: int) -> int:
    """Return how many passes a model makes: about 50,000 images' worth, 5 at least.

    Enough to learn drawn signs, and the poison with them.
    """
    return max(_FEWEST, round(_IMAGES / samples))


def _numbers(labels: NDArray[np.str_], classes: Sequence[str]) -> NDArray[np.int64]:
    return np.searchsorted(np.array(classes), labels).astype(np.int64)
