"""The file system that an image's layers make together; whiteouts are honoured."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.recon.scan.image.artefacts import PICTURES, ending_of
from bezoar.recon.scan.image.faults import Artefact

WHITEOUT: Final = ".wh."
OPAQUE: Final = ".wh..wh..opq"
MOST_HELD: Final = 500_000
"""How many files and folders are kept in memory."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is worth a look.

    Attributes:
        layer: The number of its layer.
        number: The number of its entry in the layer.
        artefact: What it is, where it is data or a model.
    """

    layer: int
    number: int
    artefact: Artefact | None = None


@dataclass(slots=True)
class Folder:
    """A folder.

    Attributes:
        below: What lies in it and is worth a look; None marks what hides a file below.
        pictures: How many pictures lie in it; they are not kept one by one.
        bytes: Theirs.
        layer: The layer that brought the last of them.
    """

    below: "dict[str, Folder | Held | None]" = field(default_factory=dict)
    pictures: int = 0
    bytes: int = 0
    layer: int = 0


class Changes:
    """What one layer changes."""

    def __init__(self, base: Folder) -> None:
        self._base, self.top, self.held = base, Folder(), 0
        self._gone: list[tuple[tuple[str, ...], bool]] = []

    def add(self, parts: tuple[str, ...], held: Held | None) -> None:
        """Put a file, or note that one that is of no interest hides what was there.

        Raises:
            OverflowError: If more is held than fits into memory.
        """
        if held is None and not _has(self._base, parts) and not _has(self.top, parts):
            return
        folder = self._folder(parts[:-1])
        self.held += parts[-1] not in folder.below
        folder.below[parts[-1]] = held
        if self.held > MOST_HELD:
            raise OverflowError(f"more than {MOST_HELD:,} files are worth a look")

    def picture(self, parts: tuple[str, ...], size: int, layer: int) -> None:
        """Count a picture."""
        folder = self._folder(parts[:-1])
        folder.pictures += 1
        folder.bytes += size
        folder.layer = layer

    def remove(self, parts: tuple[str, ...], *, inside: bool) -> None:
        """Note a whiteout: of a file or folder, or of all that is inside a folder.

        Raises:
            OverflowError: If there are more than fit into memory.
        """
        self._gone.append((parts, inside))
        if len(self._gone) > MOST_HELD:
            raise OverflowError(f"more than {MOST_HELD:,} whiteouts")

    def apply(self) -> None:
        """Change what lay below: whiteouts first, for they speak of lower layers alone."""
        for parts, inside in self._gone:
            _remove(self._base, parts, inside=inside)
        pending = [(self._base, self.top)]
        while pending:
            base, top = pending.pop()
            base.pictures += top.pictures
            base.bytes += top.bytes
            base.layer = max(base.layer, top.layer)
            for name, item in top.below.items():
                under = base.below.get(name)
                if isinstance(item, Folder) and isinstance(under, Folder):
                    pending.append((under, item))
                elif item is None:
                    base.below.pop(name, None)
                else:
                    base.below[name] = item

    def _folder(self, parts: tuple[str, ...]) -> Folder:
        folder = self.top
        for part in parts:
            under = folder.below.get(part)
            if not isinstance(under, Folder):
                self.held += 1
                under = folder.below[part] = Folder()
            folder = under
        return folder


def walk(root: Folder) -> Iterator[tuple[str, Folder | Held]]:
    """Yield everything with its path; a folder's ends with a slash."""
    pending: list[tuple[str, Folder | Held]] = [("", root)]
    while pending:
        path, item = pending.pop()
        yield path, item
        if isinstance(item, Folder):
            for name, under in sorted(item.below.items(), reverse=True):
                if isinstance(under, Folder):
                    pending.append((f"{path}{name}/", under))
                elif under is not None:
                    pending.append((path + name, under))


def _at(root: Folder, parts: tuple[str, ...]) -> Folder | None:
    folder = root
    for part in parts:
        under = folder.below.get(part)
        if not isinstance(under, Folder):
            return None
        folder = under
    return folder


def _has(root: Folder, parts: tuple[str, ...]) -> bool:
    folder = _at(root, parts[:-1])
    return folder is not None and folder.below.get(parts[-1]) is not None


def _remove(root: Folder, parts: tuple[str, ...], *, inside: bool) -> None:
    if inside:
        folder = _at(root, parts)
        if folder is not None:
            folder.below.clear()
            folder.pictures = folder.bytes = 0
        return
    folder = _at(root, parts[:-1]) if parts else None
    if folder is None:
        return
    gone = folder.below.pop(parts[-1], None)
    if gone is None and ending_of(parts[-1]) in PICTURES and folder.pictures:
        folder.bytes -= folder.bytes // folder.pictures
        folder.pictures -= 1
