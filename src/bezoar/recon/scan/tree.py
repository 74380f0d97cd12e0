"""The files of a stranger's tree: no link leads out of it, nothing special is opened."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Protocol

from bezoar.datasets.regular import READ
from bezoar.recon.scan.dispatch import reader
from bezoar.syntax.unreadable import UnreadableError

SKIPPED: Final = frozenset(
    {"node_modules", "bower_components", "site-packages", "vendor", "_vendor", "vendored"}
    | {"third_party", "third-party", "thirdparty", "__pycache__", "build", "dist", "_build"}
    | {".tox", ".nox", ".eggs", ".venv", "venv", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
    | {".ipynb_checkpoints", ".terraform", ".bezoar", ".hypothesis"}
)
"""Folders that hold what others wrote, or what a program made; each one met is named."""

_HISTORY: Final = frozenset({".git", ".hg", ".svn", ".bzr"})
# What a tree has most of and nothing reads: these names cost no second look.
_NO_CODE: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".ppm", ".gif", ".webp", ".bmp", ".svg", ".tif", ".tiff", ".pdf"}
    | {".npy", ".npz", ".pt", ".pth", ".bin", ".safetensors", ".onnx", ".parquet", ".arrow", ".h5"}
    | {".csv", ".tsv", ".txt", ".md", ".rst", ".html", ".css", ".js", ".ts", ".wav", ".mp3"}
    | {".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".o", ".so", ".pyc", ".whl", ".flac", ".mp4"}
    | {".zip", ".gz", ".tar", ".xz", ".bz2", ".avi", ".woff", ".woff2", ".ttf"}
)
_SCRIPT_HEAD: Final = 256


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that nobody could look into.

    Attributes:
        path: Relative to the tree, with `/`.
        why: One sentence.
    """

    path: str
    why: str


class File(Protocol):
    """One file of a tree."""

    @property
    def path(self) -> str:
        """Relative to the tree, with `/`."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def read(self, most: int) -> bytes:
        """Return the file's first bytes.

        Raises:
            UnreadableError: It is gone, no regular file, or nobody may read it.
        """
        ...


class Tree(Protocol):
    """Files that are worth a look, in the order of their paths, and what became of the others.

    Attributes:
        files: How many files of any kind were met, once iterated.
        bytes: How many bytes they have together.
        skipped: Folders that were not looked into.
    """

    files: int
    bytes: int
    skipped: list[str]

    def __iter__(self) -> Iterator[File | Unreadable]:
        """Yield what may have a reader."""
        ...


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A file of a folder; `File` says what is promised."""

    path: str
    size: int
    full: str

    def read(self, most: int) -> bytes:
        """Return the file's first bytes; see `File.read`."""
        # Not blocking: what was a file a moment ago may be a pipe that nobody writes to by now.
        try:
            with open(os.open(self.full, READ), "rb") as file:  # noqa: PTH123 - the flags count
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise UnreadableError("no regular file")
                return file.read(most)
        except OSError as error:
            raise UnreadableError(error.strerror or "cannot be opened") from None


@dataclass
class Folder:
    """A folder on disk as a `Tree`; each iteration walks it anew.

    Attributes:
        root: Its path; a single file is a tree of one.
        prefix: What stands before each path: "" or a folder with its slash.
        everything: Whether the folders of `SKIPPED` are looked into, too.
        exclude: Patterns of paths (as `fnmatch` reads them) that nobody looks into.
        entered: Paths of folders that are looked into whatever they are called.
    """

    root: str
    prefix: str = ""
    everything: bool = False
    exclude: tuple[str, ...] = ()
    entered: frozenset[str] = frozenset()
    files: int = 0
    bytes: int = 0
    skipped: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[File | Unreadable]:
        """Yield what may have a reader, in the order of the paths."""
        self.files, self.bytes, self.skipped = 0, 0, []
        if not os.path.isdir(self.root):  # noqa: PTH112 - text all the way
            yield from self._one(self.prefix + os.path.basename(self.root), self.root)  # noqa: PTH119 - the same
            return
        # An explicit stack: a tree deeper than Python's own must not end the scan.
        pending: list[tuple[str, str] | File | Unreadable] = [(self.prefix, self.root)]
        while pending:
            item = pending.pop()
            if isinstance(item, tuple):
                pending.extend(reversed(self._listed(*item)))
            else:
                yield item

    def _one(self, name: str, full: str) -> Iterator[File | Unreadable]:
        try:
            found = os.stat(full)  # noqa: PTH116 - a file that a person named may be a link
        except OSError as error:
            yield Unreadable(shown(name), error.strerror or "cannot be opened")
            return
        self.files, self.bytes = 1, found.st_size
        yield FileOnDisk(shown(name), found.st_size, os.path.realpath(full))

    def _listed(self, prefix: str, full: str) -> "list[tuple[str, str] | File | Unreadable]":
        """Return a folder's files and folders, sorted by name."""
        try:
            with os.scandir(full) as entries:
                looked_at = ((entry.name, self._looked_at(prefix, entry)) for entry in entries)
                named = [(name, item) for name, item in looked_at if item is not None]
        except OSError as error:
            where = shown(prefix.rstrip("/")) or "."
            return [Unreadable(where, error.strerror or "cannot be listed")]
        named.sort(key=lambda pair: pair[0])
        return [item for _, item in named]

    def _looked_at(
        self, prefix: str, entry: "os.DirEntry[str]"
    ) -> "tuple[str, str] | File | Unreadable | None":
        path = prefix + entry.name
        try:
            if entry.is_symlink():
                return self._link(path, entry.path)
            if entry.is_dir(follow_symlinks=False):
                return (path + "/", entry.path) if self._enters(path, entry) else None
            found = entry.stat(follow_symlinks=False)
        except OSError as error:
            return Unreadable(shown(path), error.strerror or "cannot be looked at")
        self.files += 1
        if not stat.S_ISREG(found.st_mode):
            return Unreadable(shown(path), "no regular file") if reader(path) else None
        self.bytes += found.st_size
        if is_data(entry.name) or self._excluded(path):
            return None
        return FileOnDisk(shown(path), found.st_size, entry.path)

    def _enters(self, path: str, entry: "os.DirEntry[str]") -> bool:
        if entry.name in _HISTORY:
            return False
        if self._excluded(path + "/"):
            wanted = False
        elif self.everything or path in self.entered:
            wanted = True
        else:
            made = entry.name in SKIPPED or entry.name.endswith(".egg-info")
            # What `python -m venv` leaves in each environment, whatever its name.
            wanted = not made and not os.path.exists(f"{entry.path}/pyvenv.cfg")  # noqa: PTH110
        if wanted:
            return True
        self.skipped.append(shown(path))
        return False

    def _excluded(self, path: str) -> bool:
        return any(
            fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/") + "/")
            for pattern in self.exclude
        )

    def _link(self, path: str, full: str) -> Unreadable | None:
        """Judge a link: what it leads to is read under its own name, if it lies in the tree."""
        try:
            target = os.path.realpath(full, strict=True)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return Unreadable(shown(path), "a link that leads back to itself")
            return Unreadable(shown(path), "a link that leads nowhere") if reader(path) else None
        root = os.path.realpath(self.root)
        if target == root or target.startswith(root.rstrip("/") + "/"):
            return None
        if os.path.isdir(target) or reader(path):  # noqa: PTH112 - text all the way
            return Unreadable(shown(path), "a link out of the tree; it was not followed")
        return None


def is_data(name: str) -> bool:
    """Say whether a name's end alone tells that no reader wants the file."""
    return os.path.splitext(name)[1].lower() in _NO_CODE  # noqa: PTH122 - a million names


def head_of(file: File) -> bytes:
    """Return the first bytes where only they tell what a file is: a script without a suffix."""
    return b"" if "." in file.path.rpartition("/")[2].lstrip(".") else file.read(_SCRIPT_HEAD)


def shown(path: str) -> str:
    """Return a path as text that any file can hold: bytes that are no UTF-8 are written out."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")
