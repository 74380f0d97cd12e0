"""A project with approved datasets in a mirror, ready to be pulled.

scene = pull_scene.mirrored(tmp_path)
pull("signs", project=scene.project)
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import fortify_scene
from fortify_scene import Scene

from bezoar.core.digest import Digest
from bezoar.core.manifest import Entry
from bezoar.datasets.dbom import Dbom
from bezoar.flows.mirror import mirror
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.pull.verifying import Hashing, Verification
from bezoar.fortify.signing import Approval
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
    return published(fortify_scene.approved(folder, name, version, files), uri)


def published(scene: Scene, uri: str = MIRROR) -> Scene:
    """Declare a mirror and put an approved dataset there."""
    config = scene.project.root / "bezoar.toml"
    config.write_text(f'[mirror]\nuri = "{uri}"\n')
    project = Project(scene.project.root)  # a project reads its settings once
    assert mirror(project, scene.entry.spec, lambda _done, _total: None).receipt is not None
    return replace(scene, project=project, entry=Dbom(project).find(scene.entry.spec))


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
