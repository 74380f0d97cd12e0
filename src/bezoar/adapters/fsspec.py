"""fsspec: files by address, as `bezoar://NAME@VERSION/PATH`, for whatever reads by fsspec."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

from fsspec import AbstractFileSystem

from bezoar.core.manifest import Entry


class Files(Protocol):
    """The files of a dataset, verified by whoever hands them in."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Each file by its path."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Return a file to read from."""
        ...


class VerifiedFileSystem(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system of datasets; it can only be read."""

    protocol = "bezoar"
    root_marker = ""

    @abstractmethod
    def files(self, dataset: str) -> Files:
        """Return the files of a dataset, by `NAME` or `NAME@VERSION`."""

    @abstractmethod
    def datasets(self) -> list[str]:
        """Return which datasets there are, as `NAME@VERSION`."""

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List a folder, or the datasets.

        Raises:
            FileNotFoundError: If there is no such folder.
        """
        dataset, _, below = self._strip_protocol(path).partition("/")
        if not dataset:
            found = [_folder(name) for name in self.datasets()]
        else:
            found = _listed(self.files(dataset).entries, dataset, below)
        if not found:
            raise FileNotFoundError(path)
        return found if detail else [one["name"] for one in found]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Describe a file or a folder.

        Raises:
            FileNotFoundError: If there is none.
        """
        stripped = self._strip_protocol(path)
        dataset, _, below = stripped.partition("/")
        if not below:
            if dataset:
                self.files(dataset)
            return _folder(stripped)
        entries = self.files(dataset).entries
        if below in entries:
            return _file(dataset, entries[below])
        if any(name.startswith(f"{below}/") for name in entries):
            return _folder(stripped)
        raise FileNotFoundError(path)

    def _open(self, path: str, mode: str = "rb", **_: Any) -> BinaryIO:
        """Open a file; all of it was verified before this returns.

        Raises:
            PermissionError: If it is to be written: data changes in a new version.
            FileNotFoundError: If there is none.
        """
        if mode != "rb":
            raise PermissionError(f"{path}: an approved version is not for writing")
        dataset, _, below = self._strip_protocol(path).partition("/")
        files = self.files(dataset)
        if below not in files.entries:
            raise FileNotFoundError(path)
        return files.open(below)


def _listed(entries: Mapping[str, Entry], dataset: str, below: str) -> list[dict[str, Any]]:
    if below in entries:
        return [_file(dataset, entries[below])]
    prefix = f"{below.rstrip('/')}/" if below else ""
    found: dict[str, dict[str, Any]] = {}
    for path, entry in entries.items():
        if path.startswith(prefix):
            name, slash, _ = path[len(prefix) :].partition("/")
            full = f"{dataset}/{prefix}{name}"
            found[full] = _folder(full) if slash else _file(dataset, entry)
    return list(found.values())


def _folder(name: str) -> dict[str, Any]:
    return {"name": name, "size": 0, "type": "directory"}


def _file(dataset: str, entry: Entry) -> dict[str, Any]:
    name = f"{dataset}/{entry.path}"
    return {"name": name, "size": entry.size, "type": "file", "sha256": entry.sha256.hex()}
