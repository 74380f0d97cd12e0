"""A copy that is there already: is it, file for file, what was approved?"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.manifest import Entry, Manifest
from bezoar.datasets.containers import readable
from bezoar.datasets.hashing import FileHashes

MISSING: Final = "it is missing"
EXTRA: Final = "nobody approved it"
EXTRA_FOLDER: Final = "nobody approved this folder"
SPECIAL: Final = "it is a link or a special file"
OTHER_BYTES: Final = "its bytes are not those that were approved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a copy differs from what was approved.

    Attributes:
        path: Relative to the dataset's folder.
        why: One of this module's sentences, or why it could not be read.
        wanted: What was approved; None for what nobody approved.
        size: Bytes that are there; None where there are none to count.
        found: Their SHA-256; None where they were not hashed.
    """

    path: str
    why: str
    wanted: Entry | None
    size: int | None = None
    found: Digest | None = None


def check_copy(dataset: str, folder: Path, files: Manifest) -> None:
    """Compare each file of a copy with what was approved, and see that there is no other.

    Raises:
        HashMismatch: If it differs anywhere; nothing is mended.
    """
    found = list(differences(folder, files))
    if not found:
        return
    first = found[0]
    more = f", and {len(found) - 1:,} more differ" if len(found) > 1 else ""
    why = f"{first.why} (in the copy {folder}{more}; to have a whole one, move it away)"
    raise HashMismatch(
        dataset,
        readable(first.path),
        why,
        expected=str(Digest("sha256", first.wanted.sha256)) if first.wanted else "",
        found=str(first.found or ""),
    )


def differences(folder: Path, files: Manifest) -> Iterator[Difference]:
    """Yield what differs between a folder and what was approved: names first, then bytes.

    Raises:
        BezoarError: If the folder cannot be listed.
    """
    wanted = {entry.path: entry for entry in files.entries}
    there, strange = _listed(folder, wanted)
    yield from _names(wanted, there, strange)
    for path, found in zip(there, FileHashes(folder, list(there)).results(), strict=True):
        entry = wanted[path]
        if found.error:
            yield Difference(path, f"it cannot be read: {os.strerror(found.error)}", entry)
        elif (found.size, found.sha256) != (entry.size, entry.sha256):
            digest = Digest("sha256", found.sha256)
            yield Difference(path, OTHER_BYTES, entry, found.size, digest)


def names(folder: Path, files: Manifest) -> list[Difference]:
    """Return what is missing and what nobody approved, by name alone: no file is read.

    Raises:
        BezoarError: If the folder cannot be listed.
    """
    wanted = {entry.path: entry for entry in files.entries}
    return _names(wanted, *_listed(folder, wanted))


def _names(
    wanted: dict[str, Entry], there: dict[str, None], strange: list[Difference]
) -> list[Difference]:
    missing = sorted(wanted.keys() - there.keys() - {one.path for one in strange})
    return [*strange, *(Difference(path, MISSING, wanted[path]) for path in missing)]


def _listed(folder: Path, wanted: dict[str, Entry]) -> tuple[dict[str, None], list[Difference]]:
    """Return the wanted files that are there, and whatever else is."""
    if folder.is_symlink() or not folder.is_dir():
        return {}, [Difference(folder.name, "it is no folder", None)]
    # An empty folder among the classes shifts the number of each class after it.
    folders = {"", *(above for path in wanted for above in _above(path))}
    there, strange, waiting = dict[str, None](), list[Difference](), [""]
    try:
        while waiting:
            below = waiting.pop()
            prefix = f"{below}/" if below else ""
            with os.scandir(f"{folder}/{below}") as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if path in folders:
                            waiting.append(path)
                        else:
                            strange.append(Difference(path, EXTRA_FOLDER, None))
                    elif not entry.is_file(follow_symlinks=False):
                        strange.append(Difference(path, SPECIAL, wanted.get(path)))
                    elif path in wanted:
                        there[path] = None
                    else:
                        strange.append(_extra(path, entry))
    except OSError as error:
        raise BezoarError(
            f"{folder} cannot be read: {error.strerror}", next=f"ls -l {folder}"
        ) from error
    return dict.fromkeys(sorted(there)), sorted(strange, key=lambda one: one.path)


def _extra(path: str, entry: os.DirEntry[str]) -> Difference:
    return Difference(path, EXTRA, None, entry.stat(follow_symlinks=False).st_size)


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
