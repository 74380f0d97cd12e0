"""Pictures for a profile: read again, decoded in the sandbox, shown if they are still the same."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bezoar.core.errors import BezoarError
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.opening import open_dataset
from bezoar.flows.sample_tables import SampleTable
from bezoar.flows.thumbnails import thumbnails

Pixels = NDArray[np.uint8]

_BATCH: Final = 48
"""Pictures that a sandbox decodes: what makes one fail costs no more than these."""
_MOST_BYTES: Final = 64 << 20


def pictures_of(
    table: SampleTable, location: Path, wanted: Sequence[str]
) -> Callable[[str], Pixels]:
    """Return what gives a sample's small picture, shape (height, width, 3), by its id.

    Args:
        table: The sample table of the data.
        location: Where the data lies.
        wanted: Ids of the samples that will be asked for.

    Returns:
        Raises LookupError for a sample whose picture cannot be shown.
    """
    shown: dict[str, Pixels] = {}
    dataset = open_dataset(location)
    keys = dict(zip(dataset.ids, dataset.keys, strict=True))
    for start in range(0, len(wanted), _BATCH):
        files = _bytes(table, dataset, keys, wanted[start : start + _BATCH])
        shown |= thumbnails(files)

    def picture(sample: str) -> Pixels:
        if sample not in shown:
            raise LookupError("no picture")
        return shown[sample]

    return picture


def _bytes(
    table: SampleTable, dataset: IndexedDataset, keys: Mapping[str, Any], wanted: Sequence[str]
) -> dict[str, bytes]:
    """Read the samples whose bytes are still those of the table."""
    names = pl.Series("path", list(wanted), pl.String)
    known = dict(
        table.scan()
        .filter(pl.col("path").is_in(names.implode()))
        .select("path", "sha256")
        .collect()
        .iter_rows()
    )
    found, total = {}, 0
    for name in wanted:
        if name not in keys or name not in known:
            continue
        try:
            data = dataset.read(keys[name])
        except (OSError, ValueError, LookupError, BezoarError):
            continue  # what cannot be read any more is not shown
        total += len(data)
        if total > _MOST_BYTES:
            break
        if hashlib.sha256(data).digest() == known[name]:
            found[name] = data
    return found
