"""From an approval to the mirror: what goes there, what does not, and what stays of it."""

import fortify_scene
import pytest
from strict_s3 import StrictS3

from bezoar.cli.app import run
from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.datasets.dbom import Dbom
from bezoar.flows.mirror import mirror
from bezoar.fortify.mirror.keys import blob_key, revocation_key
from bezoar.fortify.mirror.receipt import read_receipt, receipt_path
from bezoar.fortify.signing import NotApprovedError
from bezoar.fortify.signing.signing_off import revoke
from bezoar.ledger import open_ledger
from bezoar.project import Project

SPEC = "signs@1"


def silent(_done, _total):
    """Show no progress."""


def declared(folder, uri="mirror", **fields):
    """Return a project with an approved dataset and a mirror."""
    scene = fortify_scene.approved(folder)
    lines = [f'uri = "{uri}"', *(f"{name} = {value!r}" for name, value in fields.items())]
    (folder / "bezoar.toml").write_text("\n".join(["[mirror]", *lines, ""]))
    return Project(folder), scene


def events(project):
    with open_ledger(project) as ledger:
        return [event for event in ledger.events() if event.kind.startswith("dataset.")]


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_approved_version_is_published_with_a_receipt_and_an_event(tmp_path):
    project, scene = declared(tmp_path)
    done = mirror(project, "signs", silent)
    assert (done.published.new_objects, done.published.present) == (9, 0)
    receipt = read_receipt(receipt_path(project.dbom, SPEC))
    assert receipt.uri == "mirror"
    assert receipt.root == str(scene.entry.root)
    assert receipt.objects == 9
    event = events(project)[-1]
    assert (event.kind, event.subject) == ("dataset.mirrored", receipt.root)
    assert event.detail["dataset"] == SPEC
    assert event.detail["receipt"] == str(Digest.of(receipt.content()))
    assert "datasets/signs/1.json" in files_in(tmp_path / "mirror")


def test_publishing_twice_changes_nothing(tmp_path):
    project, _ = declared(tmp_path)
    mirror(project, SPEC, silent)
    receipt = receipt_path(project.dbom, SPEC).read_bytes()
    before = files_in(tmp_path / "mirror")
    done = mirror(project, SPEC, silent)
    assert (done.published.new_objects, done.published.present) == (0, 9)
    assert receipt_path(project.dbom, SPEC).read_bytes() == receipt
    assert files_in(tmp_path / "mirror") == before


def test_a_version_brings_only_what_is_new_in_it(tmp_path):
    project, scene = declared(tmp_path)
    mirror(project, SPEC, silent)
    files = {
        path.relative_to(scene.data).as_posix(): path.read_bytes()
        for path in scene.data.rglob("*.png")
    }
    first = next(iter(files))
    fortify_scene.approved(
        tmp_path, version="2", files=files | {f"{first[:-4]}x.png": files[first]}
    )
    (tmp_path / "bezoar.toml").write_text('[mirror]\nuri = "mirror"\n')
    done = mirror(Project(tmp_path), "signs@2", silent)
    # Entry, statement, vet record and the two manifests; the copy is the same content.
    assert (done.published.new_objects, done.published.present) == (5, 4)


def test_what_is_not_approved_is_not_published(tmp_path):
    where = fortify_scene.project(tmp_path)
    fortify_scene.with_key(where)
    fortify_scene.registered(where)
    (tmp_path / "bezoar.toml").write_text('[mirror]\nuri = "mirror"\n')
    with pytest.raises(NotApprovedError):
        mirror(Project(tmp_path), SPEC, silent)
    assert not (tmp_path / "mirror").exists()


@pytest.mark.parametrize("change", ["other bytes", "longer", "shorter", "gone", "a link", "a pipe"])
def test_a_file_that_changed_since_stops_it(tmp_path, change):
    project, scene = declared(tmp_path)
    file = min(scene.data.rglob("*.png"))
    data = file.read_bytes()
    file.unlink()
    match change:
        case "other bytes":
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "longer":
            file.write_bytes(data + b"\0")
        case "shorter":
            file.write_bytes(data[:-1])
        case "a link":
            (tmp_path / "same").write_bytes(data)
            file.symlink_to(tmp_path / "same")
        case "a pipe":
            import os  # noqa: PLC0415 - this once

            os.mkfifo(file)
    with pytest.raises(HashMismatch) as caught:
        mirror(project, SPEC, silent)
    assert caught.value.place == file.relative_to(scene.data).as_posix()
    assert caught.value.next == f"bezoar vet {SPEC}"
    assert "datasets/signs/1.json" not in files_in(tmp_path / "mirror")
    assert not receipt_path(project.dbom, SPEC).exists()
    assert [event.kind for event in events(project)] == ["dataset.refused"]


def test_without_a_mirror_it_says_what_to_write(tmp_path):
    fortify_scene.approved(tmp_path)
    with pytest.raises(BezoarError, match="no mirror is declared") as caught:
        mirror(Project(tmp_path), SPEC, silent)
    assert "[mirror] uri" in caught.value.next


def test_the_environment_says_where_the_mirror_is(tmp_path, monkeypatch):
    project, _ = declared(tmp_path)
    monkeypatch.setenv("BEZOAR_MIRROR_URI", "another")
    mirror(project, SPEC, silent)
    assert (tmp_path / "another").is_dir()


def test_what_was_revoked_is_not_published_but_that_it_was_is(tmp_path):
    project, scene = declared(tmp_path)
    signer = fortify_scene.key("alice")
    keyring = fortify_scene.keyring(project)
    revoke(project.dbom, scene.entry, "poison", keyring, signer)
    Dbom(project).update(
        scene.entry.model_copy(update={"status": fortify_scene.Status.REVOKED, "reason": "poison"})
    )
    done = mirror(project, SPEC, silent)
    assert done.published is None
    assert files_in(tmp_path / "mirror") == {revocation_key(scene.entry.root)}


def test_an_object_that_was_cut_short_is_reported_and_mended(tmp_path):
    project, scene = declared(tmp_path)
    mirror(project, SPEC, silent)
    data = min(scene.data.rglob("*.png")).read_bytes()
    blob = tmp_path / "mirror" / blob_key(Digest.of(data))
    blob.chmod(0o644)
    blob.write_bytes(data[:-1])
    done = mirror(project, SPEC, silent)
    assert [one.code for outcome in done.outcomes for one in outcome.findings] == ["BZ353"]
    assert done.receipt is None
    done = mirror(project, SPEC, silent, verifying=True, mend=True)
    assert done.receipt is not None
    assert blob.read_bytes() == data


@pytest.mark.parametrize(("fault", "code"), [("altered", "BZ354"), ("gone", "BZ355")])
def test_verifying_reads_every_byte(tmp_path, fault, code):
    project, scene = declared(tmp_path)
    mirror(project, SPEC, silent)
    done = mirror(project, SPEC, silent, verifying=True)
    assert [outcome.passed for outcome in done.outcomes] == [True] * 3
    data = min(scene.data.rglob("*.png")).read_bytes()
    blob = tmp_path / "mirror" / blob_key(Digest.of(data))
    blob.chmod(0o644)
    if fault == "gone":
        blob.unlink()
    else:
        blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = mirror(project, SPEC, silent, verifying=True)
    assert [one.code for outcome in done.outcomes for one in outcome.findings] == [code]
    assert mirror(project, SPEC, silent, verifying=True, mend=True).mended
    assert blob.read_bytes() == data


def test_a_mirror_that_does_not_lock_as_it_is_told_gets_nothing(tmp_path, monkeypatch):
    with StrictS3().running() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        project, _ = declared(tmp_path, "s3://data", object_lock_days=7)
        done = mirror(project, SPEC, silent)
    assert [one.code for outcome in done.outcomes for one in outcome.findings] == ["BZ352"]
    assert done.published is None
    assert not server.objects


def test_versions_of_a_store_are_in_the_receipt(tmp_path, monkeypatch):
    with StrictS3().running() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        project, _ = declared(tmp_path, "s3://data/m")
        done = mirror(project, SPEC, silent)
    receipt = done.published.receipt
    kept = server.objects[f"m/{blob_key(Digest.parse(receipt.versions))}"]
    assert all(
        one.name in kept[0].data.decode()
        for key, (one,) in server.objects.items()
        if key.removeprefix("m/") not in receipt.named and one is not kept[0]
    )
    assert (
        receipt.named["datasets/signs/1.json"] == server.objects["m/datasets/signs/1.json"][0].name
    )


def test_the_command_tells_what_it_did(tmp_path, monkeypatch, capfd):
    declared(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["mirror", "signs"]) == 0
    out = capfd.readouterr().out
    assert "9 new objects" in out
    assert "bezoar pull signs@1" in out
    assert run(["mirror", "signs", "--format", "json"]) == 0
    assert '"present": 9' in capfd.readouterr().out
    assert run(["mirror", "signs", "--verify"]) == 0
    assert "every byte was read" in capfd.readouterr().out
    assert run(["mirror", "signs", "--mend"]) == 2
    index = tmp_path / "mirror" / "datasets" / "signs" / "1.json"
    for blob in (tmp_path / "mirror" / "blobs").rglob("*"):
        if blob.is_file():
            blob.chmod(0o644)
            blob.write_bytes(b"")
    assert run(["mirror", "signs"]) == 1
    assert index.exists()
    assert "BZ353" in capfd.readouterr().out
    assert run(["mirror", "signs", "--verify"]) == 1
    assert run(["mirror", "signs", "--verify", "--mend"]) == 0
    assert "as it should be now" in capfd.readouterr().out
    assert run(["mirror", "signs", "--verify"]) == 0
