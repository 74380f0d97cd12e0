"""The files manifest: every file of a dataset as it is delivered, by its path and SHA-256."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.manifest import Entry, Manifest
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.containers import readable
from bezoar.datasets.folders import list_folder
from bezoar.datasets.hashing import FileHashes

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

CHANGED: Final = Rule(
    code="BZ332",
    name="changed-while-vetted",
    title="Changed while it was vetted",
    severity=Severity.HIGH,
    why="A verdict is about the bytes that were looked at. Files that changed in the meantime, or"
    " samples that are not what lies there, were looked at by nobody.",
)

_NOW_AND_THEN: Final = 500


@dataclass(frozen=True, slots=True)
class Delivered:
    """Every file of a dataset.

    Attributes:
        root: The folder, or the one file.
        names: The paths, sorted, relative to the folder that `delivered` gives.
        manifest: Each with its size and SHA-256, without a label.
        problems: What is no regular file, or cannot be listed.
        marks: What the system says of each file; whatever writes to it changes that.
    """

    root: Path
    names: tuple[str, ...]
    manifest: Manifest
    problems: tuple[Finding, ...]
    marks: tuple[tuple[int, ...], ...]

    def since(self) -> list[Finding]:
        """Return a finding for each file that somebody wrote to since, that came or went."""
        folder, names = delivered(self.root)
        now = set(names)
        written = [
            _changed(name, "it was written to while it was looked at")
            for name, mark in zip(self.names, self.marks, strict=True)
            if name in now and _mark(folder, name) != mark
        ]
        others = sorted(now.symmetric_difference(self.names))
        return [*written, *(_changed(name, "it came or went") for name in others)]

    def unlike(self, samples: Manifest) -> list[Finding]:
        """Return a finding for each sample that is not the file of that name."""
        files = {entry.path: entry for entry in self.manifest.entries}
        return [
            _changed(sample.path, "the sample is not the file that lies there")
            for sample in samples.entries
            if (file := files.get(sample.path)) is None or file[:3] != sample[:3]
        ]


def take_stock(root: Path, progress: Progress | None = None) -> Delivered:
    """List and hash every file of a dataset.

    Raises:
        UsageError: If there is nothing at `root`.
        NothingToInspectError: If there is no file in it.
        BezoarError: If a file cannot be read: a manifest never leaves one out silently.
    """
    try:
        folder, names = delivered(root)
        problems = tuple(list_folder(root).problems) if root.is_dir() else ()
        marks = tuple(_mark(folder, name) for name in names)
    except OSError as error:
        raise BezoarError(f"cannot list {root}: {error.strerror}", f"ls -l {root}") from error
    if not names:
        raise NothingToInspectError(f"{root} holds no file", next=f"ls -la {root}")
    entries = []
    for number, (name, hashed) in enumerate(
        zip(names, FileHashes(folder, names).results(), strict=True), start=1
    ):
        if hashed.error:
            why = f"cannot read {readable(name)}: {os.strerror(hashed.error)}"
            raise BezoarError(why, next=f"ls -l {root}")
        entries.append(Entry(readable(name), hashed.size, hashed.sha256, None))
        if progress and (number % _NOW_AND_THEN == 0 or number == len(names)):
            progress(number, len(names))
    try:
        manifest = Manifest.of(entries)
    except ValueError as error:
        raise BezoarError(f"{root}: {error}", next=f"ls -la {root}") from error
    return Delivered(root, tuple(names), manifest, problems, marks)


def delivered(root: Path) -> tuple[Path, list[str]]:
    """Return the folder of a dataset, and the paths of its files in it, sorted.

    Args:
        root: The folder, or the one file.

    Raises:
        UsageError: If there is neither.
        OSError: If it cannot be listed.
    """
    if root.is_file() and not root.is_symlink():
        return root.parent, [root.name]
    if not root.is_dir():
        raise UsageError(f"{root} is no file or folder", next=f"ls -ld {root}")
    tree = list_folder(root)
    names = (
        f"{folder}/{name}" if folder else name
        for folder, files in tree.folders.items()
        for name in files
    )
    return root, sorted(names, key=os.fsencode)


def _mark(folder: Path, name: str) -> tuple[int, ...]:
    """Return what changes with each write: the time of the change cannot be set by hand."""
    try:
        found = os.stat(os.path.join(folder, name), follow_symlinks=False)  # noqa: PTH116, PTH118 - hot loop
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _changed(name: str, why: str) -> Finding:
    return Finding(CHANGED, Place(PlaceKind.FILE, readable(name)), why)
