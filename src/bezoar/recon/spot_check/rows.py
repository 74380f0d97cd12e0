"""Whether people look at the rows of data, and not at its files or its pictures."""

from itertools import islice
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.sample import Sample
from bezoar.datasets.files import FILES
from bezoar.datasets.folders import list_folder
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.tree import with_suffix
from bezoar.recon.spot_check.preview import Picture, preview

_SUFFIX: Final = ".parquet"
_LOOKED_AT: Final = 8


def rows_of(dataset: IndexedDataset, path: Path) -> IndexedDataset | None:
    """Return the rows of a Parquet data set without pictures; None where it is none.

    Args:
        dataset: What lies at the path, as it is pinned.
        path: A file, or a folder of files of which Parquet is the most.

    Raises:
        UsageError: If there are more rows than anybody holds.
        BezoarError: If a file is gone by now.
    """
    paths = _tables(path)
    if not paths or (dataset.layout != FILES and _has_pictures(dataset)):
        return None
    from bezoar.datasets.parquet_rows import open_parquet_rows  # noqa: PLC0415 - late

    return open_parquet_rows(paths, path if path.is_dir() else path.parent)


def _tables(path: Path) -> list[Path]:
    """Return the Parquet files of a data set that consists of them."""
    if not path.is_dir():
        return [path] if path.name.lower().endswith(_SUFFIX) else []
    tree = list_folder(path)
    tables = with_suffix(tree, _SUFFIX)
    whole = _size(path, with_suffix(tree, ""))
    return [path / name for name in tables] if 2 * _size(path, tables) > whole else []


def _size(folder: Path, names: list[str]) -> int:
    try:
        return sum((folder / name).stat().st_size for name in names)
    except OSError as error:
        raise BezoarError(
            f"{folder} cannot be read: {error.strerror}", next=f"ls -l {folder}"
        ) from error


def _has_pictures(dataset: IndexedDataset) -> bool:
    """Say whether one of the first samples is a picture: a column of bytes need not hold any."""
    return any(_is_picture(sample) for sample in islice(dataset, _LOOKED_AT))


def _is_picture(sample: Sample) -> bool:
    try:
        return isinstance(preview(sample.fetch()), Picture)
    except (OSError, ValueError):
        return False
