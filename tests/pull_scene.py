"""A project with approved datasets in a mirror, ready to be pulled.

scene = pull_scene.mirrored(tmp_path)
pull("signs", project=scene.project)
"""

import hashlib
from pathlib import Path

import fortify_scene
from fortify_scene import Scene

from bezoar.core.digest import Digest
from bezoar.core.manifest import Entry
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry_toml import format_entry
from bezoar.datasets.manifest import manifest_path, read_manifest
from bezoar.fortify.mirror import open_mirror, publish
from bezoar.fortify.mirror.content import Version
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.store import Store
from bezoar.fortify.pull.verifying import Hashing, Verification
from bezoar.fortify.signing import Approval
from bezoar.fortify.signing.places import sign_off_path
from bezoar.fortify.vetting.record import read_vet_record
from bezoar.project import Project

MIRROR = "mirror"


def mirrored(
    folder: Path,
    name: str = "signs",
    version: str = "1",
    files: dict[str, bytes] | None = None,
    uri: str = MIRROR,
) -> Scene:
    """Return a project with an approved dataset, published; more of them in the same folder."""
    scene = fortify_scene.approved(folder, name, version, files)
    (folder / "bezoar.toml").write_text(f'[mirror]\nuri = "{uri}"\n')
    project = Project(folder)  # it reads its settings once
    publish_scene(scene, open_mirror(uri, folder))
    return Scene(project, Dbom(project).find(scene.entry.spec), scene.data, scene.files)


def publish_scene(scene: Scene, mirror: Store) -> None:
    """Put an approved dataset into a mirror."""
    entry, dbom = scene.entry, scene.project.dbom
    manifests = scene.project.state / "manifests"
    files = read_manifest(manifest_path(manifests, scene.files), scene.files)
    documents = {
        "entry": format_entry(entry).encode(),
        "statement": sign_off_path(dbom, entry.spec).read_bytes(),
        "vet": scene.vet_path.read_bytes(),
        "manifest": manifest_path(manifests, entry.manifest).read_bytes(),
        "files": manifest_path(manifests, scene.files).read_bytes(),
    }
    folder = scene.data
    version = Version(entry.name, entry.version, entry.root, files, folder, documents)
    published = publish(mirror, version, lambda _done, _total: None)
    assert published.receipt is not None


def forget(scene: Scene) -> None:
    """Do as if this were a fresh checkout on a machine without the data."""
    for path in (scene.project.state / "manifests").glob("*.parquet"):
        path.unlink()


def blob(scene: Scene, data: bytes) -> Path:
    """Return where the folder mirror of a scene keeps some content."""
    return scene.project.root / MIRROR / blob_key(Digest.of(data))


def overwrite(path: Path, data: bytes) -> None:
    """Write over a file that says it is read-only."""
    path.chmod(0o644)
    path.write_bytes(data)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class _Blind:
    def __init__(self) -> None:
        self.bytes = 0

    def update(self, data: bytes, /) -> None:
        self.bytes += len(data)

    def digest(self) -> bytes:
        return b""


class Unverified(Verification):
    """Asks nothing: what a pull would be without verification, to prove that tests need it."""

    def approval(self, project, entry) -> Approval:
        # Only what tells which bytes are meant; nobody asks who says so.
        record = read_vet_record(project.dbom / "records" / f"{entry.spec}.vet.json")
        return Approval(
            entry.spec,
            entry.root,
            Digest.parse(entry.registered.manifest),
            Digest.parse(record.files),
            record.digest,
            (),
            "2026-11-25T00:00:00Z",
            "",
            (),
            Digest.of(b""),
            0,
        )

    def not_revoked(self, *_, **__) -> None:
        pass

    def newest(self, *_, **__) -> None:
        pass

    def hashing(self) -> Hashing:
        return _Blind()

    def content(self, *_, **__) -> None:
        pass

    def length(self, *_, **__) -> None:
        pass

    def pinned(self, _digest: Digest) -> None:
        return None

    def samples(self, *_, **__) -> None:
        pass

    def copy(self, *_, **__) -> None:
        pass


def entry_of(path: str, data: bytes, label: str | None = None) -> Entry:
    """Return a manifest's entry of some bytes."""
    return Entry(path, len(data), hashlib.sha256(data).digest(), label)
