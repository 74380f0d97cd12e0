"""The red team: poisons a copy of the data, and keeps the truth about it out of that copy."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bezoar
from bezoar.core.attack import Attack, Image
from bezoar.core.errors import UsageError
from bezoar.core.finding import Finding
from bezoar.core.sample import Sample
from bezoar.exercise.material import Material
from bezoar.exercise.record import Progress
from bezoar.exercise.scenario import Plan

_Draw = Callable[[Image, np.random.Generator], Image]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the red team knows and nobody else.

    Attributes:
        paths: The poison, relative to the poisoned folder.
        labels: What each of them really is.
    """

    paths: tuple[str, ...]
    labels: tuple[str, ...]

    def as_json(self, attack: Attack) -> dict[str, Any]:
        """Return the truth as JSON values."""
        pairs = zip(self.paths, self.labels, strict=True)
        poison = [{"path": path, "true_label": label} for path, label in pairs]
        return {"attack": attack.name, "what": repr(attack), "poison": poison}


def attack_on(material: Material, plan: Plan) -> Attack:
    """Return the plan's attack; the seed draws what the attacker is free to choose."""
    rng = np.random.default_rng(plan.seed)
    return bezoar.attack_named(plan.scenario.attack, material.source, material.target, rng)


def victims(material: Material, attack: Attack, plan: Plan) -> NDArray[np.intp]:
    """Draw the rows to poison. A picture that cannot be read is no victim.

    Raises:
        UsageError: If there are not that many victims.
    """
    labels = material.labels
    for row in np.flatnonzero(attack.victims(labels)).tolist():
        if not _can_be_read(material.train[row]):
            labels[row] = attack.target  # which no attack touches
    try:
        return bezoar.rows_to_poison(labels, attack, plan.share, plan.seed)
    except ValueError as error:
        raise UsageError(str(error), next="bezoar drill run --help") from error


def poison(
    material: Material, attack: Attack, plan: Plan, folder: Path, progress: Progress
) -> Truth:
    """Write a copy of the data in which the attack has replaced some of its victims.

    Args:
        material: What is poisoned, at its natural size.
        attack: What is done.
        plan: Says how much of it.
        folder: Where the copy goes. The truth is not in it.
        progress: Called with (done, in all).
    """
    rows = victims(material, attack, plan)
    copy = list(material.train)
    for row, stamped in zip(rows, _drawn_on(copy, rows, attack.stamp, plan.seed), strict=True):
        copy[row] = replace(stamped, label=attack.target)
    paths = bezoar.write_class_folder(copy, folder, lambda done: progress(done, len(copy)))
    return Truth(
        tuple(paths[copy[row].id] for row in rows),
        tuple(str(material.train[row].label) for row in rows),
    )


def triggered(test: Iterable[Sample], attack: Attack, seed: int) -> "Pictures":
    """Return the victims of a test set as the attacker shows them to the trained model."""
    samples = list(test)
    labels = np.array([sample.label or "" for sample in samples], dtype=np.str_)
    rows = np.flatnonzero(attack.victims(labels))
    return Pictures(tuple(_drawn_on(samples, rows, attack.trigger, seed)))


@dataclass(frozen=True, slots=True)
class Pictures:
    """A data set in memory.

    Attributes:
        samples: Its samples.
        name: A short name for people.
        problems: None.
    """

    samples: tuple[Sample, ...]
    name: str = "pictures"
    problems: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    def batches(self, size: int) -> Iterator[tuple[Sample, ...]]:
        """Yield the samples in order, `size` at a time."""
        samples = iter(self.samples)
        while batch := tuple(itertools.islice(samples, size)):
            yield batch


def _drawn_on(
    samples: Sequence[Sample], rows: NDArray[np.intp], draw: _Draw, seed: int
) -> Iterator[Sample]:
    """Yield the samples of these rows with the attack on them; each row has dice of its own."""
    for row in rows.tolist():
        sample = samples[row]
        yield replace(sample, fetch=partial(_png, sample.fetch, draw, (seed, row)))


def _can_be_read(sample: Sample) -> bool:
    try:
        bezoar.decode(sample.fetch())
    except (OSError, ValueError):
        return False
    return True


def _png(fetch: Callable[[], bytes], draw: _Draw, seed: tuple[int, ...]) -> bytes:
    return bezoar.encode_png(draw(bezoar.decode(fetch()), np.random.default_rng(seed)))
