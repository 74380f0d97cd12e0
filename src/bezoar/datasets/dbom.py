"""The DBOM: a folder with one TOML file for each version of each dataset."""

import difflib
import os
import re
from collections import Counter
from pathlib import Path
from typing import Final, Protocol

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.manifest import Manifest
from bezoar.datasets.entry import (
    NAME_PATTERN,
    VERSION_PATTERN,
    Artefact,
    Content,
    DbomEntry,
)
from bezoar.datasets.entry_toml import format_entry, parse_entry
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.writing import write_whole

_SPEC: Final = re.compile(rf"({NAME_PATTERN})(?:@({VERSION_PATTERN}))?")
_MAX_BYTES: Final = 1 << 24
_SUFFIXES: Final = (
    ".npz",
    ".parquet",
    ".zip",
    ".tar",
    ".gz",
    ".tgz",
    ".bz2",
    ".tbz2",
    ".xz",
    ".txz",
)


class DbomHome(Protocol):
    """What a DBOM belongs to: a `Project`."""

    @property
    def root(self) -> Path:
        """Absolute path of the project's folder."""
        ...

    @property
    def dbom(self) -> Path:
        """Where the entries lie; it need not exist."""
        ...

    @property
    def state(self) -> Path:
        """Where this checkout's own things lie."""
        ...


class Dbom:
    """What a project knows about its datasets.

    Attributes:
        folder: Where the entries lie; it need not exist.
        root: The project's folder; locations below it are stored relative to it.
    """

    def __init__(self, home: DbomHome) -> None:
        self.folder, self.root, self._home = home.dbom, home.root, home

    @property
    def manifests(self) -> Path:
        """The folder of stored manifests."""
        return self._home.state / "manifests"

    def entries(self, name: str = "*") -> list[DbomEntry]:
        """Return all entries, or those of one name; by name, then oldest first.

        Raises:
            UsageError: If a file cannot be read as an entry.
        """
        paths = sorted(self.folder.glob(f"{name}@*.toml"))
        entries = [self._read(path) for path in paths]
        return sorted(entries, key=lambda entry: (entry.name, entry.added_at, entry.version))

    def find(self, spec: str) -> DbomEntry:
        """Return the entry of `NAME@VERSION`, or the newest of `NAME`.

        Raises:
            UsageError: If there is none.
        """
        name, version = split_spec(spec)
        if version is not None:
            path = self.path(name, version)
            if path.is_file():
                return self._read(path)
        elif entries := self.entries(name):
            return entries[-1]
        raise UsageError(f"{self.folder.name}/ knows no {spec}{self._nearest(spec)}", self._next())

    def at(self, path: Path) -> DbomEntry:
        """Return the newest entry of what lies at a path.

        Raises:
            UsageError: If there is none.
        """
        location = location_of(path, self.root)
        entries = [
            entry
            for entry in self.entries()
            if entry.content is not None and entry.content.location == location
        ]
        if not entries:
            raise UsageError(
                f"{path} is not in the DBOM",
                next=f"bezoar dbom add {path} --name NAME --version VERSION --origin URI",
            )
        return max(entries, key=lambda entry: entry.added_at)

    def locate(self, entry: DbomEntry) -> Path:
        """Return where an entry's data lies.

        Raises:
            UsageError: If nobody has registered its bytes.
        """
        return self.root / entry.registered.location

    def path(self, name: str, version: str) -> Path:
        """Return where the entry of a version is kept."""
        return self.folder / f"{name}@{version}.toml"

    def add(self, entry: DbomEntry) -> Path:
        """Store a new entry and return its path.

        Raises:
            UsageError: If that version is there already: a version never changes its bytes.
            BezoarError: If it cannot be written.
        """
        self.require_new(entry.name, entry.version)
        path = self.path(entry.name, entry.version)
        write_whole(path, format_entry(entry).encode())
        return path

    def put(self, entry: DbomEntry) -> Path:
        """Store a new entry, or complete a draft that has no bytes yet; return its path.

        Raises:
            UsageError: If that version has bytes already.
            BezoarError: If it cannot be written.
        """
        known = self.draft(entry.name, entry.version)
        return self.add(entry) if known is None else self.update(entry)

    def draft(self, name: str, version: str) -> DbomEntry | None:
        """Return the entry of a version that has no bytes yet; None where there is no entry.

        Raises:
            UsageError: If that version has bytes already.
        """
        path = self.path(name, version)
        if not path.is_file():
            self.require_new(name, version)
            return None
        entry = self._read(path)
        if entry.content is not None:
            self.require_new(name, version)
        return entry

    def require_new(self, name: str, version: str) -> None:
        """Refuse a version that is there already.

        Raises:
            UsageError: If it is.
        """
        if os.path.lexists(self.path(name, version)):
            raise UsageError(
                f"{name}@{version} is in the DBOM already; changed data is a new version",
                next=f"bezoar dbom diff {name}@{version} ./PATH",
            )

    def update(self, entry: DbomEntry) -> Path:
        """Store a changed entry in its place; comments that people wrote there stay."""
        path = self.path(entry.name, entry.version)
        write_whole(path, format_entry(entry, path.read_text(encoding="utf-8")).encode())
        return path

    def _read(self, path: Path) -> DbomEntry:
        where = f"{self.folder.name}/{path.name}"
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_BYTES).decode("utf-8")
        except OSError as error:
            raise BezoarError(f"cannot read {where}: {error.strerror}", f"ls -l {path}") from error
        except ValueError as error:
            raise UsageError(f"{where} is not UTF-8", next=f"mend {where}") from error
        entry = parse_entry(text, where)
        if path.name != f"{entry.spec}.toml":
            raise UsageError(f"{where} describes {entry.spec}", next=f"mend {where}")
        return entry

    def _nearest(self, spec: str) -> str:
        specs = [path.name.removesuffix(".toml") for path in self.folder.glob("*@*.toml")]
        names = [known.partition("@")[0] for known in specs]
        near = difflib.get_close_matches(spec, [*specs, *names], n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def _next(self) -> str:
        known = any(self.folder.glob("*@*.toml"))
        return "bezoar dbom list" if known else "bezoar dbom add --help"


def split_spec(spec: str) -> tuple[str, str | None]:
    """Split `NAME[@VERSION]`.

    Raises:
        UsageError: If it has another shape.
    """
    match = _SPEC.fullmatch(spec)
    if not match:
        message = f"not a dataset's name: {spec!r} (want NAME or NAME@VERSION, in lower case)"
        raise UsageError(message, next="bezoar dbom list")
    return match[1], match[2]


def means_path(text: str) -> bool:
    """Tell a path (`./x`, `a/b`, `x.npz`) from a dataset's name (`x`, `x@1.0`)."""
    written = "/" in text or os.sep in text or text.startswith((".", "~"))
    return written or ("@" not in text and text.lower().endswith(_SUFFIXES))


def describe(
    dataset: IndexedDataset, path: Path, manifest: Manifest, digest: Digest, project: Path
) -> Content:
    """Return what an entry says about a dataset's content.

    Args:
        dataset: The opened dataset.
        path: Where it was opened.
        manifest: Its manifest.
        digest: The digest of the stored manifest.
        project: The project's folder.
    """
    classes = Counter(entry.label or "" for entry in manifest.entries)
    return Content(
        location=location_of(path, project),
        samples=len(manifest),
        bytes=manifest.size,
        root=str(manifest.root),
        manifest=str(digest),
        classes=dict(sorted(classes.items(), key=_by_number)),
        artefacts=_artefacts(dataset, path),
        layout="files" if dataset.layout else None,
    )


def _by_number(item: tuple[str, int]) -> tuple[bool, int, str]:
    """Sort class 2 before class 10, and both before words."""
    label = item[0]
    return not label.isdecimal(), len(label) if label.isdecimal() else 0, label


def location_of(path: Path, project: Path) -> str:
    """Return a path relative to the project's folder if it lies below it, else as it is."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays a link
    if absolute.is_relative_to(project):
        return absolute.relative_to(project).as_posix()
    return absolute.as_posix()


def _artefacts(dataset: IndexedDataset, path: Path) -> tuple[Artefact, ...]:
    """Hash the files that hold the samples, unless the samples are files themselves."""
    if dataset.root is not None:
        return ()
    root, names = path.parent, [path.name]
    if path.is_dir():
        root, names = path, sorted(p.relative_to(path).as_posix() for p in path.rglob("*.parquet"))
    results = zip(names, FileHashes(root, names).results(), strict=True)
    return tuple(
        Artefact(path=name, size=one.size, digest=str(Digest("sha256", one.sha256)))
        for name, one in results
        if not one.error
    )
