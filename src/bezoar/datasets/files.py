"""Reader: files as they are, for what is no set of images: tables, models, corpora.

Each file is one sample without a label, whatever it holds: enough to pin its bytes.
"""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.datasets.containers import SPECIAL_FILE, UNREADABLE_CONTAINER, UNSAFE_NAME
from bezoar.datasets.entry import Content
from bezoar.datasets.folders import list_folder, read_file
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.tree import Tree, indexed

FILES: Final = "files"
"""The layout, as an entry says it."""


def open_files(path: Path) -> IndexedDataset:
    """Open a file, or all regular files below a folder, each as one sample.

    Raises:
        UsageError: If there is nothing at `path`.
        NothingToInspectError: If there is no file in it.
        BezoarError: If it may not be looked at.
    """
    try:
        if path.is_dir():
            tree = list_folder(path)
        elif path.is_file():
            tree = Tree(path.name, partial(read_file, path.parent), root=path.parent)
            tree.add(path.name)
        else:
            raise UsageError(f"{path} does not exist", next=f"ls {path.parent}")
    except OSError as error:
        raise BezoarError(
            f"{path} cannot be read: {error.strerror}", next=f"ls -l {path}"
        ) from error
    keys = sorted(chain.from_iterable(_paths(folder, tree) for folder in tree.folders))
    if not keys:
        raise NothingToInspectError(f"{path} holds no file", next=f"ls -l {path}")
    checked = [UNSAFE_NAME, UNREADABLE_CONTAINER, SPECIAL_FILE]
    return indexed(tree, keys, None, tree.problems, checked, layout=FILES)


def open_registered(content: Content, path: Path) -> IndexedDataset:
    """Open what lies at a path as it was registered; errors are those of the two readers."""
    return open_files(path) if content.layout == FILES else open_dataset(path)


def _paths(folder: str, tree: Tree) -> list[str]:
    return [f"{folder}/{name}" if folder else name for name in tree.folders[folder]]
