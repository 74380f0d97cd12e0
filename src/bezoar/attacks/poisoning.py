"""Slipping an attack into a data set, and measuring what a trained model makes of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bezoar.core.attack import UNTARGETED, Attack, Labels

Images = NDArray[np.uint8]
"""Shape (n, height, width, 3), RGB."""
_CHOICE, _TRAINING, _TEST = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Poisoned:
    """A poisoned copy of a data set, and the truth about it.

    Attributes:
        images: Shape (n, height, width, 3).
        labels: Shape (n,).
        rows: The poisoned rows, ascending. Keep them out of what is inspected.
    """

    images: Images
    labels: Labels
    rows: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class AttackSuccess:
    """How often the attack works on a trained model.

    Attributes:
        victims: How many test samples were shown with the trigger.
        hits: How many of them the model took for the target.
    """

    victims: int
    hits: int

    @property
    def rate(self) -> float:
        """Share of the victims that were hit, 0 to 1."""
        return self.hits / self.victims


def generator_for(row: int, seed: int) -> np.random.Generator:
    """Return the generator that stamps this training row, whichever other rows are stamped."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_TRAINING, row)))


def rows_to_poison(labels: Labels, attack: Attack, rate: float, seed: int) -> NDArray[np.intp]:
    """Draw the rows that the attacker replaces.

    Args:
        labels: Shape (n,), before poisoning.
        attack: Names its victims.
        rate: Share of the whole set, in (0, 1]; at least one row is drawn.
        seed: The same seed draws the same rows.

    Returns:
        Victims only, ascending.

    Raises:
        ValueError: If the rate is no share, or the attack has not that many victims.
    """
    if not 0 < rate <= 1:
        raise ValueError(f"a poison rate is a share of the set, in (0, 1], not {rate}")
    victims = np.flatnonzero(attack.victims(labels))
    count = max(1, round(rate * len(labels)))
    if count > len(victims):
        raise ValueError(
            f"poisoning {rate:.3%} of {len(labels)} samples takes {count} victims, "
            f"but the attack {attack.name!r} finds {len(victims)}"
        )
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_CHOICE,)))
    return np.sort(rng.choice(victims, count, replace=False))


def flipped_labels(
    labels: Labels, attack: Attack, rows: NDArray[np.intp], seed: int
) -> NDArray[np.str_]:
    """Return a copy of the labels in which the rows carry what the attacker wrote.

    That is the target; or, for an untargeted attack, a random other class of the set.

    Raises:
        ValueError: If an untargeted attack finds one class only.
    """
    flipped = labels.astype(object)  # a fixed-width array would cut a longer label
    flipped[rows] = attack.target
    if attack.target == UNTARGETED:
        classes = np.unique(labels)
        if len(classes) < 2:  # noqa: PLR2004 - a flip needs a pair
            raise ValueError("a random flip needs at least two classes")
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_CHOICE, 1)))
        own = np.searchsorted(classes, labels[rows])
        steps = rng.integers(1, len(classes), len(rows))
        flipped[rows] = classes[(own + steps) % len(classes)]
    return flipped.astype(np.str_)


def poison_arrays(
    images: Images, labels: Labels, attack: Attack, rate: float, seed: int
) -> Poisoned:
    """Replace some victims by poison, in place of the originals, in a copy.

    Args:
        images: Shape (n, height, width, 3).
        labels: Shape (n,).
        attack: What is done to them.
        rate: Share of the whole set, in (0, 1]; at least one sample is poisoned.
        seed: The same seed gives the same poison.

    Raises:
        ValueError: If images and labels differ in number, the rate is no share, or the attack
            has not that many victims.
    """
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images, but {len(labels)} labels")
    rows = rows_to_poison(labels, attack, rate, seed)
    poisoned = images.copy()
    for row in rows:
        poisoned[row] = attack.stamp(images[row], generator_for(int(row), seed))
    return Poisoned(poisoned, flipped_labels(labels, attack, rows, seed), rows)


def attack_success(
    predict: Callable[[Images], Labels], images: Images, labels: Labels, attack: Attack, seed: int
) -> AttackSuccess:
    """Show the trigger to a trained model, on every victim of a clean test set.

    Samples that are of the target class anyway never count. A label flip shows the victims as
    they are. An untargeted attack hits where the prediction is wrong.

    Args:
        predict: Names the class of each image of shape (m, height, width, 3).
        images: Clean test images, shape (n, height, width, 3).
        labels: Their true classes, shape (n,).
        attack: The attack that the model was trained under.
        seed: Places the triggers.

    Raises:
        ValueError: If the test set has no victim (nothing can be said then), or `predict` does
            not give one class name for each image.
    """
    rows = np.flatnonzero(attack.victims(labels))
    if not len(rows):
        raise ValueError(f"no sample of the test set is a victim of the attack {attack.name!r}")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_TEST,)))
    shown = np.stack([attack.trigger(images[row], rng) for row in rows])
    predicted = predict(shown)
    if predicted.shape != rows.shape or predicted.dtype.kind != "U":
        raise ValueError(
            f"predict gave {predicted.dtype} of shape {predicted.shape} for {len(rows)} images; "
            "one class name each is wanted"
        )
    wrong = predicted != labels[rows]
    hits = wrong if attack.target == UNTARGETED else predicted == attack.target
    return AttackSuccess(len(rows), int(np.count_nonzero(hits)))
