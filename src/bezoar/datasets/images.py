"""`load_images`: the pictures of a dataset at one size, and what could not be read."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.sample import Dataset, Sample
from bezoar.datasets.decoding import decode, disagreement
from bezoar.datasets.reading_rules import reading_outcomes
from bezoar.datasets.unreadable import EXTENSION_MISMATCH, UNREADABLE_IMAGE, UnreadableImage

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

_BATCH: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class ImageTable:
    """The readable pictures of a dataset.

    Attributes:
        ids: n sample ids, in the order of the dataset.
        labels: Shape (n,); the empty string where a sample has no label.
        images: Shape (n, size, size, 3), RGB.
        outcomes: One for each rule on reading; samples that are left out stand in its findings.
    """

    ids: tuple[str, ...]
    labels: NDArray[np.str_]
    images: NDArray[np.uint8]
    outcomes: tuple[Outcome, ...]

    def __len__(self) -> int:
        return len(self.ids)


def load_images(dataset: Dataset, size: int = 32, progress: Progress | None = None) -> ImageTable:
    """Decode each sample and scale it to `size` x `size` pixels (area average, aspect ignored).

    One batch of encoded samples is held at a time; the table itself is `3 * size**2` bytes a
    sample. A sample that cannot be read is left out and stands in `outcomes`.

    Args:
        dataset: What to read.
        size: Pixels on a side.
        progress: Called now and then with (done, total).
    """
    total, done = len(dataset), 0
    images = np.empty((total, size, size, 3), np.uint8)
    ids, labels, findings = list[str](), list[str](), list[Finding]()
    for samples, results in _decoded(dataset, size):
        for sample, (picture, found) in zip(samples, results, strict=True):
            if picture is not None:
                images[len(ids)] = picture
                ids.append(sample.id)
                labels.append(sample.label or "")
            findings += found
        done += len(samples)
        if progress is not None:
            progress(done, total)
    outcomes = reading_outcomes(dataset, findings)
    return ImageTable(tuple(ids), np.array(labels, dtype=np.str_), images[: len(ids)], outcomes)


def resize(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale an image of shape (height, width, 3) to (size, size, 3): area average, or bilinear."""
    height, width = image.shape[:2]
    if height == width == size:
        return image
    # A box filter averages areas when it shrinks, but repeats pixels when it enlarges.
    how = Image.Resampling.BOX if min(height, width) >= size else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(image).resize((size, size), how))


_Result = tuple[NDArray[np.uint8] | None, tuple[Finding, ...]]


def _decoded(dataset: Dataset, size: int) -> Iterator[tuple[tuple[Sample, ...], list[_Result]]]:
    """Yield batches in order, a few of them being decoded ahead."""
    workers = len(os.sched_getaffinity(0))
    waiting: deque[tuple[tuple[Sample, ...], Future[list[_Result]]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        for batch in dataset.batches(_BATCH):
            waiting.append((batch, pool.submit(_decode_batch, batch, size)))
            if len(waiting) > 2 * workers:
                samples, future = waiting.popleft()
                yield samples, future.result()
        while waiting:
            samples, future = waiting.popleft()
            yield samples, future.result()


def _decode_batch(batch: tuple[Sample, ...], size: int) -> list[_Result]:
    return [_decode_one(sample, size) for sample in batch]


def _decode_one(sample: Sample, size: int) -> _Result:
    try:
        data = sample.fetch()
        picture = resize(decode(data), size)
    except UnreadableImage as error:
        return None, (_finding(error.rule, sample, str(error)),)
    except (OSError, ValueError) as error:
        return None, (_finding(UNREADABLE_IMAGE, sample, str(error)),)
    why = disagreement(sample.id, data)
    return picture, (_finding(EXTENSION_MISMATCH, sample, why),) if why else ()


def _finding(rule: Rule, sample: Sample, message: str) -> Finding:
    evidence = {"label": sample.label} if sample.label is not None else {}
    return Finding(rule, Place(PlaceKind.SAMPLE, sample.id), message, evidence=evidence)
