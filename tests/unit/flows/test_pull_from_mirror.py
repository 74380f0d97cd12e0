"""`bezoar.pull` from a mirror: what must hold before and after a byte is delivered."""

import shutil
import subprocess
import time

import fortify_scene
import pull_scene
import pytest
from dataset_layouts import four_files, png, write_files
from pull_scene import MIRROR, blob, forget, mirrored, overwrite, tree

import bezoar
from bezoar.core.errors import BezoarError, HashMismatch, UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import Status
from bezoar.datasets.manifest import manifest_path
from bezoar.flows.pulling import pull_version
from bezoar.fortify.mirror import open_mirror
from bezoar.fortify.mirror.publishing import publish_revocation
from bezoar.fortify.pull.seen import ReplayedError
from bezoar.fortify.signing import NotApprovedError, RevokedError
from bezoar.fortify.signing.places import revocation_path, sign_off_path
from bezoar.fortify.signing.revocation import remembered_path
from bezoar.fortify.signing.signing_off import revoke
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.project.home import home
from bezoar.recon.registering import Facts, register_dataset

FACTS = Facts("signs", "1", ("https://example.org/signs",))


@pytest.fixture
def scene(tmp_path):
    return mirrored(tmp_path / "project")


def events(scene, kind):
    with open_ledger(scene.project) as ledger:
        return [event for event in ledger.events() if event.kind == kind]


def copy_of(scene):
    return scene.project.state / "data" / scene.entry.spec


def refused(scene, error=HashMismatch, **arguments):
    """Pull, see it refused, see nothing delivered and an event; return the error."""
    with pytest.raises(error) as raised:
        bezoar.pull(arguments.pop("name", "signs"), project=scene.project, **arguments)
    assert not copy_of(scene).exists()
    assert raised.value.exit_code == 1
    last = events(scene, "dataset.refused")[-1]
    assert (last.detail["dataset"], last.detail["why"]) == (scene.entry.spec, raised.value.message)
    assert last.subject == str(scene.entry.root)
    return raised.value


def test_a_fresh_checkout_gets_every_file(scene):
    forget(scene)
    path = bezoar.pull("signs", project=scene.project)
    assert path == copy_of(scene)
    assert tree(path) == four_files()
    (event,) = events(scene, "dataset.pulled")
    assert event.subject == str(scene.entry.root)
    assert event.detail["dataset"] == "signs@1"
    assert (event.detail["files"], event.detail["signers"]) == (4, ["alice"])


def test_to_a_folder_of_choice(scene, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    path = bezoar.pull("signs@1", project=scene.project, to=tmp_path / "link" / "signs")
    assert path == tmp_path / "real" / "signs"
    assert tree(path) == four_files()


def test_a_dataset_that_is_one_file(tmp_path):
    project = fortify_scene.project(tmp_path)
    fortify_scene.with_key(project)
    table = write_files(tmp_path / "data", {"a.csv": b"x\n1\n"}) / "a.csv"
    entry = register_dataset(table, FACTS, Dbom(project), files=True).entry
    scene = fortify_scene.Scene(project, entry, table, entry.manifest)
    scene = pull_scene.published(fortify_scene.sign(scene, fortify_scene.vetted(scene)))
    path = bezoar.pull("signs", project=scene.project)
    assert path == project.state / "data" / "signs@1" / "a.csv"
    assert path.read_bytes() == b"x\n1\n"


def test_a_byte_in_the_mirror(scene):
    overwrite(blob(scene, png(0)), png(9))
    error = refused(scene)
    assert error.expected == events(scene, "dataset.refused")[-1].detail["expected"] != error.found


def test_a_manifest_in_the_mirror(scene):
    forget(scene)
    path = scene.project.root / MIRROR / pull_scene.blob_key(scene.files)
    overwrite(path, path.read_bytes()[::-1])
    assert "files manifest" in refused(scene).place


def test_a_manifest_here(scene):
    path = manifest_path(scene.project.state / "manifests", scene.entry.manifest)
    overwrite(path, path.read_bytes()[::-1])
    assert refused(scene, NotApprovedError).next == f"rm {path}"


def test_nobody_signed(scene):
    sign_off_path(scene.project.dbom, "signs@1").unlink()
    refused(scene, NotApprovedError)


def test_the_newest_version_that_was_ever_approved(scene):
    root = scene.project.root
    fortify_scene.registered(scene.project, version="2", files={"go/1.png": png(1)})
    assert bezoar.pull("signs", project=Project(root)).name == "signs@1"
    revoked = scene.entry.model_copy(update={"status": Status.REVOKED, "reason": "poisoned"})
    scene.dbom.update(revoked)
    with pytest.raises(RevokedError, match="poisoned"):
        bezoar.pull("signs", project=Project(root))


class TestRevoked:
    """Revoked data is refused everywhere, and stays so."""

    @pytest.fixture
    def revoked(self, scene):
        ring = fortify_scene.keyring(scene.project)
        path = revoke(scene.project.dbom, scene.entry, "poison", ring, fortify_scene.key("alice"))
        envelope = path.read_bytes()
        path.unlink()
        remembered_path(scene.entry.root).unlink()  # as on another machine
        return envelope

    def test_by_the_mirror_and_then_offline(self, scene, revoked):
        mirror = open_mirror(MIRROR, scene.project.root)
        publish_revocation(mirror, scene.entry.root, revoked)
        assert "poison" in refused(scene, RevokedError).message
        shutil.rmtree(scene.project.root / MIRROR / "revoked")
        assert "poison" in refused(scene, RevokedError).message

    def test_by_the_repository(self, scene, revoked):
        revocation_path(scene.project.dbom, "signs@1").write_bytes(revoked)
        refused(scene, RevokedError)

    @pytest.mark.parametrize("said", [b"", b"<html>404</html>", b"{}"])
    def test_something_else_in_its_place(self, scene, said):
        mirror = open_mirror(MIRROR, scene.project.root)
        publish_revocation(mirror, scene.entry.root, said)
        assert "revoked/" in refused(scene).place

    def test_that_of_other_data(self, scene, revoked):
        other = mirrored(scene.project.root, "faces", files={"x/1.png": png(7)})
        mirror = open_mirror(MIRROR, scene.project.root)
        publish_revocation(mirror, other.entry.root, revoked)
        with pytest.raises(HashMismatch, match="the revocation of other data, signs@1"):
            bezoar.pull("faces", project=scene.project)


class TestReplayed:
    """A checkout that was set back."""

    @pytest.fixture
    def newer(self, scene):
        time.sleep(1.1)  # a sign-off's time is in seconds
        newer = mirrored(scene.project.root, version="2", files={"go/0.png": png(5)})
        bezoar.pull("signs", project=newer.project)
        Dbom(newer.project).path("signs", "2").unlink()
        return newer

    def test_is_refused(self, scene, newer):
        del newer
        error = refused(scene, ReplayedError)
        assert "BZ364" in error.message
        assert error.next.endswith("bezoar pull signs@1")

    def test_unless_that_version_was_asked_for(self, scene, newer):
        del newer
        assert tree(bezoar.pull("signs@1", project=scene.project)) == four_files()
        with pytest.raises(ReplayedError):  # to have asked for it once does not make it the newest
            bezoar.pull("signs", project=scene.project)

    def test_a_damaged_memory_is_no_pass(self, scene, newer):
        del newer
        (path,) = (home() / "seen").rglob("*.json")
        path.write_text("{}")
        with pytest.raises(BezoarError, match="is damaged"):
            bezoar.pull("signs", project=scene.project)


def git(scene, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=scene.project.root, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


class TestAtCommit:
    """The data of any commit."""

    @pytest.fixture
    def commits(self, scene):
        git(scene, "init", "-q")
        git(scene, "add", "dbom", "bezoar.toml")
        git(scene, "commit", "-qm", "one")
        newer = mirrored(scene.project.root, version="2", files={"go/0.png": png(5)})
        git(scene, "rm", "-q", "--cached", *[f"dbom/{p}" for p in ("signs@1.toml",)])
        for path in newer.project.dbom.rglob("signs@1*"):
            path.unlink()
        git(scene, "add", "dbom")
        git(scene, "commit", "-qm", "two")
        return newer

    def test_is_what_it_was(self, scene, commits):
        newest = bezoar.pull("signs", project=commits.project)
        assert tree(newest) == {"go/0.png": png(5)}
        with pytest.raises(UsageError):
            bezoar.pull("signs@1", project=commits.project)
        pulled = pull_version(commits.project, "signs", at="HEAD~1")
        assert tree(pulled.path) == four_files()
        assert pulled.commit == git(scene, "rev-parse", "HEAD~1")
        assert events(scene, "dataset.pulled")[-1].detail["commit"] == pulled.commit

    def test_is_judged_by_the_revocations_of_today(self, scene, commits):
        ring = fortify_scene.keyring(scene.project)
        revoke(scene.project.dbom, scene.entry, "poison", ring, fortify_scene.key("alice"))
        remembered_path(scene.entry.root).unlink()
        with pytest.raises(RevokedError, match="poison"):
            bezoar.pull("signs", project=commits.project, at="HEAD~1")

    def test_is_judged_by_the_keys_of_today(self, commits):
        fortify_scene.demand(commits.project, approver=1, reviewer=0)
        fortify_scene.admit(commits.project, "bob")
        fortify_scene.demand(commits.project, approver=2)
        with pytest.raises(NotApprovedError, match="1 of 2 signatures"):
            bezoar.pull("signs", project=commits.project, at="HEAD~1")

    def test_no_such_commit(self, commits):
        with pytest.raises(UsageError, match="knows no commit"):
            bezoar.pull("signs", project=commits.project, at="nonsense")


def test_without_a_mirror_nothing_can_be_brought(tmp_path):
    scene = fortify_scene.approved(tmp_path)
    with pytest.raises(UsageError, match="no mirror is declared"):
        bezoar.pull("signs", project=scene.project, to=tmp_path / "x")


def test_without_a_mirror_an_approval_is_checked_all_the_same(tmp_path):
    scene = fortify_scene.approved(tmp_path)
    assert bezoar.pull("signs", project=scene.project) == scene.data
    sign_off_path(scene.project.dbom, "signs@1").unlink()
    with pytest.raises(NotApprovedError):
        bezoar.pull("signs", project=scene.project)


def test_a_link_where_copies_are_kept(scene, tmp_path):
    (scene.project.state / "data").symlink_to(tmp_path)
    with pytest.raises(BezoarError, match="is a link"):
        bezoar.pull("signs", project=scene.project)
