"""A snapshot in the cache of the Hugging Face Hub, read without its library.

Layout (huggingface_hub, guide "Understand caching"): `datasets--OWNER--NAME/snapshots/COMMIT/…`
holds links into `datasets--OWNER--NAME/blobs/`, where a file is named by the digest that the Hub
states for it: the SHA-256 of one that LFS stores, Git's SHA-1 of a small one.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_REPOSITORY: Final = re.compile(r"(?P<kind>datasets|models)--(?P<name>[A-Za-z0-9._-]+)")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_DIGESTS: Final = {64: "sha256", 40: "git-blob-sha1"}
_MOST_FILES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot's folder says.

    Attributes:
        uri: The repository's page.
        commit: Its full name.
        files: (path, digest, size, where the bytes lie) of each link.
        loose: Files that are no links: the cache has no digest of them.
    """

    uri: str
    commit: str
    files: tuple[tuple[str, str, int, Path], ...]
    loose: int


def is_snapshot(folder: Path) -> bool:
    """Tell a snapshot's folder from others, by its name and the names above it."""
    folder = folder.absolute()
    named = _REPOSITORY.fullmatch(folder.parents[1].name) if len(folder.parents) > 1 else None
    is_one = folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name)
    return bool(named and is_one)


def read_snapshot(folder: Path) -> Snapshot:
    """List a snapshot: names and digests alone, no byte of a file is read.

    Raises:
        ValueError: If a link leads out of the repository's blobs.
        OSError: If it cannot be listed.
    """
    folder = folder.absolute()
    repository = folder.parents[1]
    blobs = os.path.realpath(repository / "blobs")
    match = _REPOSITORY.fullmatch(repository.name)
    name = (match["name"] if match else "").replace("--", "/", 1)
    prefix = "datasets/" if match and match["kind"] == "datasets" else ""
    files, loose = [], 0
    for path in _walk(folder):
        shown = path.relative_to(folder).as_posix()
        if not path.is_symlink():
            loose += 1
            continue
        blob = Path(os.path.realpath(path))
        algorithm = _DIGESTS.get(len(blob.name))
        if str(blob.parent) != blobs or not algorithm or not re.fullmatch("[0-9a-f]+", blob.name):
            raise ValueError(f"{shown} is a link to something else than a blob of its repository")
        files.append((shown, f"{algorithm}:{blob.name}", blob.stat().st_size, blob))
    return Snapshot(
        f"https://huggingface.co/{prefix}{name}", folder.name, tuple(sorted(files)), loose
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all files and links; a link to a folder is yielded and not entered."""
    count = 0
    for root, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]  # noqa: PTH114, PTH118 - as os.walk gives them
        for name in (*names, *links):
            count += 1
            if count > _MOST_FILES:
                raise ValueError(f"it has more than {_MOST_FILES:,} files")
            yield Path(root, name)
