"""`IndexedDataset`: the one dataset behind each reader. Names in memory, bytes on demand."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.sample import Sample


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexedDataset:
    """A lazy sequence of samples, sorted by id.

    Only ids, labels and keys are held; the bytes of a sample are read when it is fetched.

    Law: two passes give the same samples in the same order.

    Attributes:
        name: A short name for people.
        ids: Sorted; no id twice.
        labels: One per id.
        keys: One per id: what `read` wants.
        read: Reads the bytes of one sample; may be called from several threads.
        problems: What could not be listed as a sample.
        checked: The rules that the reader applied; those without a finding have passed.
        root: The folder where each key is a relative path; None for containers.
        layout: `files` where each file is one sample as it is; None for images.
    """

    name: str
    ids: Sequence[str]
    labels: Sequence[str | None]
    keys: Sequence[Any]
    read: Callable[[Any], bytes]
    problems: tuple[Finding, ...] = ()
    checked: tuple[Rule, ...] = ()
    root: Path | None = None
    layout: str | None = None

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.labels) == len(self.keys):
            raise ValueError("ids, labels and keys are of different lengths")
        if list(self.ids) != sorted(self.ids):
            order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
            for column in ("ids", "labels", "keys"):
                values = getattr(self, column)
                object.__setattr__(self, column, [values[i] for i in order])
        if len(set(self.ids)) < len(self.ids):
            raise ValueError("an id stands twice")

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Sample]:
        for name, label, key in zip(self.ids, self.labels, self.keys, strict=True):
            yield Sample(name, label, partial(self.read, key))

    def batches(self, size: int) -> Iterator[tuple[Sample, ...]]:
        """Yield the samples in order, `size` at a time; the last batch may be shorter."""
        samples = iter(self)
        while batch := tuple(itertools.islice(samples, size)):
            yield batch
