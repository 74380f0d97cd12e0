"""Faults on the way of a pull: what an attacker may change, and where.

Each kind changes one thing at a place that a random generator draws, in a project with approved
datasets in a mirror. `Stage` sets the scene anew for each fault, always in the same folder, since
trust is noted for a folder.
"""

import hashlib
import io
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import fortify_scene
import pull_scene
from dataset_layouts import png
from fortify_scene import Scene

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.manifest import Entry, Manifest
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import Sensitivity
from bezoar.datasets.entry_toml import format_entry
from bezoar.datasets.manifest import manifest_path, read_manifest, write_manifest
from bezoar.flows import pulling
from bezoar.fortify.mirror.folder import FolderMirror
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.pull.verifying import Verification
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope, parse_envelope
from bezoar.fortify.signing.keyring import KIND
from bezoar.fortify.signing.signing_off import revoke
from bezoar.fortify.vetting.record import read_vet_record, write_vet_record
from bezoar.project import Project

SPEC = "signs@2"
POISON = png(666)
CLASSES = ("go", "left", "right", "stop")


def samples(first: int) -> dict[str, bytes]:
    """Return four classes of five pictures."""
    names = [f"{name}/{number}.png" for name in CLASSES for number in range(5)]
    return {name: png(first + number) for number, name in enumerate(names)}


@dataclass
class Place:
    """Where a fault is injected, in a project that lies ready.

    Attributes:
        root: The project's folder.
        rng: Draws the place.
        state: What the scene was before the fault.
        changed: What the fault itself put among the cached files.
        answer: What the mirror does to the pieces of an object.
    """

    root: Path
    rng: random.Random
    state: str
    changed: set[Path] = field(default_factory=set)
    answer: Callable[[str, Iterator[bytes]], Iterator[bytes]] | None = None

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def copy(self) -> Path:
        return self.root / ".bezoar/data" / SPEC

    @property
    def home(self) -> Path:
        return self.root.parent / "home"

    def dbom(self, name: str) -> Path:
        return self.root / "dbom" / name

    def entry(self, spec: str = SPEC):
        return Dbom(self.project).find(spec)

    def files(self, spec: str = SPEC) -> Manifest:
        """Return the files of a version, as they were published."""
        digest = Digest.parse(read_vet_record(self.dbom(f"records/{spec}.vet.json")).files)
        return read_manifest(self.blob(digest.value), digest)

    def blob(self, sha256: bytes) -> Path:
        return self.root / pull_scene.MIRROR / blob_key(Digest("sha256", sha256))

    def cached(self, sha256: bytes) -> Path:
        return self.home / "cache/sha256" / sha256.hex()[:2] / sha256.hex()

    def one(self, spec: str = SPEC) -> Entry:
        """Draw a file."""
        return self.rng.choice(self.files(spec).entries)

    def flip(self, data: bytes) -> bytes:
        """Change one bit."""
        where, bit = self.rng.randrange(len(data)), 1 << self.rng.randrange(8)
        return data[:where] + bytes([data[where] ^ bit]) + data[where + 1 :]

    def forged(self, manifest: Manifest) -> Manifest:
        """Return a manifest that holds together, with something else in it."""
        entries = list(manifest.entries)
        number = self.rng.randrange(len(entries))
        one = entries[number]
        entries[number] = self.rng.choice(
            [
                one._replace(label=self.rng.choice([c for c in CLASSES if c != one.label])),
                one._replace(sha256=hashlib.sha256(POISON).digest(), size=len(POISON)),
                one._replace(path=one.path.replace(".png", "x.png")),
            ]
        )
        return Manifest.of(entries)

    def write_forged(self, manifest: Manifest, path: Path) -> None:
        """Put a forged manifest where another is expected, and its poison into the mirror."""
        forged = self.forged(manifest)
        draft = self.root.parent / "draft"
        data = manifest_path(draft, write_manifest(forged, draft)).read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        pull_scene.overwrite(path, data) if path.exists() else path.write_bytes(data)


KINDS: dict[str, tuple[str, Callable[[Place], None]]] = {}
"""Each kind's name, the state it begins in, and what it does.

`fresh`: a new checkout; `warm`: pulled before, so that there is a cache, manifests and a memory;
`present`: the copy is there.
"""


def kind(name: str, state: str):
    """Add a kind."""

    def add(change: Callable[[Place], None]) -> Callable[[Place], None]:
        KINDS[name] = (state, change)
        return change

    return add


@kind("data byte in the mirror", "fresh")
def _(place: Place) -> None:
    path = place.blob(place.one().sha256)
    pull_scene.overwrite(path, place.flip(path.read_bytes()))


@kind("object in the mirror cut short", "fresh")
def _(place: Place) -> None:
    path = place.blob(place.one().sha256)
    data = path.read_bytes()
    pull_scene.overwrite(path, data[: place.rng.randrange(len(data))])


@kind("object in the mirror extended", "fresh")
def _(place: Place) -> None:
    path = place.blob(place.one().sha256)
    pull_scene.overwrite(path, path.read_bytes() + place.rng.randbytes(place.rng.randrange(1, 99)))


@kind("object in the mirror replaced by another valid one", "fresh")
def _(place: Place) -> None:
    one, other = place.rng.sample(place.files().entries, 2)
    pull_scene.overwrite(place.blob(one.sha256), place.blob(other.sha256).read_bytes())


@kind("object in the mirror replaced by that of another version", "fresh")
def _(place: Place) -> None:
    one = place.one()
    old = next(entry for entry in place.files("signs@1").entries if entry.path == one.path)
    pull_scene.overwrite(place.blob(one.sha256), place.blob(old.sha256).read_bytes())


@kind("two objects in the mirror exchanged", "fresh")
def _(place: Place) -> None:
    one, other = (place.blob(e.sha256) for e in place.rng.sample(place.files().entries, 2))
    first, second = one.read_bytes(), other.read_bytes()
    pull_scene.overwrite(one, second)
    pull_scene.overwrite(other, first)


@kind("label or digest in the sample manifest, in the mirror", "fresh")
def _(place: Place) -> None:
    digest = place.entry().manifest
    path = place.blob(digest.value)
    place.write_forged(read_manifest(path, digest), path)


@kind("files manifest, in the mirror", "fresh")
def _(place: Place) -> None:
    record = read_vet_record(place.dbom(f"records/{SPEC}.vet.json"))
    place.write_forged(place.files(), place.blob(Digest.parse(record.files).value))


@kind("sample manifest, here", "warm")
def _(place: Place) -> None:
    digest = place.entry().manifest
    path = manifest_path(place.root / ".bezoar/manifests", digest)
    place.write_forged(read_manifest(path, digest), path)


@kind("files manifest, here", "warm")
def _(place: Place) -> None:
    digest = Digest.parse(read_vet_record(place.dbom(f"records/{SPEC}.vet.json")).files)
    path = manifest_path(place.root / ".bezoar/manifests", digest)
    place.write_forged(read_manifest(path, digest), path)


@kind("signature", "fresh")
def _(place: Place) -> None:
    path = place.dbom(f"signatures/{SPEC}.json")
    envelope = parse_envelope(path.read_bytes(), IN_TOTO)
    ((key, signature),) = envelope.signatures
    changed = Envelope(envelope.payload, IN_TOTO, ((key, place.flip(signature)),))
    path.write_bytes(changed.content())


@kind("statement under the signature", "fresh")
def _(place: Place) -> None:
    path = place.dbom(f"signatures/{SPEC}.json")
    envelope = parse_envelope(path.read_bytes(), IN_TOTO)
    changed = Envelope(place.flip(envelope.payload), IN_TOTO, envelope.signatures)
    path.write_bytes(changed.content())


@kind("field of the DBOM entry", "fresh")
def _(place: Place) -> None:
    entry = place.entry()
    origin = entry.origin
    changes = [
        {"purpose": f"p{place.rng.randrange(999)}"},
        {"owners": ("mallory@example.org",)},
        {"sensitivity": Sensitivity.PUBLIC},
        {"origin": origin.model_copy(update={"uris": ("https://example.com/x",)})},
        {"origin": origin.model_copy(update={"licence": "MIT"})},
        {"origin": origin.model_copy(update={"publisher": f"m{place.rng.randrange(999)}"})},
        {"content": entry.registered.model_copy(update={"bytes": place.rng.randrange(999)})},
        {"content": entry.registered.model_copy(update={"classes": {"go": 20}})},
    ]
    changed = entry.model_copy(update=place.rng.choice(changes))
    place.dbom(f"{SPEC}.toml").write_text(format_entry(changed))


@kind("root in the DBOM entry", "fresh")
def _(place: Place) -> None:
    entry = place.entry()
    root = f"merkle-sha256-v1:{place.flip(entry.root.value).hex()}"
    content = entry.registered.model_copy(update={"root": root})
    changed = entry.model_copy(update={"content": content})
    place.dbom(f"{SPEC}.toml").write_text(format_entry(changed))


@kind("keys and everything that they sign replaced", "fresh")
def _(place: Place) -> None:
    forged = place.root.parent / "forged/dbom"
    shutil.rmtree(place.dbom("keys"))
    shutil.copytree(forged / "keys", place.dbom("keys"))
    if place.rng.random() < 0.7:
        for path in forged.rglob(f"{SPEC}*"):
            shutil.copy(path, place.root / "dbom" / path.relative_to(forged))


@kind("version of the keyring", "warm")
def _(place: Place) -> None:
    newest = place.dbom("keys/2.json")
    envelope = parse_envelope(newest.read_bytes(), KIND)
    match place.rng.randrange(3):
        case 0:
            newest.unlink()  # a version that was seen here before is gone
        case 1:
            changed = Envelope(place.flip(envelope.payload), KIND, envelope.signatures)
            newest.write_bytes(changed.content())
        case _:
            ((key, signature),) = envelope.signatures
            changed = Envelope(envelope.payload, KIND, ((key, place.flip(signature)),))
            newest.write_bytes(changed.content())


@kind("byte in the cache", "warm")
def _(place: Place) -> None:
    path = place.cached(place.one().sha256)
    pull_scene.overwrite(path, place.flip(path.read_bytes()))
    place.changed.add(path)


@kind("file in the cache replaced by another valid one", "warm")
def _(place: Place) -> None:
    one, other = place.rng.sample(place.files().entries, 2)
    pull_scene.overwrite(place.cached(one.sha256), place.cached(other.sha256).read_bytes())
    place.changed.add(place.cached(one.sha256))


@kind("sign-off or vet record of another version", "fresh")
def _(place: Place) -> None:
    names = ["signatures/{}.json", "records/{}.vet.json"]
    name = place.rng.choice(names)
    other = place.rng.choice(["signs@1", "faces@1"])
    source, target = place.dbom(name.format(other)), place.dbom(name.format(SPEC))
    if name == names[0]:
        target.write_bytes(source.read_bytes())
        return
    # An attacker names it anew, so that it is about the right version.
    record, mine = read_vet_record(source), read_vet_record(target)
    write_vet_record(record.model_copy(update={"spec": SPEC, "files": mine.files}), target)


@kind("older approved version replayed", "warm")
def _(place: Place) -> None:
    for path in place.root.glob(f"dbom/**/{SPEC}*"):
        if path.suffix == ".toml" or place.rng.random() < 0.5:
            path.unlink()


@kind("vet record edited", "fresh")
def _(place: Place) -> None:
    path = place.dbom(f"records/{SPEC}.vet.json")
    record = read_vet_record(path)
    changes = [
        {"tools": {"bezoar": f"9.{place.rng.randrange(999)}"}},
        {"checked_files": place.rng.randrange(1000, 9999)},
        {"checked_bytes": place.rng.randrange(10**6)},
        {"started": "2026-01-01T00:00:00Z"},
        {"seconds": place.rng.random()},
        {"isolation": record.isolation.model_copy(update={"level": 4})},
    ]
    write_vet_record(record.model_copy(update=place.rng.choice(changes)), path)


@kind("revocation kept back once it was known", "warm")
def _(place: Place) -> None:
    where = place.project
    ring = fortify_scene.keyring(where)
    revoke(where.dbom, place.entry(), "poison", ring, fortify_scene.key("alice")).unlink()
    for path in (place.root / pull_scene.MIRROR / "revoked").glob("*"):
        path.unlink()


@kind("page of an error with status 200", "fresh")
def _(place: Place) -> None:
    key = blob_key(Digest("sha256", place.one().sha256))
    page = b"<html>503 try again " + place.rng.randbytes(8).hex().encode() + b"</html>"
    place.answer = lambda asked, pieces: iter([page]) if asked == key else pieces


@kind("stream that ends early without a word", "fresh")
def _(place: Place) -> None:
    one = place.one()
    key, most = blob_key(Digest("sha256", one.sha256)), place.rng.randrange(one.size)

    def cut(asked: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        return iter([b"".join(pieces)[:most]]) if asked == key else pieces

    place.answer = cut


@kind("byte in the copy", "present")
def _(place: Place) -> None:
    path = place.copy / place.one().path
    pull_scene.overwrite(path, place.flip(path.read_bytes()))


@kind("class folder of the copy renamed", "present")
def _(place: Place) -> None:
    name = place.rng.choice(CLASSES)
    (place.copy / name).rename(place.copy / f"{name}{place.rng.randrange(999)}")


@kind("two class folders of the copy exchanged", "present")
def _(place: Place) -> None:
    one, other = place.rng.sample(CLASSES, 2)
    (place.copy / one).rename(place.copy / "kept")
    (place.copy / other).rename(place.copy / one)
    (place.copy / "kept").rename(place.copy / other)


@kind("extra file or folder in the copy", "present")
def _(place: Place) -> None:
    where = place.copy / place.rng.choice(["", *CLASSES])
    name = f"{place.rng.choice(['x', '.x', 'é'])}{place.rng.randrange(999)}"
    match place.rng.randrange(3):
        case 0:
            (where / f"{name}.png").write_bytes(POISON)
        case 1:
            (where / name).mkdir()
        case _:
            (where / f"{name}.py").write_bytes(b"")


@kind("link in the copy", "present")
def _(place: Place) -> None:
    path = place.copy / place.one().path
    elsewhere = place.root / "elsewhere.png"
    elsewhere.write_bytes(place.rng.choice([path.read_bytes(), POISON]))
    path.unlink()
    path.symlink_to(elsewhere)


@kind("file of the copy gone", "present")
def _(place: Place) -> None:
    (place.copy / place.one().path).unlink()


class Stage:
    """Sets the scene anew for each fault.

    Attributes:
        root: The project's folder, always the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "now" / "project"
        os.environ["BEZOAR_HOME"] = str(folder / "now" / "home")
        self._forge()
        self._build()

    def place(self, name: str, number: int) -> Place:
        """Set the scene for a kind, inject the fault, and return where it is."""
        state, change = KINDS[name]
        self._restore(state)
        # One stream per fault, the same in each run.
        place = Place(self.root, random.Random(f"{name} {number}"), state)  # noqa: S311
        change(place)
        return place

    def _restore(self, state: str) -> None:
        shutil.rmtree(self._folder / "now", ignore_errors=True)
        shutil.copytree(self._folder / state, self._folder / "now", symlinks=True)

    def _keep(self, state: str) -> None:
        shutil.copytree(self._folder / "now", self._folder / state, symlinks=True)

    def _build(self) -> None:
        pull_scene.mirrored(self.root, "faces", files=samples(300))
        pull_scene.mirrored(self.root, files=samples(100))
        fortify_scene.admit(Project(self.root), "bob")
        time.sleep(1.1)  # a sign-off's time is in seconds
        scene = pull_scene.mirrored(self.root, version="2", files=samples(200))
        self._add_poison(scene)
        shutil.rmtree(self.root / "data")
        pull_scene.forget(scene)
        self._keep("fresh")
        pulling.pull_version(Project(self.root), "signs")
        self._keep("present")
        shutil.rmtree(self.root / ".bezoar/data")
        self._keep("warm")

    def _forge(self) -> None:
        """Let an attacker make keys, data and an approval of its own."""
        forged = self._folder / "forged"
        where = fortify_scene.project(forged)
        fortify_scene.with_key(where, "mallory")
        poisoned = samples(200) | {"stop/0.png": POISON}
        scene = fortify_scene.registered(where, version="2", files=poisoned)
        fortify_scene.sign(scene, fortify_scene.vetted(scene), "mallory")
        shutil.copytree(forged / "dbom", self._folder / "now/forged/dbom")
        self._manifests = list((forged / ".bezoar/manifests").glob("*.parquet"))
        # What the attacker pinned on his machine is not pinned here.
        shutil.rmtree(self._folder / "now/home")

    def _add_poison(self, scene: Scene) -> None:
        """Let an attacker add objects to the mirror."""
        mirror = FolderMirror(scene.project.root / pull_scene.MIRROR)
        for data in (POISON, *(path.read_bytes() for path in self._manifests)):
            digest = Digest.of(data)
            mirror.put(blob_key(digest), io.BytesIO(data), len(data), digest)


def pull(place: Place, verification: Verification | None = None) -> BezoarError | None:
    """Pull where a fault is; return the refusal, None where there was none."""
    opened = pulling.declared_mirror

    def misbehaving(project: Project):
        store = opened(project)
        get = store.get
        if place.answer is not None:
            store.get = lambda key, version="": place.answer(key, get(key, version))
        return store

    with mock.patch.object(pulling, "declared_mirror", misbehaving):
        try:
            pulling.pull_version(place.project, "signs", verification=verification)
        except BezoarError as error:
            return error
    return None


def unverified(place: Place) -> list[Path]:
    """Return what a refused pull delivered or kept that nobody verified."""
    delivered = [] if place.state == "present" else list(place.root.glob(".bezoar/data/*@*"))
    cached = [
        path
        for path in place.home.glob("cache/sha256/*/*")
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name
    ]
    finished = [path for path in delivered if not path.name.endswith(".part")]
    return finished + [path for path in cached if path not in place.changed]
