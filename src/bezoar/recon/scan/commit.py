"""A commit as a tree: what a change is compared with, read without checking anything out."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from bezoar.recon.scan.git import Blobs, git, top_of
from bezoar.recon.scan.tree import SKIPPED, Unreadable, is_data, shown
from bezoar.syntax.unreadable import UnreadableError

_REGULAR: Final = frozenset({"100644", "100755", "100664"})
_LARGEST_SETTING: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a commit; `tree.File` says what is promised."""

    path: str
    size: int
    name: str
    store: Blobs

    def read(self, most: int) -> bytes:
        """Return the file's first bytes; see `tree.File.read`."""
        if self.size > most > 1 << 16:
            raise UnreadableError("too large")
        try:
            return self.store.read(self.name)[:most]
        except OSError as error:
            raise UnreadableError(str(error)) from None


@dataclass
class Commit:
    """The files of a commit below a folder, as a `tree.Tree`.

    Attributes:
        folder: A folder of the repository; paths are relative to it.
        name: The commit's full name.
        prefix: What stands before each path: "" or a folder with its slash.
        everything: Whether the folders of `tree.SKIPPED` are looked into, too.
        exclude: Patterns of paths that nobody looks into.
    """

    folder: Path
    name: str
    prefix: str = ""
    everything: bool = False
    exclude: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    skipped: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Blob | Unreadable]:
        """Yield what may have a reader, in the order of the paths."""
        self.files, self.bytes, self.skipped = 0, 0, []
        prefix, skipped = self._prefix(), set()
        with Blobs(self.folder) as store:
            for mode, name, size, path in self._listed():
                if not path.startswith(prefix):
                    continue
                below = self.prefix + path[len(prefix) :]
                if made := self._made(below):
                    skipped.add(made)
                    continue
                self.files, self.bytes = self.files + 1, self.bytes + size
                if mode in _REGULAR and not is_data(below) and not self._excluded(below):
                    yield Blob(shown(below), size, name, store)
        self.skipped = sorted(skipped)

    def text(self, path: str) -> str | None:
        """Return a small text file, by its path below the folder; None where there is none."""
        wanted = self._prefix() + path
        for mode, name, size, found in self._listed(wanted):
            if found == wanted and mode in _REGULAR and size <= _LARGEST_SETTING:
                with Blobs(self.folder) as store:
                    return store.read(name).decode("utf-8", "backslashreplace")
        return None

    def texts(self, folder: str) -> dict[str, str]:
        """Return the small text files of a folder by their paths below `self.folder`."""
        prefix, found = self._prefix(), {}
        with Blobs(self.folder) as store:
            for mode, name, size, path in self._listed(f"{prefix}{folder}/"):
                if mode in _REGULAR and size <= _LARGEST_SETTING:
                    text = store.read(name).decode("utf-8", "backslashreplace")
                    found[path[len(prefix) :]] = text
        return found

    def _prefix(self) -> str:
        """Return the folder's path in the repository, with a slash at its end unless it is top."""
        return os.fsdecode(git(self.folder, "rev-parse", "--show-prefix").rstrip(b"\n"))

    def _listed(self, *paths: str) -> Iterator[tuple[str, str, int, str]]:
        """Yield mode, name, size and full path of the commit's files."""
        top = top_of(self.folder)
        arguments = ("ls-tree", "-r", "-z", "-l", "--full-tree", self.name, "--", *paths)
        for line in git(top, *arguments).split(b"\0"):
            head, tab, path = line.partition(b"\t")
            if tab:
                mode, _kind, name, size = head.decode().split()
                yield mode, name, int(size) if size != "-" else 0, os.fsdecode(path)

    def _made(self, path: str) -> str:
        """Return the folder on the way that is not looked into, "" where there is none."""
        parts = path.split("/")[:-1]
        for depth, part in enumerate(parts, 1):
            if not self.everything and (part in SKIPPED or part.endswith(".egg-info")):
                return "/".join(parts[:depth])
        return ""

    def _excluded(self, path: str) -> bool:
        return any(
            fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/") + "/")
            for pattern in self.exclude
        )
