"""What a drill works on: signs that bezoar draws, or data that somebody gives."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import bezoar
from bezoar.core.errors import UsageError
from bezoar.core.place import printable
from bezoar.core.sample import Sample
from bezoar.exercise.record import Progress, Steps
from bezoar.exercise.scenario import Plan, Scenario

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Material:
    """What a drill works on.

    Attributes:
        train: To be poisoned and trained on. Names say nothing about a sample.
        test: To test on; labelled in the words of `train`.
        source: The class that is attacked, as it stands in `train`.
        target: The class that it is to be taken for.
    """

    train: Sequence[Sample]
    test: Sequence[Sample]
    source: str
    target: str

    @property
    def labels(self) -> NDArray[np.str_]:
        """The labels to train on, shape (n,); empty where there is none."""
        return np.array([sample.label or "" for sample in self.train], dtype=np.str_)


def gather(plan: Plan, beside: Executor, steps: Steps) -> Material:
    """Draw signs, or open the data that somebody gives.

    Args:
        plan: What is drilled.
        beside: Draws half of the signs.
        steps: Announces the step.

    Raises:
        UsageError: If there is no such data, or it lacks one of the classes.
    """
    if plan.data is not None and plan.test is not None:
        train, test = (list(bezoar.open_dataset(path)) for path in (plan.data, plan.test))
    else:
        train, test = _drawn(plan.scenario, plan.seed, beside, steps)
    return _matched(train, test, *plan.classes)


def written(material: Material, folder: Path, seed: int, steps: Steps) -> Material:
    """Write the material as class folders `original` and `test`, and return it from there.

    Its labels are the names of the class folders from then on.
    """
    with steps("Writing the data") as progress:
        train = _written(_nameless(material.train, seed, "train"), folder / "original", progress)
    pairs = zip(material.train, train, strict=True)
    names = {one.label: new.label for one, new in pairs if new is not None}
    source, target = names.get(material.source), names.get(material.target)
    if source is None or target is None:
        raise UsageError("no sample of the two classes can be read", next="bezoar inspect --help")
    renamed = (replace(one, label=names.get(one.label)) for one in material.test)
    with steps("Writing the test set") as progress:
        test = _written(_nameless(renamed, seed, "test"), folder / "test", progress)
    return Material(
        [sample for sample in train if sample is not None],
        [sample for sample in test if sample is not None],
        source,
        target,
    )


def _drawn(
    scenario: Scenario, seed: int, beside: Executor, steps: Steps
) -> tuple[list[Sample], list[Sample]]:
    half = (scenario.signs + scenario.test_signs) // 200 * 100  # a hundred signs hold each class
    here = min(half, scenario.signs)
    with steps("Drawing traffic signs") as progress:
        rest = beside.submit(_draw, scenario.signs - here, seed, "more")
        test = beside.submit(_draw, scenario.test_signs, seed, "test")
        train = _draw(here, seed, "train", progress)
        return [*train, *rest.result()], test.result()


def _draw(count: int, seed: int, split: str, progress: Progress | None = None) -> list[Sample]:
    signs = bezoar.draw_signs(count, seed, split, progress=progress)
    rows = zip(signs.ids, signs.labels.tolist(), signs.images, strict=True)
    return [Sample(name, label, partial(bezoar.encode_png, image)) for name, label, image in rows]


def _matched(train: list[Sample], test: list[Sample], source: str, target: str) -> Material:
    classes = {sample.label for sample in train if sample.label is not None}
    source, target = _known(source, classes), _known(target, classes)
    if source == target:
        raise UsageError(
            f"source and target are one class, {printable(source)!r}",
            next="bezoar drill run --help",
        )
    words = {label: _same_class(label, classes) for label in {sample.label for sample in test}}
    known = (replace(sample, label=words[sample.label]) for sample in test)
    kept = [sample for sample in known if sample.label is not None]
    if not any(sample.label == source for sample in kept):
        raise UsageError(
            f"the test set has no sample of {printable(source)!r}, so no attack can be measured",
            next="bezoar drill run --help",
        )
    return Material(train, kept, source, target)


def _known(label: str, classes: set[str]) -> str:
    found = _same_class(label, classes)
    if found is None:
        known = ", ".join(printable(repr(one)) for one in sorted(classes)[:_SHOWN])
        more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
        raise UsageError(
            f"the data has no class {printable(label)!r}; it has {known}{more}",
            next="bezoar drill run --help",
        )
    return found


def _same_class(label: str | None, classes: set[str]) -> str | None:
    """Return the class of that label: the label itself, or the number that it writes (14, 00014).

    None where there is none, or more than one.
    """
    if label is None or label in classes:
        return label
    if not (label.isascii() and label.isdecimal()):
        return None
    number = label.lstrip("0")
    same = [c for c in classes if c.isascii() and c.isdecimal() and c.lstrip("0") == number]
    return same[0] if len(same) == 1 else None


def _nameless(samples: Iterable[Sample], seed: int, split: str) -> Iterator[Sample]:
    """Give the samples names that tell nothing: a red team would not leave them either."""
    for sample in samples:
        text = f"{seed}/{split}/{sample.id}".encode("utf-8", "surrogatepass")
        yield replace(sample, id=hashlib.sha256(text).hexdigest()[:20])


def _written(samples: Iterable[Sample], folder: Path, progress: Progress) -> list[Sample | None]:
    """Write the samples, and return each as it lies on disk; None where it cannot be read."""
    samples = list(samples)
    paths = bezoar.write_class_folder(samples, folder, lambda done: progress(done, len(samples)))
    return [
        Sample(
            paths[sample.id].rpartition("/")[2],
            None if sample.label is None else paths[sample.id].partition("/")[0],
            (folder / paths[sample.id]).read_bytes,
        )
        if sample.id in paths
        else None
        for sample in samples
    ]
