"""Reader: class folders inside a .zip, without unpacking."""

import lzma
import stat
import struct
import zipfile
import zlib
from functools import partial
from pathlib import Path

from bezoar.datasets.containers import (
    SPECIAL_FILE,
    UNSAFE_NAME,
    at_file,
    damaged,
    why_unsafe,
)
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.tree import Tree, tree_dataset
from bezoar.datasets.unreadable import (
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
    Limits,
    UnreadableImage,
)

# What zipfile raises for damaged, encrypted or exotic entries.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,
    ValueError,
)


def open_zip(path: Path) -> IndexedDataset:
    """Open class folders inside a .zip; the samples' ids are the names of its entries."""
    try:
        archive = zipfile.ZipFile(path)
    except (*DAMAGE, OSError) as error:
        tree = Tree(name=path.name, read=_nothing, problems=[damaged(path.name, str(error))])
        return tree_dataset(tree)
    tree = Tree(name=path.name, read=partial(_read, archive))
    _list(archive, tree)
    return tree_dataset(tree)


def _list(archive: zipfile.ZipFile, tree: Tree) -> None:
    # Of two entries with one name zipfile, like most tools, reads the last; the tree reports both.
    for entry in archive.infolist():
        name = entry.orig_filename
        if name.endswith("/") and not why_unsafe(name[:-1]):
            continue
        why = why_unsafe(name) or ("" if entry.filename == name else "it has two names")
        if why:
            tree.problems.append(at_file(UNSAFE_NAME, name, f"not safe to unpack: {why}"))
        elif stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            message = "it is a link or special file, which is not read"
            tree.problems.append(at_file(SPECIAL_FILE, name, message))
        else:
            tree.add(name)


def _read(archive: zipfile.ZipFile, name: str, limits: Limits = Limits()) -> bytes:  # noqa: B008 - frozen
    try:
        with archive.open(name) as file:
            data = file.read(limits.max_bytes + 1)
    except DAMAGE as error:
        raise UnreadableImage(UNREADABLE_IMAGE, str(error) or type(error).__name__) from error
    if len(data) > limits.max_bytes:
        raise UnreadableImage(OVERSIZED_IMAGE, f"more than {limits.max_bytes:,} bytes")
    return data


def _nothing(name: str) -> bytes:
    raise UnreadableImage(UNREADABLE_IMAGE, f"{name} is in an archive that cannot be read")
