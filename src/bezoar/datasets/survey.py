"""Surveys: the samples of a dataset as they are now, each hashed."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.place import Place, PlaceKind
from bezoar.core.sample import Dataset
from bezoar.datasets.containers import readable
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.unreadable import UNREADABLE_IMAGE, UnreadableImage

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

_NOW_AND_THEN: Final = 500


@dataclass(frozen=True, slots=True)
class Survey:
    """The samples of a dataset as they are now.

    Attributes:
        manifest: Every sample whose bytes could be read.
        unreadable: One finding for each of the others.
    """

    manifest: Manifest
    unreadable: tuple[Finding, ...]


def start_hashing(dataset: Dataset) -> FileHashes | None:
    """Start hashing the files of a folder in the background; None for other layouts."""
    if isinstance(dataset, IndexedDataset) and dataset.root is not None:
        return FileHashes(dataset.root, dataset.keys)
    return None


def survey(
    dataset: Dataset, hashes: FileHashes | None = None, progress: Progress | None = None
) -> Survey:
    """Read and hash each sample.

    Args:
        dataset: What to hash.
        hashes: What `start_hashing` returned for it, to wait for that instead.
        progress: Called now and then with (done, total).
    """
    entries, unreadable = [], []
    hashes = hashes or start_hashing(dataset)
    results = _of_files(dataset, hashes) if hashes else _of_samples(dataset)
    for number, result in enumerate(results, start=1):
        if isinstance(result, Finding):
            unreadable.append(result)
        else:
            entries.append(result)
        if progress and (number % _NOW_AND_THEN == 0 or number == len(dataset)):
            progress(number, len(dataset))
    return Survey(Manifest.of(entries), tuple(unreadable))


def build_manifest(dataset: Dataset, progress: Progress | None = None) -> Manifest:
    """Return the manifest of a dataset.

    Raises:
        BezoarError: If a sample cannot be read: a manifest never leaves one out silently.
    """
    result = survey(dataset, progress=progress)
    if result.unreadable:
        first, count = result.unreadable[0], len(result.unreadable)
        raise BezoarError(
            f"{count} of {len(dataset)} samples cannot be read, the first is {first.place.name}: "
            f"{first.message}",
            next="bezoar dbom add --help",
        )
    return result.manifest


def _of_files(dataset: Dataset, hashes: FileHashes) -> Iterator[Entry | Finding]:
    assert isinstance(dataset, IndexedDataset)  # noqa: S101 - start_hashing looked
    columns = zip(dataset.ids, dataset.labels, hashes.results(), strict=True)
    for name, label, hashed in columns:
        if hashed.error:
            yield _unreadable(name, os.strerror(hashed.error))
        else:
            yield Entry(name, hashed.size, hashed.sha256, label)


def _of_samples(dataset: Dataset) -> Iterator[Entry | Finding]:
    for sample in dataset:
        name = readable(sample.id)
        label = None if sample.label is None else readable(sample.label)
        try:
            data = sample.fetch()
        except (OSError, ValueError) as error:
            rule = error.rule if isinstance(error, UnreadableImage) else UNREADABLE_IMAGE
            yield Finding(rule, Place(PlaceKind.SAMPLE, name), readable(str(error)))
        else:
            yield Entry(name, len(data), hashlib.sha256(data).digest(), label)


def _unreadable(name: str, why: str) -> Finding:
    return Finding(UNREADABLE_IMAGE, Place(PlaceKind.SAMPLE, name), why)
