"""Made datasets that are put into mirrors."""

from pathlib import Path

from bezoar.core.digest import Digest
from bezoar.core.manifest import Entry, Manifest
from bezoar.fortify.mirror.content import Version

FILES = {
    "stop/1.png": b"a red octagon" * 100,
    "stop/2.png": b"a red octagon, too" * 100,
    "yield/1.png": b"a triangle" * 100,
    "yield/the same.png": b"a triangle" * 100,
    "README": b"",
}
DOCUMENTS = {
    role: f"{{'this': 'is the {role}'}}".encode()
    for role in ("entry", "statement", "vet", "manifest", "files")
}


def files_manifest(files: dict[str, bytes]) -> Manifest:
    """Return the manifest of some files."""
    return Manifest.of(
        Entry(path, len(data), Digest.of(data).value, None) for path, data in files.items()
    )


def made_version(folder: Path, files: dict[str, bytes] = FILES, version: str = "1") -> Version:
    """Write some files, and return them as a version that can be published."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    manifest = files_manifest(files)
    documents = {role: data + version.encode() for role, data in DOCUMENTS.items()}
    return Version("signs", version, manifest.root, manifest, folder, documents)


def silent(_done: int, _total: int) -> None:
    """Show no progress."""
