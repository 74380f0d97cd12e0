"""`Sample` and `Dataset`: one example, and a lazy sequence of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding


@dataclass(frozen=True, slots=True)
class Sample:
    """One example of a dataset.

    Law: the id does not depend on the sample's position.

    Attributes:
        id: Path relative to the dataset's root (`/` separators), or what `unnamed_ids` gives.
        label: The class as written in the data; None where there is none.
        fetch: Reads the sample's bytes. May raise OSError or ValueError for unreadable data.
    """

    id: str
    label: str | None
    fetch: Callable[[], bytes] = field(compare=False, repr=False)


class Dataset(Protocol):
    """A sized, re-iterable, lazy sequence of samples.

    Law: two passes give the same samples in the same order.
    """

    @property
    def name(self) -> str:
        """A short name for people."""
        ...

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What could not be listed as a sample, each with its path."""
        ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Sample]: ...

    def batches(self, size: int) -> Iterator[tuple[Sample, ...]]:
        """Yield the samples in order, `size` at a time; the last batch may be shorter."""
        ...


def unnamed_ids(digests: Iterable[Digest]) -> list[str]:
    """Name rows that carry no name: the digest, and the ordinal among its equals.

    Args:
        digests: One digest per row, in any order.

    Returns:
        One id per row, as `sha256:…#0`; permuting the rows permutes the ids up to equal rows.
    """
    seen: Counter[Digest] = Counter()
    ids = []
    for digest in digests:
        ids.append(f"{digest}#{seen[digest]}")
        seen[digest] += 1
    return ids
