"""Reader: class folders on disk (the ImageFolder layout), with or without label tables."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bezoar.datasets.containers import SPECIAL_FILE, at_file, damaged
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.regular import READ
from bezoar.datasets.tree import Tree, tree_dataset
from bezoar.datasets.unreadable import OVERSIZED_IMAGE, Limits, UnreadableImage


def open_folder(root: Path) -> IndexedDataset:
    """Open class folders; the samples' ids are their paths relative to `root`."""
    return tree_dataset(list_folder(root))


def list_folder(root: Path) -> Tree:
    """List the regular files below a folder; links and special files become findings."""
    tree = Tree(name=root.resolve().name or str(root), read=partial(read_file, root), root=root)
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        prefix = f"{folder}/" if folder else ""
        try:
            with os.scandir(os.path.join(root, folder)) as entries:  # noqa: PTH118 - hot loop
                waiting += _sort_out(entries, folder, prefix, tree)
        except OSError as error:
            tree.problems.append(damaged(folder or tree.name, error.strerror or str(error)))
    return tree


def _sort_out(
    entries: Iterator[os.DirEntry[str]], folder: str, prefix: str, tree: Tree
) -> list[str]:
    """Add the files to the tree; return the folders."""
    files, below = [], []
    for entry in entries:
        if entry.is_file(follow_symlinks=False):
            files.append(entry.name)
        elif entry.is_dir(follow_symlinks=False):
            below.append(prefix + entry.name)
        else:
            kind = "link" if entry.is_symlink() else "special file"
            message = f"it is a {kind}, which is not read"
            tree.problems.append(at_file(SPECIAL_FILE, prefix + entry.name, message))
    if files:
        tree.folders[folder] = files
    return below


def read_file(root: Path, path: str, limits: Limits = Limits()) -> bytes:  # noqa: B008 - frozen
    """Read a file of a dataset without following a link in its last part.

    Raises:
        UnreadableImage: If it is larger than the limit.
        OSError: If it cannot be read.
    """
    descriptor = os.open(os.path.join(root, path), READ)  # noqa: PTH118 - hot loop
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        # One byte more than its size shows the end of the file in the same call.
        wanted = min(os.fstat(descriptor).st_size, limits.max_bytes) + 1
        data = file.read(wanted) or b""
        while len(data) < wanted and (piece := file.read(wanted - len(data))):
            data += piece
    if len(data) > limits.max_bytes:
        raise UnreadableImage(OVERSIZED_IMAGE, f"more than {limits.max_bytes:,} bytes")
    return data
