"""Samples in a tree of files, a folder or an archive: class folders, label tables, or both."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.containers import (
    SPECIAL_FILE,
    UNREADABLE_CONTAINER,
    UNSAFE_NAME,
    at_file,
    colliding,
    readable,
)
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.label_table import (
    LISTING_MISMATCH,
    NoLabelTableError,
    Row,
    read_label_table,
)
from bezoar.datasets.labelling import LABELS_DISAGREE, UNLABELLED, reconcile, unlabelled

NOT_AN_IMAGE = Rule(
    code="BZ209",
    name="not-an-image",
    title="File that is no image in a class folder",
    severity=Severity.LOW,
    why="No check looks at it, and some loaders will read it.",
)

IMAGE_EXTENSIONS: Final = frozenset(
    "png jpg jpeg jpe ppm pgm pbm pnm webp bmp dib gif".split()  # noqa: SIM905 - reads better
)
IMAGE_SUFFIXES: Final = tuple(f".{extension}" for extension in sorted(IMAGE_EXTENSIONS))
_TABLE_SUFFIXES: Final = (".csv", ".tsv")
_SPLITS: Final = frozenset(
    {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
)


@dataclass
class Tree:
    """The regular files of a folder or an archive.

    Attributes:
        name: A short name for people.
        read: Reads a file by its path; OSError or ValueError if it cannot.
        folders: File names by folder; the root is the empty string.
        problems: What is no regular file, or has no safe name.
        root: The folder on disk; None for archives.
    """

    name: str
    read: Callable[[str], bytes]
    folders: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    root: Path | None = None

    def add(self, path: str) -> None:
        """Add a file by its path."""
        folder, _, name = path.rpartition("/")
        self.folders.setdefault(folder, []).append(name)


def tree_dataset(tree: Tree) -> IndexedDataset:
    """Return the images of a tree as samples.

    The class of a sample is what a label table says (see `labelling`), else its class folder: the
    top folder below the root, where folders that all images share, and folders named after splits
    (`train`, `test`, …), do not count.
    """
    images, others = _sorted_out(tree)
    level = class_level(images)
    rows = list(_rows(tree, others))
    problems = tree.problems + list(_strangers(others, level, {row.table for row in rows}))
    keys = list(itertools.chain.from_iterable(images.values()))
    labels: list[str | None]
    if rows:
        folders: dict[str, str | None] = {}
        for folder, paths in images.items():
            folders |= dict.fromkeys(paths, _class_folder(folder, level))
        labelling = reconcile(folders, rows)
        labels = list(labelling.labels.values())
        problems += labelling.problems
    else:
        labels = []
        for folder, paths in images.items():
            name = _class_folder(folder, level)
            labels += [None if name is None else readable(name)] * len(paths)
    checked = [UNSAFE_NAME, UNREADABLE_CONTAINER, SPECIAL_FILE, NOT_AN_IMAGE, UNLABELLED]
    checked += [LABELS_DISAGREE, LISTING_MISMATCH] if rows else []
    return indexed(tree, keys, labels, problems, checked)


Paths = dict[str, list[str]]
"""Paths by folder, both sorted as the paths are."""


def _sorted_out(tree: Tree) -> tuple[Paths, Paths]:
    """Return the images, and the other files."""
    images: Paths = {}
    others: Paths = {}
    for folder in sorted(tree.folders, key=lambda folder: f"{folder}/" if folder else ""):
        prefix = f"{folder}/" if folder else ""
        for name in sorted(tree.folders[folder]):
            kind = images if name.lower().endswith(IMAGE_SUFFIXES) else others
            kind.setdefault(folder, []).append(prefix + name)
    return images, others


def class_level(folders: Iterable[str]) -> int:
    """Return how many folders lie above the class folders, given the folders that hold images."""
    parts = [folder.split("/") if folder else [] for folder in folders]
    level = 0
    while parts and all(len(part) > level + 1 for part in parts):
        here = {part[level].lower() for part in parts}
        if len(here) > 1 and not here <= _SPLITS:
            break
        level += 1
    return level


def _class_folder(folder: str, level: int) -> str | None:
    parts = folder.split("/", level + 1) if folder else []
    return parts[level] if len(parts) > level else None


def with_suffix(tree: Tree, suffix: str) -> list[str]:
    """Return the paths of all files whose name ends so."""
    _, others = _sorted_out(tree)
    return [path for paths in others.values() for path in paths if path.lower().endswith(suffix)]


def _rows(tree: Tree, others: Paths) -> Iterator[Row]:
    paths = itertools.chain.from_iterable(others.values())
    for table in (path for path in paths if path.lower().endswith(_TABLE_SUFFIXES)):
        try:
            yield from read_label_table(tree.read(table), table)
        except NoLabelTableError as error:
            # Other tables lie beside datasets too; half a label table is worth a word.
            if error.almost:
                tree.problems.append(_no_table(table, error, Severity.LOW))
        except (OSError, ValueError) as error:
            tree.problems.append(_no_table(table, error, Severity.HIGH))


def _no_table(table: str, error: Exception, severity: Severity) -> Finding:
    message = f"it cannot be read as a label table: {readable(str(error))}"
    return at_file(UNREADABLE_CONTAINER, table, message, severity=severity)


def _strangers(others: Paths, level: int, tables: set[str]) -> Iterator[Finding]:
    """Report what no reader looks at in class folders.

    Files in the root, and in the folders above the classes, are companions (a README, a licence).
    """
    for folder, paths in others.items():
        if _class_folder(folder, level) is None:
            continue
        strangers = [path for path in paths if path not in tables]
        if folder.startswith(".") and strangers:
            message = f"a hidden folder that no check reads ({len(strangers)} files)"
            yield at_file(NOT_AN_IMAGE, folder, message, files=len(strangers))
        else:
            for path in strangers:
                yield at_file(NOT_AN_IMAGE, path, "no check reads it")


def indexed(
    tree: Tree,
    keys: list[str],
    labels: list[str | None] | None,
    problems: list[Finding],
    checked: list[Rule],
    *,
    layout: str | None = None,
) -> IndexedDataset:
    """Return files of a tree as samples; of two that read alike the first one.

    Args:
        tree: Where they lie.
        keys: Their paths.
        labels: One for each; None where there are none to have.
        problems: What was odd so far.
        checked: The rules that were applied.
        layout: See `IndexedDataset`.
    """
    wanted, labels = labels is not None, labels or [None] * len(keys)
    ids = [readable(path) for path in keys]
    if len(set(ids)) < len(ids):
        kept = {name: i for i, name in reversed(list(enumerate(ids)))}
        twice = [i for i, name in enumerate(ids) if kept[name] != i]
        problems += [
            at_file(UNSAFE_NAME, ids[i], "two files have this name; one of them is read")
            for i in twice
        ]
        order = sorted(kept.values())
        keys, labels = [keys[i] for i in order], [labels[i] for i in order]
        ids = [ids[i] for i in order]
    problems += (unlabelled(ids, labels) if wanted else []) + colliding(ids)
    return IndexedDataset(
        name=tree.name,
        ids=ids,
        labels=labels,
        keys=keys,
        read=tree.read,
        problems=tuple(problems),
        checked=tuple(checked),
        root=tree.root,
        layout=layout,
    )
