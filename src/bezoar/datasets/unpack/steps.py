"""Unpacking an archive into a folder that is there and empty."""

import os
from collections.abc import Iterator
from pathlib import Path

from bezoar.core.finding import Finding
from bezoar.datasets.unpack.limits import UnpackLimits
from bezoar.datasets.unpack.staging import cannot_write
from bezoar.datasets.unpack.unpacking import Unpacking


def unpack_below(
    archive: Path, folder: Path, limits: UnpackLimits, findings: list[Finding]
) -> Iterator[int]:
    """Unpack; yield how far into the archive it is, after each entry.

    Args:
        archive: The archive.
        folder: An empty folder.
        limits: How much it may become.
        findings: Where to note what is wrong with it.

    Raises:
        BezoarError: If the archive cannot be read, or the folder not be written.
    """
    try:
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            unpacking = Unpacking(root, limits)
            with archive.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                yield from unpacking.steps(file, size, archive.name)
            findings += unpacking.findings
        finally:
            os.close(root)
    except OSError as error:
        raise cannot_write(folder, error) from error
