"""Revoking samples: which versions and releases are withdrawn by it, and which are not."""

import hashlib
import json
import shutil

import fortify_scene
import pull_scene
import pytest
import release_scene
from dataset_layouts import four_files, png

import bezoar
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import Derivation, Status
from bezoar.flows.mirror import mirror
from bezoar.flows.release_gate import gate
from bezoar.flows.release_promote import promote
from bezoar.flows.release_reach import releases_reached
from bezoar.flows.release_trust import NotReleasedError
from bezoar.flows.revoke import withdraw_samples
from bezoar.flows.rollback import RollbackRefusedError, rollback
from bezoar.flows.trace import trace
from bezoar.fortify.mirror.keys import revocation_key
from bezoar.fortify.signing import NotApprovedError, RevokedError, check_approval
from bezoar.fortify.signing.places import sample_revocations
from bezoar.fortify.signing.revoked_samples import known_samples
from bezoar.project.home import home

POISON = "stop/0.png"


def sha256(path=POISON):
    return hashlib.sha256(four_files()[path]).hexdigest()


def withdraw(project, *what, reason="a sticker"):
    return withdraw_samples(
        project, what or (f"signs@1/{POISON}",), reason, release_scene.no_passphrase
    )


def another(scene, version, files, parent=None, name="signs"):
    """Approve one more version, made from another one where it is named; return the scene."""
    new = fortify_scene.registered(scene.project, name, version, files)
    if parent:
        made = Derivation(dataset=parent, transform="bezoar clean")
        entry = new.entry.model_copy(update={"lineage": (made,)})
        Dbom(scene.project).update(entry)
        new = fortify_scene.Scene(scene.project, entry, new.data, new.files)
    new = fortify_scene.sign(new, fortify_scene.vetted(new))
    release_scene.trusted_data(scene.project, new.entry)
    return new


def cleaned():
    return {path: data for path, data in four_files().items() if path != POISON}


def released_on(scene, version, data):
    record = release_scene.staged(scene, version, (data,))
    gate(scene.project, record, release_scene.no_passphrase)
    promote(scene.project, record, release_scene.no_passphrase)


def test_the_versions_that_hold_it_are_set_aside_and_the_ledger_says_why(tmp_path):
    scene = release_scene.prepared(tmp_path)
    done = withdraw(scene.project)
    assert done.versions == ("signs@1",)
    (event,) = scene.events("sample.revoked")
    assert event.subject == f"sha256:{sha256()}"
    told = dict(event.detail)
    assert told == {
        "name": f"signs@1/{POISON}",
        "reason": "a sticker",
        "signers": ["alice"],
        "versions": ["signs@1"],
    }
    entry = Dbom(scene.project).find("signs@1")
    assert (entry.status, POISON in entry.reason) == (Status.QUARANTINED, True)
    # Whoever approves it by hand again gains nothing.
    Dbom(scene.project).update(entry.model_copy(update={"status": Status.APPROVED}))
    with pytest.raises(RevokedError, match=r"revoked sample, signs@1/stop/0\.png: a sticker"):
        check_approval(scene.project, entry)


def test_it_is_remembered_on_this_machine_and_refused_in_what_comes_later(tmp_path):
    scene = release_scene.prepared(tmp_path)
    withdraw(scene.project, sha256())
    shutil.rmtree(scene.project.dbom / "signatures")
    later = fortify_scene.registered(scene.project, "other", "1", {"go/x.png": png(9), **poison()})
    later = fortify_scene.sign(later, fortify_scene.vetted(later))
    with pytest.raises(RevokedError, match=f"revoked sample, sha256:{sha256()}"):
        check_approval(scene.project, later.entry)
    fine = fortify_scene.registered(scene.project, "fine", "1", {"go/y.png": png(8)})
    fine = fortify_scene.sign(fine, fortify_scene.vetted(fine))
    assert check_approval(scene.project, fine.entry).spec == "fine@1"


def poison():
    return {POISON: four_files()[POISON]}


def test_a_release_on_it_is_no_way_back_and_the_cleaned_one_is(tmp_path):
    scene = release_scene.prepared(tmp_path)
    another(scene, "2", cleaned(), "signs@1")
    for version, data in (("1", "signs@2"), ("2", "signs@1"), ("3", "signs@1")):
        released_on(scene, version, data)
    done = withdraw(scene.project)
    assert done.versions == ("signs@1",)
    (reached,) = releases_reached(scene.project, done.reach)
    assert (reached.releases, reached.live, reached.untouched) == (("2", "3"), True, "1")
    assert reached.next == "bezoar rollback signs --to 1 --reason …"
    (again,) = releases_reached(scene.project, trace(scene.project, f"signs@1/{POISON}"))
    assert again == reached
    with pytest.raises(RollbackRefusedError, match=r"BZ425.*stop/0\.png.*the next good one is 1"):
        rollback("signs", reason="x", project=scene.project)
    assert rollback("signs", reason="x", to="1", project=scene.project).after == "1"


def test_a_replica_without_a_manifest_refuses_the_same_releases(tmp_path):
    scene = release_scene.prepared(tmp_path)
    another(scene, "2", cleaned(), "signs@1")
    for version, data in (("1", "signs@2"), ("2", "signs@1"), ("3", "signs@1")):
        released_on(scene, version, data)
    withdraw(scene.project)
    shutil.rmtree(scene.project.state / "manifests")
    with pytest.raises(RollbackRefusedError, match=r"BZ425"):
        rollback("signs", reason="x", project=scene.project)
    assert rollback("signs", reason="x", to="1", project=scene.project).after == "1"


@pytest.mark.parametrize("before", [True, False])
def test_what_was_made_from_it_otherwise_than_by_leaving_out_is_withdrawn(tmp_path, before):
    scene = release_scene.prepared(tmp_path)
    crops = {"stop/a.png": png(70), "go/b.png": png(71)}
    if before:
        another(scene, "1", crops, "signs@1", "crops")
        assert withdraw(scene.project).versions == ("crops@1", "signs@1")
    else:
        withdraw(scene.project)
        another(scene, "1", crops, "signs@1", "crops")
    record = release_scene.staged(scene, "1", ("crops@1",))
    said = gate(scene.project, record, release_scene.no_passphrase)
    assert any("BZ425" in one for one in said.verdict.decided_by)
    with pytest.raises(NotReleasedError):
        promote(scene.project, record, release_scene.no_passphrase)


def test_a_selection_of_what_was_made_from_it_is_not_clear(tmp_path):
    scene = release_scene.prepared(tmp_path)
    crops = {"stop/a.png": png(70), "go/b.png": png(71)}
    another(scene, "1", crops, "signs@1", "crops")
    another(scene, "1", {"go/b.png": png(71)}, "crops@1", "fewer")
    assert withdraw(scene.project).versions == ("crops@1", "fewer@1", "signs@1")


def test_the_gate_lets_a_selection_pass_that_came_later(tmp_path):
    scene = release_scene.prepared(tmp_path)
    withdraw(scene.project)
    another(scene, "2", cleaned(), "signs@1")
    record = release_scene.staged(scene, "1", ("signs@2",))
    assert gate(scene.project, record, release_scene.no_passphrase).verdict.admits
    shutil.rmtree(scene.project.state / "manifests")  # now nobody can tell
    said = gate(scene.project, record, release_scene.no_passphrase)
    assert any("BZ425" in one for one in said.verdict.decided_by)


def test_a_lineage_in_a_ring_ends(tmp_path):
    scene = release_scene.prepared(tmp_path)
    another(scene, "2", cleaned(), "signs@1")
    back = Derivation(dataset="signs@2", transform="x")
    entry = Dbom(scene.project).find("signs@1").model_copy(update={"lineage": (back,)})
    Dbom(scene.project).update(entry)
    withdraw(scene.project)
    record = release_scene.staged(scene, "1", ("signs@2",))
    gate(scene.project, record, release_scene.no_passphrase)


class TestPull:
    def test_with_the_revocation_in_the_repository(self, tmp_path):
        scene = pull_scene.mirrored(tmp_path)
        other = fortify_scene.registered(scene.project, "other", "1", {"go/x.png": png(9)})
        withdraw(scene.project, f"sha256:{hashlib.sha256(png(9)).hexdigest()}")
        assert bezoar.pull("signs", project=scene.project).exists()
        withdraw(scene.project)
        pull_scene.forget(scene)
        Dbom(scene.project).update(scene.entry)  # says that it is approved
        with pytest.raises(RevokedError, match="revoked sample"):
            bezoar.pull("signs", project=scene.project)
        assert other.entry.spec == "other@1"

    def test_a_sample_that_only_the_manifest_from_the_mirror_shows(self, tmp_path):
        scene = pull_scene.mirrored(tmp_path)
        pull_scene.forget(scene)
        # Whoever revoked it knew of no version that holds it.
        assert withdraw(scene.project, sha256()).versions == ()
        with pytest.raises(RevokedError, match="revoked sample"):
            bezoar.pull("signs", project=scene.project)

    def test_the_mirror_tells_a_machine_that_has_an_old_checkout(self, tmp_path):
        scene = pull_scene.mirrored(tmp_path)
        withdraw(scene.project)
        assert mirror(scene.project, "signs@1", lambda _done, _total: None).revocations == 1
        assert (tmp_path / "mirror" / revocation_key(scene.entry.root)).exists()
        for path in sample_revocations(scene.project.dbom):
            path.unlink()
        shutil.rmtree(home() / "revoked")
        Dbom(scene.project).update(scene.entry)
        with pytest.raises(RevokedError, match="revoked sample"):
            bezoar.pull("signs", project=scene.project)
        assert known_samples(scene.project.dbom)  # this machine remembers

    def test_without_a_mirror(self, tmp_path):
        scene = release_scene.prepared(tmp_path).dataset
        draft = fortify_scene.registered(scene.project, "draft", "1", poison())
        assert bezoar.pull("draft", project=scene.project).exists()
        withdraw(scene.project, sha256())
        Dbom(scene.project).update(draft.entry)
        with pytest.raises(BezoarError, match=r"draft@1 is revoked: it holds"):
            bezoar.pull("draft", project=scene.project)


class TestBadInput:
    @pytest.mark.parametrize(
        ("what", "why"),
        [
            ("signs@1/no/such.png", "holds no sample"),
            ("signs@1/", "is no sample"),
            ("signs@9/stop/0.png", "signs@9"),
            ("sha256:12", "is no sample"),
            ("signs@1/" + "x" * 100_000, "holds no sample"),
            ("signs@1/\udcff\x1b[31m", "holds no sample"),
        ],
    )
    def test_a_sample_that_is_not_there(self, tmp_path, what, why):
        scene = release_scene.prepared(tmp_path)
        with pytest.raises(UsageError, match=why):
            withdraw(scene.project, what)
        assert sample_revocations(scene.project.dbom) == []

    def test_too_many_and_no_reason(self, tmp_path):
        scene = release_scene.prepared(tmp_path)
        with pytest.raises(UsageError, match="1,001 samples"):
            withdraw(scene.project, *(f"{number:064x}" for number in range(1_001)))
        with pytest.raises(UsageError):
            withdraw(scene.project, reason="")

    def test_a_key_that_may_not(self, tmp_path):
        scene = release_scene.prepared(tmp_path)
        fortify_scene.admit(scene.project, "bob", (fortify_scene.Role.ADMIN,))
        with pytest.raises(BezoarError, match="has not the role"):
            withdraw_samples(scene.project, [sha256()], "x", release_scene.no_passphrase, key="bob")

    @pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 100_000, b"x" * (1 << 21)])
    def test_a_damaged_revocation_is_no_pass(self, tmp_path, data):
        scene = release_scene.released(tmp_path, 1, 2)
        withdraw(scene.project, 64 * "a")
        (path,) = sample_revocations(scene.project.dbom)
        path.write_bytes(data)
        with pytest.raises(NotApprovedError, match="cannot be read"):
            check_approval(scene.project, scene.dataset.entry)
        with pytest.raises(RollbackRefusedError, match="cannot be read"):
            rollback("signs", reason="x", project=scene.project)
        assert "cannot be read" in trace(scene.project, "signs@1").unread[0].why

    def test_an_edited_one_is_not_published(self, tmp_path):
        scene = pull_scene.mirrored(tmp_path)
        withdraw(scene.project)
        (path,) = sample_revocations(scene.project.dbom)
        fields = json.loads(path.read_bytes())
        fields["signatures"][0]["sig"] = "A" * 86 + "=="
        path.write_text(json.dumps(fields))
        with pytest.raises(BezoarError, match="no key that may revoke has signed it"):
            mirror(scene.project, "signs@1", lambda _done, _total: None)
