"""A project with a key, a small dataset, a vet record and an approval, without the command line.

    scene = fortify_scene.approved(tmp_path)
    check_approval(scene.project, scene.entry)

Each step stands alone, so that a test can leave one out or do it otherwise: `project`, `with_key`,
`registered`, `vetted`, `approved`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from dataset_layouts import four_files, write_files

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Policy
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom, describe
from bezoar.datasets.entry import DbomEntry, Origin, Status, now
from bezoar.datasets.files import open_files
from bezoar.datasets.manifest import build_manifest, write_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.keyring import Role
from bezoar.fortify.signing.keyring_changes import begin, propose, with_member, with_thresholds
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import PrivateKey, load_key, make_key
from bezoar.fortify.signing.signing_off import Grounds, join, sign_off, write_sign_off
from bezoar.fortify.vetting.record import (
    RecordedIsolation,
    VetRecord,
    record_path,
    recorded,
    write_vet_record,
)
from bezoar.project import Project

ADMIN = (Role.ADMIN, Role.APPROVER)
RULE = Rule("BZ311", "x", "Something", Severity.HIGH, "Because.")


@dataclass(frozen=True)
class Scene:
    """A project and one dataset of it.

    `files` is the digest of the files manifest, which lies in `.bezoar/manifests` beside the other.
    """

    project: Project
    entry: DbomEntry
    data: Path
    files: Digest

    @property
    def dbom(self) -> Dbom:
        return Dbom(self.project)

    @property
    def vet_path(self) -> Path:
        return record_path(self.project.dbom, self.entry.spec)


def project(folder: Path) -> Project:
    """Return a project in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bezoar.toml").write_text("")
    return Project(folder)


def key(name: str) -> PrivateKey:
    """Return a private key of this home, made where there is none."""
    try:
        return make_key(name, None)
    except Exception:  # noqa: BLE001 - made by an earlier step
        return load_key(name, lambda _: b"")


def with_key(where: Project, name: str = "alice", roles=ADMIN) -> PrivateKey:
    """Make the first key of a project, pinned on this machine."""
    signer = key(name)
    begin(where.root, keys_folder(where.dbom), name, roles, signer)
    return signer


def keyring(where: Project):
    """Return the keyring in force."""
    return trusted_keyring(where.root, keys_folder(where.dbom))


def admit(where: Project, name: str, roles=(Role.APPROVER,), by: str = "alice") -> PrivateKey:
    """Admit one more key, signed by one that is in."""
    from bezoar.fortify.signing.keyring import Member  # noqa: PLC0415 - few scenes need it

    new, current = key(name), keyring(where)
    changed = with_member(current, Member.of(name, new.public, roles))
    propose(keys_folder(where.dbom), current, changed, key(by))
    return new


def demand(where: Project, by: str = "alice", **thresholds: int) -> None:
    """Change how many signatures it takes: `demand(project, approver=2)`."""
    current = keyring(where)
    changed = with_thresholds(current, {Role(role): n for role, n in thresholds.items()})
    propose(keys_folder(where.dbom), current, changed, key(by))


def registered(
    where: Project, name: str = "signs", version: str = "1", files: dict[str, bytes] | None = None
) -> Scene:
    """Register a small dataset as a draft: `data/NAME@VERSION` with two classes of two pictures."""
    data = write_files(where.root / "data" / f"{name}@{version}", files or four_files())
    opened = open_dataset(data)
    samples, delivered = build_manifest(opened), build_manifest(open_files(data))
    folder = where.state / "manifests"
    content = describe(opened, data, samples, write_manifest(samples, folder), where.root)
    origin = Origin(uris=("https://example.org/signs.zip",))
    entry = DbomEntry(name=name, version=version, added_at=now(), origin=origin, content=content)
    Dbom(where).add(entry)
    return Scene(where, entry, data, write_manifest(delivered, folder))


def vetted(scene: Scene, *outcomes: Outcome) -> VetRecord:
    """Write the vet record of a dataset: `admit` unless an outcome forbids it."""
    outcomes = outcomes or (Outcome.of(RULE, ()),)
    verdict = Policy().decide(outcomes)
    record = VetRecord(
        spec=scene.entry.spec,
        fetched=None,
        root=str(scene.entry.root),
        manifest=str(scene.entry.manifest),
        files=str(scene.files),
        tools={"bezoar": "0.1.0"},
        isolation=RecordedIsolation(level=0, mechanisms={}),
        outcomes=recorded(outcomes),
        checked_files=4,
        checked_bytes=scene.entry.registered.bytes,
        verdict=str(verdict.decision),
        decided_by=verdict.decided_by,
        started="2026-11-25T00:00:00Z",
        seconds=0.1,
    )
    write_vet_record(record, scene.vet_path)
    return record


def found(rule: Rule = RULE) -> Outcome:
    """Return an outcome that keeps data from being admitted."""
    return Outcome.of(rule, [Finding(rule, Place(PlaceKind.FILE, "a.pkl"), "oh")])


def sign(scene: Scene, vet: VetRecord, *names: str, override=(), reason="looked at it") -> Scene:
    """Sign a dataset with keys by name, and note it as approved."""
    current, names = keyring(scene.project), names or ("alice",)
    grounds = Grounds(reason, tuple(override))
    signed = sign_off(scene.entry, vet, grounds, current, key(names[0]))
    for name in names[1:]:
        signed = join(
            scene.entry, vet, signed.envelope, current, key(name), override=tuple(override)
        )
    write_sign_off(scene.project.dbom, signed)
    approved_entry = scene.entry.model_copy(update={"status": Status.APPROVED, "reason": reason})
    scene.dbom.update(approved_entry)
    return replace(scene, entry=scene.dbom.find(scene.entry.spec))


def approved(
    folder: Path, name: str = "signs", version: str = "1", files: dict[str, bytes] | None = None
) -> Scene:
    """Return a project with a key and an approved dataset; more of them in the same folder."""
    where = project(folder)
    if not keys_folder(where.dbom).exists():
        with_key(where)
    scene = registered(where, name, version, files)
    return sign(scene, vetted(scene))
