"""Judging by networks: how far does each sample disagree with its own label?

A *blind proxy* is a small network trained with augmentation that destroys local triggers. It
learns the class, not the trigger, so that a triggered sample disagrees with its label.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bezoar.adapters.torch.augmentation import blind
from bezoar.adapters.torch.training import Classifier, one_thread, train_classifier
from bezoar.core.arrays import Bools, Images, Ints
from bezoar.expose.evidence import NetworkEvidence, Progress
from bezoar.expose.exclusion import VARIANTS, Variant, excluded
from bezoar.expose.margins import Margins, class_shares, margins
from bezoar.expose.near_duplicates import thumbnails

_JUDGE = 1000  # keeps the seeds of judges apart from those of proxies
_TICKS = 100


@one_thread()
def gather(
    images: Images, labels: Ints, classes: tuple[str, ...], seed: int, progress: Progress
) -> NetworkEvidence:
    """Train a blind proxy and the judges on the samples themselves.

    Args:
        images: Shape (n, h, w, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: At least two.
        seed: Everything random is drawn from it.
        progress: Called with (done, in all).
    """
    parts = _shared_out(progress, 1 + len(VARIANTS))
    epochs = epochs_for(len(images))
    proxy = _train(images, labels, len(classes), seed=seed, epochs=epochs, progress=parts[0])
    logs, features = proxy.evaluate(images)
    features64 = features.astype(np.float64)
    own = margins(logs, labels, class_shares(labels, len(classes)))

    def doubt(variant: Variant, part: Progress) -> Margins:
        held_out = excluded(features64, labels, len(classes), variant, seed)
        judged = _judged(images, labels, len(classes), held_out, seed=seed + _JUDGE, progress=part)
        return own.larger(judged)

    with ThreadPoolExecutor(len(VARIANTS)) as pool:  # the judges do not wait for each other
        doubts = tuple(pool.map(doubt, VARIANTS, parts[1:]))
    return NetworkEvidence(images, labels, classes, own, thumbnails(images), features64, doubts)


@one_thread()
def gather_against(  # noqa: PLR0917 - `gather` and the reference
    reference: tuple[Images, Ints],
    images: Images,
    labels: Ints,
    classes: tuple[str, ...],
    seed: int,
    progress: Progress,
) -> NetworkEvidence:
    """Train the blind proxy on a trusted reference alone and judge the samples by it.

    Args:
        reference: Images and labels of the reference; it need not hold every class.
        images: Shape (n, h, w, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: Those of the reference and of the samples.
        seed: Everything random is drawn from it.
        progress: Called with (done, in all).
    """
    epochs = epochs_for(len(reference[0]))
    proxy = _train(*reference, len(classes), seed=seed, epochs=epochs, progress=progress)
    logs, features = proxy.evaluate(images)
    own = margins(logs, labels, class_shares(reference[1], len(classes)))
    features64 = features.astype(np.float64)
    return NetworkEvidence(images, labels, classes, own, thumbnails(images), features64, (own,))


def _train(
    images: Images, labels: Ints, classes: int, *, seed: int, epochs: int, progress: Progress
) -> Classifier:
    return train_classifier(
        images, labels, classes, seed=seed, epochs=epochs, augmentation=blind, progress=progress
    )


def epochs_for(samples: int) -> int:
    """Return how many passes the blind proxy makes: about 60,000 images' worth, 4 to 25.

    More passes let it learn the poison too.
    """
    return min(max(round(60_000 / samples), 4), 25)


def _judged(
    images: Images,
    labels: Ints,
    classes: int,
    held_out: Bools,
    *,
    seed: int,
    progress: Progress,
) -> Margins:
    """Return the margins of held-out samples by a network trained on the rest; -inf elsewhere."""
    kept = ~held_out
    value, alternative = np.full(len(labels), -np.inf), np.zeros(len(labels), np.int64)
    if not held_out.any():
        return Margins(value, alternative)
    epochs = epochs_for(int(kept.sum()))
    judge = _train(images[kept], labels[kept], classes, seed=seed, epochs=epochs, progress=progress)
    shares = class_shares(labels[kept], classes)
    judged = margins(judge.log_probabilities(images[held_out]), labels[held_out], shares)
    value[held_out], alternative[held_out] = judged.value, judged.alternative
    return Margins(value, alternative)


def _shared_out(progress: Progress, parts: int) -> list[Progress]:
    """Split one progress callback into equal parts that may advance at the same time."""
    reached = [0] * parts

    def part(k: int) -> Progress:
        def step(done: int, total: int) -> None:
            reached[k] = done * _TICKS // total
            progress(sum(reached), parts * _TICKS)

        return step

    return [part(k) for k in range(parts)]
