"""`check_approval`: what is edited after it was signed is not approved any more."""

import json
import os

import fortify_scene as fs
import pytest

from bezoar.datasets.entry import Status
from bezoar.datasets.manifest import manifest_path
from bezoar.fortify.signing import NotApprovedError, RevokedError, approval, check_approval
from bezoar.fortify.signing.places import keys_folder, revocation_path, sign_off_path
from bezoar.fortify.signing.revocation import remembered_path
from bezoar.fortify.signing.signing_off import revoke


@pytest.fixture
def scene(tmp_path):
    return fs.approved(tmp_path / "p")


def edit(scene, old, new):
    """Edit the entry's file, as a pull request would, and read it again."""
    path = scene.dbom.path(scene.entry.name, scene.entry.version)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return scene.dbom.find(scene.entry.spec)


def refused(scene, why, entry=None):
    with pytest.raises(NotApprovedError, match=why) as error:
        check_approval(scene.project, entry or scene.entry)
    assert error.value.exit_code == 1
    assert error.value.next
    return error.value


def test_what_was_approved_is(scene):
    approval = check_approval(scene.project, scene.entry)
    assert approval.spec == "signs@1"
    assert approval.root == scene.entry.root
    assert approval.manifest == scene.entry.manifest
    assert approval.files == scene.files
    assert approval.signers == ("alice",)
    assert approval.override == ()
    assert approval.reason == "looked at it"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://example.org/signs.zip", "https://example.com/signs.zip"),
        ("samples = 4", "samples = 5"),
        ("go = 2", "go = 3"),
        ('location = "data', 'location = "dota'),
        ('name = "signs"', 'name = "signs"\npurpose = "x"'),
    ],
)
def test_an_edited_entry_is_not_approved(scene, old, new):
    path = scene.dbom.path("signs", "1")
    text = path.read_text()
    if "purpose" in new:
        path.write_text(text.replace('purpose = ""', ""))
    refused(scene, "was edited after it was signed", edit(scene, old, new))


def test_a_comment_in_the_entry_changes_nothing(scene):
    entry = edit(scene, 'name = "signs"', '# the team\'s own\nname = "signs"')
    assert check_approval(scene.project, entry)


@pytest.mark.parametrize("what", ["root", "manifest"])
def test_another_root_or_manifest_is_not_approved(scene, what):
    digits = getattr(scene.entry, what).hex
    refused(scene, "root or manifest is another", edit(scene, digits, digits[::-1]))


def test_an_edited_vet_record_is_not_approved(scene):
    scene.vet_path.write_bytes(scene.vet_path.read_bytes().replace(b'"level": 0', b'"level": 4'))
    refused(scene, "vet record is another")


def test_a_missing_vet_record_is_not_approved(scene):
    scene.vet_path.unlink()
    refused(scene, "vet record is missing")


@pytest.mark.parametrize("which", ["manifest", "files"])
def test_an_edited_manifest_is_not_approved(scene, which):
    digest = scene.entry.manifest if which == "manifest" else scene.files
    path = manifest_path(scene.project.state / "manifests", digest)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    refused(scene, "its digest is another")


def test_a_manifest_that_is_not_here_is_somebody_elses_business(scene):
    manifest_path(scene.project.state / "manifests", scene.files).unlink()
    assert check_approval(scene.project, scene.entry)


def test_what_nobody_signed_is_not_approved(scene):
    sign_off_path(scene.project.dbom, "signs@1").unlink()
    assert "bezoar approve signs@1" in refused(scene, "nobody has signed").next


@pytest.mark.parametrize("status", ["draft", "quarantined"])
def test_a_status_that_somebody_took_back_counts(scene, status):
    entry = edit(scene, 'status = "approved"', f'status = "{status}"')
    refused(scene, f"its status is {status}", entry)


def test_a_status_without_a_signature_counts_for_nothing(tmp_path):
    where = fs.project(tmp_path / "p")
    fs.with_key(where)
    scene = fs.registered(where)
    fs.vetted(scene)
    refused(scene, "nobody has signed", edit(scene, 'status = "draft"', 'status = "approved"'))


def test_the_sign_off_of_another_version_is_none_of_this(scene, tmp_path):
    other = fs.approved(tmp_path / "p", version="2")
    one, two = (sign_off_path(scene.project.dbom, f"signs@{v}") for v in "12")
    two.write_bytes(one.read_bytes())
    refused(other, "is about signs@1")


def test_without_any_key(tmp_path):
    scene = fs.registered(fs.project(tmp_path / "p"))
    assert refused(scene, "there are no keys yet").next == "bezoar keys new NAME"


def test_the_keys_are_gone(scene):
    (keys_folder(scene.project.dbom) / "1.json").unlink()
    refused(scene, "there are no keys, and sha256:.* is pinned")


def test_revoked_data_stays_so_whatever_is_edited(scene):
    revoke(scene.project.dbom, scene.entry, "stickers", fs.keyring(scene.project), fs.key("alice"))
    with pytest.raises(RevokedError, match="stickers"):
        check_approval(scene.project, scene.entry)
    revocation_path(scene.project.dbom, "signs@1").unlink()
    with pytest.raises(RevokedError, match="stickers"):
        check_approval(scene.project, scene.entry)


def test_revoked_data_under_another_name_is_revoked(scene, tmp_path):
    revoke(scene.project.dbom, scene.entry, "stickers", fs.keyring(scene.project), fs.key("alice"))
    with pytest.raises(RevokedError, match="stickers"):
        check_approval(scene.project, fs.approved(tmp_path / "p", "panels").entry)


def test_a_revocation_that_comes_with_the_repository_is_remembered(scene):
    revoke(scene.project.dbom, scene.entry, "stickers", fs.keyring(scene.project), fs.key("alice"))
    remembered_path(scene.entry.root).unlink()
    with pytest.raises(RevokedError):
        check_approval(scene.project, scene.entry)
    assert remembered_path(scene.entry.root).exists()


def test_a_damaged_revocation_revokes_and_is_not_remembered(scene):
    path = revocation_path(scene.project.dbom, "signs@1")
    path.write_text("{}")
    with pytest.raises(RevokedError, match="no DSSE envelope"):
        check_approval(scene.project, scene.entry)
    assert not remembered_path(scene.entry.root).exists()


def test_the_entry_says_that_it_is_revoked(scene):
    entry = scene.entry.model_copy(update={"status": Status.REVOKED, "reason": "by hand"})
    refused(scene, "it is revoked: by hand", entry)


def test_two_signatures_are_wanted_and_one_is_there(scene):
    fs.admit(scene.project, "bob")
    fs.demand(scene.project, approver=2)
    refused(scene, "it has 1 of 2 signatures")


def test_a_pipe_is_not_waited_for(scene):
    path = sign_off_path(scene.project.dbom, "signs@1")
    path.unlink()
    os.mkfifo(path)
    refused(scene, "no regular file")


def test_an_override_is_told(tmp_path):
    where = fs.project(tmp_path / "p")
    fs.with_key(where)
    scene = fs.registered(where)
    record = fs.vetted(scene, fs.found())
    signed = fs.sign(scene, record, override=["BZ311"], reason="a false alarm")
    assert check_approval(where, signed.entry).override == ("BZ311",)


def test_the_envelope_is_readable_by_others(scene):
    fields = json.loads(sign_off_path(scene.project.dbom, "signs@1").read_bytes())
    assert fields["payloadType"] == "application/vnd.in-toto+json"


def test_these_tests_see_a_comparison_that_is_left_out(scene, monkeypatch):
    """With the comparison switched off, what is refused above is approved."""
    entry = edit(scene, "https://example.org/signs.zip", "https://example.com/signs.zip")
    scene.vet_path.write_bytes(scene.vet_path.read_bytes().replace(b'"level": 0', b'"level": 4'))
    refused(scene, "was edited after it was signed", entry)
    monkeypatch.setattr(approval, "mismatch", lambda *_: "")
    assert check_approval(scene.project, entry)
