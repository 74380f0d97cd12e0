"""Reading an approved version in a program: file by file, each verified when it is read."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bezoar.core.errors import HashMismatch, UsageError
from bezoar.core.manifest import Entry
from bezoar.datasets.containers import readable
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.decoding import decode
from bezoar.flows.events import record_event
from bezoar.flows.pulling import (
    REFUSALS,
    Cleared,
    chosen,
    clear,
    judge_of,
    record_refusal,
    target_of,
)
from bezoar.fortify.mirror.opening import declared_mirror
from bezoar.fortify.pull.in_place import names
from bezoar.fortify.pull.part import stands
from bezoar.fortify.pull.reading import VerifiedFiles
from bezoar.fortify.pull.verifying import Verification
from bezoar.project import Project, find_project

if TYPE_CHECKING:
    import datasets

    from bezoar.adapters.torch.dataset import Transform, VerifiedDataset


@dataclass(frozen=True)
class Opened:
    """An approved version, ready to be read.

    Attributes:
        spec: `NAME@VERSION`.
        samples: What it is to learn from; each is a file of its own.
        files: All of its files.
    """

    spec: str
    samples: Sequence[Entry]
    files: VerifiedFiles

    def picture(self, path: str) -> NDArray[np.uint8]:
        """Return a sample's pixels, RGB, shape (height, width, 3), from verified bytes.

        Raises:
            HashMismatch: If its bytes are not what was approved.
            ValueError: If they are no image.
        """
        return decode(self.files.read(path))


def open_version(
    name: str,
    *,
    project: Project | None = None,
    copy: Path | None = None,
    at: str | None = None,
) -> Opened:
    """Ask everything that a pull asks, but read no file yet.

    Where there is a pulled copy, its files are read, else those of the cache and the mirror.

    Args:
        name: `NAME`, whose newest approved version is meant, or `NAME@VERSION`.
        project: Whose DBOM; by default that of the current folder.
        copy: Where the copy lies; by default where `pull` puts it.
        at: A commit, branch or tag whose DBOM says which data is meant.

    Raises:
        HashMismatch: If a file of the copy is missing, or one lies there that nobody approved.
        NotApprovedError: If no sign-off stands behind it, or it was revoked.
        BezoarError: If the mirror does not answer.
    """
    began, project = time.monotonic(), project or find_project()
    with judge_of(project, at) as judge:
        entry = chosen(Dbom(judge), name)
        folder = target_of(project, entry, copy)
        try:
            cleared = clear(judge, entry, name, Verification())
            there = folder if copy is not None or stands(folder) else None
            _check_names(cleared, there)
        except REFUSALS as error:
            record_refusal(project, entry, error)
            raise
    detail = {"files": len(cleared.manifests.files), "bytes": cleared.manifests.files.size}
    how = {"lazily": True, "mirror": cleared.mirror.uri, "seconds": time.monotonic() - began}
    record_event(project, "dataset.pulled", entry, detail | how)
    files = VerifiedFiles(
        entry.spec,
        cleared.manifests.files,
        partial(declared_mirror, project),
        there,
        partial(record_refusal, project, entry),
    )
    return Opened(entry.spec, cleared.manifests.samples.entries, files)


def _check_names(cleared: Cleared, folder: Path | None) -> None:
    """Refuse a copy with other names than were approved: a class too many renumbers the rest."""
    if folder is None:
        return
    for found in names(folder, cleared.manifests.files):
        raise HashMismatch(
            cleared.entry.spec, readable(found.path), f"{found.why} (in the copy {folder})"
        )


def torch_dataset(
    name: str,
    *,
    transform: "Transform | None" = None,
    project: Project | None = None,
    copy: Path | None = None,
    at: str | None = None,
) -> "VerifiedDataset":
    """Return an approved set of images as a torch `Dataset`; each is verified when it is read.

    It may be read by the workers of a `DataLoader`. A byte that is not what was approved raises
    `HashMismatch` there, which ends the training.

    Args:
        name: `NAME` or `NAME@VERSION`.
        transform: Called with pixels, RGB, shape (height, width, 3), uint8; by default they
            become a tensor of shape (3, height, width).
        project: Whose DBOM.
        copy: Where the copy lies; see `open_version`.
        at: A commit whose DBOM says which data is meant.

    Raises:
        BezoarError: As `open_version`; or if its samples are no files of their own.
    """
    from bezoar.adapters.torch.dataset import VerifiedDataset  # noqa: PLC0415 - it imports torch

    opened = _of_files(open_version(name, project=project, copy=copy, at=at))
    return VerifiedDataset(opened.samples, opened.picture, transform)


def hugging_face(
    name: str,
    *,
    project: Project | None = None,
    copy: Path | None = None,
    at: str | None = None,
) -> "datasets.Dataset":
    """Return an approved set of images for the `datasets` library, each verified when it is read.

    Its columns are `image` (a Pillow image), `label` (a `ClassLabel`) and `path`.

    Args:
        name: `NAME` or `NAME@VERSION`.
        project: Whose DBOM.
        copy: Where the copy lies; see `open_version`.
        at: A commit whose DBOM says which data is meant.

    Raises:
        BezoarError: As `open_version`; or if its samples are no files of their own.
    """
    from bezoar.adapters.hugging_face_datasets import as_dataset  # noqa: PLC0415 - it imports it

    opened = _of_files(open_version(name, project=project, copy=copy, at=at))
    return as_dataset(opened.samples, opened.picture)


def _of_files(opened: Opened) -> Opened:
    for sample in opened.samples:
        if sample.path not in opened.files.entries:
            raise UsageError(
                f"{opened.spec}: its samples lie in a container, and are no files of their own",
                next=f'bezoar.open_dataset(bezoar.pull("{opened.spec}"))',
            )
    return opened
