"""Where samples stand in their container, and when they were put there, as far as it says."""

import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.regular import READ
from bezoar.datasets.zips import DAMAGE

Place = tuple[int | None, datetime | None]
"""Position, time of change."""


class Places:
    """Where the samples of a dataset stand.

    Files have their time of change; entries of a ZIP archive their position and their time, which
    its format keeps without a zone and is taken as UTC; rows of tables their position.
    """

    def __init__(self, dataset: IndexedDataset, path: Path) -> None:
        """Look into the container, once.

        Args:
            dataset: The dataset.
            path: Where it was opened.
        """
        self._dataset = dataset
        self._known: dict[object, Place] = {}
        if dataset.root is None and path.suffix.lower() == ".zip":
            self._known = _entries(path)
        elif dataset.root is None and dataset.keys and not isinstance(dataset.keys[0], str):
            # Rows by number, or by where their bytes lie.
            self._known = {key: (rank, None) for rank, key in enumerate(sorted(dataset.keys))}

    def of(self, rows: range) -> list[Place]:
        """Return the places of some samples."""
        keys, root = [self._dataset.keys[row] for row in rows], self._dataset.root
        if root is not None:
            return [(None, _changed(root, key)) for key in keys]
        return [self._known.get(key, (None, None)) for key in keys]


def _changed(root: Path, key: str) -> datetime | None:
    try:
        found = os.lstat(os.path.join(root, key))  # noqa: PTH118 - hot loop
    except OSError:
        return None
    return _time(found.st_mtime) if stat.S_ISREG(found.st_mode) else None


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):  # a year that nobody has
        return None


def _entries(path: Path) -> dict[object, Place]:
    try:
        with os.fdopen(os.open(path, READ), "rb") as file, zipfile.ZipFile(file) as archive:
            return {
                entry.orig_filename: (number, _zip_time(entry.date_time))
                for number, entry in enumerate(archive.infolist())
            }
    except (*DAMAGE, OSError):
        return {}


def _zip_time(parts: tuple[int, int, int, int, int, int]) -> datetime | None:
    try:
        return datetime(*parts, tzinfo=UTC)
    except ValueError:
        return None
