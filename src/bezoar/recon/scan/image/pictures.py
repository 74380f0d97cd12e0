"""Class folders of pictures in an image: a data set that no ending tells."""

from collections.abc import Iterator
from typing import Final

from bezoar.recon.scan.image.faults import Artefact
from bezoar.recon.scan.image.view import Folder, walk
from bezoar.recon.scan.tree import shown

_FEWEST_CLASSES: Final = 2
_FEWEST_IN_CLASS: Final = 10
_FEWEST: Final = 100


def class_folders(root: Folder, layers: list[str], prefix: str) -> Iterator[Artefact]:
    """Yield each folder whose folders are full of pictures, or that is full of them itself.

    Args:
        root: The file system.
        layers: The layers' digests.
        prefix: What stands before each path.
    """
    named = set()
    for path, item in walk(root):
        if not isinstance(item, Folder):
            continue
        below = [one for one in item.below.values() if isinstance(one, Folder)]
        classes = [one for one in below if one.pictures >= _FEWEST_IN_CLASS]
        where = shown(prefix + path) or "./"
        if len(classes) >= _FEWEST_CLASSES and sum(one.pictures for one in classes) >= _FEWEST:
            named.add(path)
            yield _artefact(where, classes, layers, f"{len(classes):,} class folders")
        # What lies in a class was counted with its set: a folder comes before those in it.
        if item.pictures >= _FEWEST and _parent(path) not in named:
            yield _artefact(where, [item], layers)


def _artefact(where: str, folders: list[Folder], layers: list[str], note: str = "") -> Artefact:
    return Artefact(
        path=where,
        kind="dataset",
        form="images",
        size=sum(one.bytes for one in folders),
        layer=layers[max(one.layer for one in folders)],
        files=sum(one.pictures for one in folders),
        note=note,
    )


def _parent(path: str) -> str | None:
    """Return the folder above, with its slash; None for the root."""
    if not path:
        return None
    above, slash, _ = path.rstrip("/").rpartition("/")
    return above + slash
