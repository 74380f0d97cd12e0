"""Files written below one folder, and nowhere else, whatever the names say.

Each folder on the way is opened by its handle and must be a folder, so that no link can lead
away; each file must not have been there. Permissions are ours: what an archive says of them is
not taken over.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from bezoar.datasets.unpack.rules import COLLIDING_ENTRIES, Refused

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Writer:
    """Writes below a folder.

    Attributes:
        files: How many files it wrote.
    """

    def __init__(self, root: int) -> None:
        """Take the handle of the folder; it stays the caller's."""
        self._root, self.files = root, 0
        # The way to the folder written to last: entries come folder by folder.
        self._way: list[tuple[str, int]] = []

    def folder(self, parts: tuple[str, ...]) -> None:
        """Make a folder, and those above it.

        Raises:
            Refused: If a file is in its way.
        """
        self._enter(parts)

    def file(self, parts: tuple[str, ...], pieces: Iterable[bytes]) -> None:
        """Write a file, and make the folders above it.

        Raises:
            Refused: If there is something of this name.
        """
        folder = self._enter(parts[:-1])
        try:
            handle = os.open(parts[-1], _NEW, 0o644, dir_fd=folder)
        except FileExistsError as error:
            raise _in_the_way() from error
        with os.fdopen(handle, "wb", buffering=0) as file:
            for piece in pieces:
                _write(file.fileno(), piece)
        self.files += 1

    def close(self) -> None:
        """Give the handles back."""
        self._leave(0)

    def _enter(self, parts: tuple[str, ...]) -> int:
        known = 0
        for (name, _), part in zip(self._way, parts, strict=False):
            if name != part:
                break
            known += 1
        self._leave(known)
        for part in parts[known:]:
            self._way.append((part, _opened(part, self._here())))
        return self._here()

    def _here(self) -> int:
        return self._way[-1][1] if self._way else self._root

    def _leave(self, depth: int) -> None:
        while len(self._way) > depth:
            os.close(self._way.pop()[1])


def _opened(name: str, above: int) -> int:
    with suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=above)
    try:
        return os.open(name, _FOLDER, dir_fd=above)
    except NotADirectoryError as error:
        raise _in_the_way() from error


def _write(file: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(file, rest) :]


def _in_the_way() -> Refused:
    return Refused(COLLIDING_ENTRIES, "not safe to unpack: another entry has this name")
