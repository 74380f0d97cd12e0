"""`Scripts`: the shell scripts of a tree, for those that run another one in their own place."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.tree import File

_SOURCES: Final = re.compile(rb"(?m)(?:^|[;&|{(]|\bthen|\bdo|\belse)[ \t]*(?:\.|source)[ \t]+\S")
_LARGEST: Final = 1 << 16
"""Bytes: what people source holds settings."""


@dataclass
class Scripts:
    """The shell scripts of a tree.

    Attributes:
        files: By path.
        sourcing: Paths of those that run another one in their own place.
    """

    files: dict[str, File] = field(default_factory=dict)
    sourcing: set[str] = field(default_factory=set)

    def see(self, file: File, data: bytes) -> None:
        """Note a script."""
        self.files[file.path] = file
        if _SOURCES.search(data):
            self.sourcing.add(file.path)

    def again(self, fetches: dict[str, list[Fetch]]) -> Iterator[File]:
        """Yield the scripts whose fetches are decided by what may stand in another one."""
        for path in sorted(self.sourcing & fetches.keys()):
            if any(fetch.decided_by for fetch in fetches[path]):
                yield self.files[path]

    def named(self, script: str, path: str) -> File | None:
        """Return the script that another one means; None where the tree has none such."""
        for candidate in _candidates(posixpath.dirname(script), path):
            found = self.files.get(candidate)
            if found is not None and found.path != script and found.size <= _LARGEST:
                return found
        return None


def _candidates(folder: str, path: str) -> Iterable[str]:
    """Yield where a path may lead: from the script's folder, or from the tree's."""
    # `$(dirname "$0")/a.sh` and the like: what nobody knows is nearly always that folder.
    plain = path.rpartition("}")[2].lstrip("/") if "{" in path else path
    for base in (folder, ""):
        yield posixpath.normpath(posixpath.join(base, plain))
