"""`harden_on`: datasets become arrays, an attack is practised on a copy, models are hardened."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bezoar.attacks import attack_named
from bezoar.attacks.poisoning import poison_arrays
from bezoar.core.attack import Attack
from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.core.place import printable
from bezoar.datasets.images import ImageTable, load_images
from bezoar.datasets.opening import open_dataset
from bezoar.limit.harden import Exam, Hardening, Labelled

SIDE = 32
"""Pixels on a side: what the small network sees."""


@dataclass(frozen=True, slots=True)
class Practice:
    """An attack that is practised on a copy of the data, so that its success can be told.

    Attributes:
        attack: By name.
        source: The class that is attacked.
        target: What it is to be taken for.
        rate: Share of the set that is poisoned.
    """

    attack: str
    source: str
    target: str
    rate: float = 0.01


def hardening_of(
    data: Path,
    test: Path,
    *,
    trusted: Path | None = None,
    practice: Practice | None = None,
    epsilon: int = 8,
    seed: int = 0,
    epochs: int | None = None,
) -> tuple[Hardening, tuple[str, ...]]:
    """Return what trains and examines models, and the names of the classes.

    Args:
        data: What models learn from.
        test: Clean samples of the same classes.
        trusted: Samples that somebody vouches for.
        practice: An attack to practise.
        epsilon: How far an adversary may move each value, of 255; 0: no adversary.
        seed: Everything random is drawn from it.
        epochs: Passes over the data for adversarial training; None: about 100,000 images' worth.

    Raises:
        UsageError: If the classes of the sets have nothing in common, or the attack cannot be
            practised.
        NothingToInspectError: If nothing can be read.
    """
    tables = {path: _loaded(path) for path in (data, test, trusted) if path is not None}
    learned, asked = tables[data], tables[test]
    classes = tuple(sorted({label for label in learned.labels.tolist() if label}))
    if len(classes) < 2:  # noqa: PLR2004 - nothing can be told apart
        raise UsageError(f"{data} has fewer than two classes", next=f"ls {data}")
    labels, images = learned.labels, learned.images
    victims = None
    if practice is not None:
        attack = _attack(practice, classes, seed)
        try:
            poisoned = poison_arrays(images, labels, attack, practice.rate, seed)
        except ValueError as error:
            raise UsageError(str(error), next="bezoar harden --help") from None
        images, labels = poisoned.images, poisoned.labels
        victims = _victims(asked, attack, classes, seed)
    exam = Exam(_labelled(asked.images, asked.labels, classes, test), victims, epsilon)
    vouched = None
    if trusted is not None:
        vouched = _labelled(tables[trusted].images, tables[trusted].labels, classes, trusted)
    learn = _labelled(images, labels, classes, data)
    return Hardening(learn, len(classes), exam, seed, vouched, epochs), classes


def _loaded(path: Path) -> ImageTable:
    table = load_images(open_dataset(path), SIDE)
    if not len(table):
        raise NothingToInspectError(f"nothing in {path} can be read", f"bezoar profile {path}")
    return table


def _labelled(
    images: NDArray[np.uint8], labels: NDArray[np.str_], classes: tuple[str, ...], path: Path
) -> Labelled:
    """Number the labels; a sample of a class that nobody learns is left out."""
    known = np.isin(labels, classes)
    if not known.any():
        raise UsageError(f"{path} has no class of the data", next="name sets of the same classes")
    numbers = np.searchsorted(np.array(classes), labels[known]).astype(np.int64)
    return Labelled(images[known], numbers)


def _attack(practice: Practice, classes: tuple[str, ...], seed: int) -> Attack:
    for name in (practice.source, practice.target):
        if name not in classes:
            raise UsageError(f"no class is called {printable(name)!r}", next="bezoar profile DATA")
    rng = np.random.default_rng(seed)
    return attack_named(practice.attack, practice.source, practice.target, rng)


def _victims(asked: ImageTable, attack: Attack, classes: tuple[str, ...], seed: int) -> Labelled:
    """Return test images with the trigger on, each with what the attacker wants to hear."""
    rows = np.flatnonzero(attack.victims(asked.labels))
    if not len(rows):
        raise UsageError(
            "the test set has no sample of the class that is attacked", next="--source"
        )
    rng = np.random.default_rng(seed)
    shown = np.stack([attack.trigger(asked.images[row], rng) for row in rows])
    return Labelled(shown, np.full(len(rows), classes.index(attack.target), np.int64))
