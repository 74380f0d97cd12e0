"""`open_dataset`: one entry, one reader per layout."""

import os
from pathlib import Path

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.severity import Severity
from bezoar.datasets.indexed import IndexedDataset

_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_LAYOUTS = "class folders, .zip, .tar[.gz|.bz2|.xz], .npz, .parquet, images with a labels.csv"


def open_dataset(path: Path | str) -> IndexedDataset:
    """Open a dataset, whatever its layout.

    Args:
        path: A folder of class folders, of images with a label table, or of Parquet files; or a
            .zip, .tar (.gz, .bz2, .xz), .npz or .parquet file.

    Returns:
        Samples sorted by id. A damaged container gives the samples that can be read, none in the
        worst case, and the damage in `problems`.

    Raises:
        UsageError: If there is nothing at `path`, or it is no dataset.
        NothingToInspectError: If no image is in it.
    """
    path = Path(path)
    try:
        dataset = _open(path)
    except OSError as error:
        raise BezoarError(
            f"{path} cannot be read: {error.strerror}", next=f"ls -l {path}"
        ) from error
    grave = any(problem.severity >= Severity.MEDIUM for problem in dataset.problems)
    if not dataset.ids and not grave:
        raise NothingToInspectError(
            f"{path} holds no image of a known format", next="bezoar inspect --help"
        )
    return dataset


def _open(path: Path) -> IndexedDataset:
    # Each reader is imported when its layout turns up: NumPy and PyArrow take longer to import
    # than a small folder takes to hash.
    if path.is_dir():
        return _open_folder(path)
    name = path.name.lower()
    if not path.is_file():
        what = "is no file or folder" if os.path.lexists(path) else "does not exist"
        raise UsageError(f"{path} {what}", next=f"ls {path.parent}")
    if name.endswith(".npz"):
        from bezoar.datasets.npz import open_npz  # noqa: PLC0415 - late

        return open_npz(path)
    if name.endswith(".parquet"):
        from bezoar.datasets.parquet import open_parquet  # noqa: PLC0415 - late

        return open_parquet([path], path.name)
    if name.endswith(".zip"):
        from bezoar.datasets.zips import open_zip  # noqa: PLC0415 - late

        return open_zip(path)
    if name.endswith(_TAR_SUFFIXES):
        from bezoar.datasets.tars import open_tar  # noqa: PLC0415 - late

        return open_tar(path)
    raise UsageError(f"{path} is no dataset; known are {_LAYOUTS}", next=f"ls {path.parent}")


def _open_folder(path: Path) -> IndexedDataset:
    from bezoar.datasets.folders import list_folder  # noqa: PLC0415 - late
    from bezoar.datasets.tree import tree_dataset, with_suffix  # noqa: PLC0415 - late

    tree = list_folder(path)
    special = tuple(tree.problems)
    dataset = tree_dataset(tree)
    shards = with_suffix(tree, ".parquet")
    if dataset.ids or not shards:
        return dataset
    from bezoar.datasets.parquet import open_parquet  # noqa: PLC0415 - late

    return open_parquet([path / shard for shard in shards], dataset.name, special)
