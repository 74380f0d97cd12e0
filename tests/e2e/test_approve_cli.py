"""`bezoar approve` and `bezoar revoke` as people use them."""

import json
import tomllib

import fortify_scene as fs
import pytest
from dataset_layouts import png

from bezoar.cli.app import run
from bezoar.fortify.signing import RevokedError, check_approval
from bezoar.fortify.signing.places import keys_folder, revocation_path, sign_off_path
from bezoar.fortify.signing.revocation import remembered_path
from bezoar.ledger import open_ledger

SAID = ("--reason", "a supplier we know")


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """A project with alice's key and a registered dataset that nobody vetted."""
    where = fs.project(tmp_path / "p")
    fs.with_key(where)
    monkeypatch.chdir(where.root)
    return fs.registered(where)


@pytest.fixture
def bezoar(capsysbinary):
    """Return what runs a command: exit code, stdout, stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def status(scene):
    return tomllib.loads(scene.dbom.path("signs", "1").read_text())["status"]


def events(scene):
    with open_ledger(scene.project) as ledger:
        return [(one.kind, one.subject, dict(one.detail)) for one in ledger.events()]


def test_what_was_vetted_is_approved(bezoar, scene):
    fs.vetted(scene)
    code, out, err = bezoar("approve", "signs", *SAID)
    assert code == 0
    assert "signs@1 is approved" in out
    assert "nobody has spot-checked it" in err
    assert status(scene) == "approved"
    approval = check_approval(scene.project, scene.dbom.find("signs"))
    assert (approval.signers, approval.reason) == (("alice",), "a supplier we know")
    kind, subject, detail = events(scene)[-1]
    assert (kind, subject) == ("dataset.approved", str(scene.entry.root))
    assert detail["dataset"] == "signs@1"
    assert detail["signers"] == ["alice"]


def test_what_nobody_vetted_is_not(bezoar, scene):
    code, out, err = bezoar("approve", "signs", *SAID)
    assert (code, out) == (3, "")
    assert "bezoar vet signs@1" in err
    assert status(scene) == "draft"
    assert not sign_off_path(scene.project.dbom, "signs@1").exists()


def test_a_record_about_other_data_counts_for_nothing(bezoar, scene):
    other = fs.registered(scene.project, "panels", files={"a/0.png": png(7)})
    record = fs.vetted(other)
    scene.vet_path.write_bytes(record.content().replace(b"panels@1", b"signs@1"))
    code, _, err = bezoar("approve", "signs", *SAID)
    assert code == 1
    assert "its vet record is about other data" in err


def test_what_was_not_admitted_needs_an_override(bezoar, scene):
    fs.vetted(scene, fs.found())
    code, _, err = bezoar("approve", "signs", *SAID)
    assert code == 1
    assert "--override BZ311" in err
    assert status(scene) == "draft"
    code, _, err = bezoar("approve", "signs", "--override", "BZ312", *SAID)
    assert code == 1
    code, _, err = bezoar("approve", "signs", "--override", "BZ311", "--override", "BZ312", *SAID)
    assert (code, "BZ312 did not decide" in err) == (2, True)
    code, out, _ = bezoar("approve", "signs", "--override", "BZ311", *SAID)
    assert (code, "override BZ311" in out) == (0, True)
    assert events(scene)[-1][2]["override"] == ["BZ311"]


def test_there_is_nothing_to_override_where_it_was_admitted(bezoar, scene):
    fs.vetted(scene)
    code, _, err = bezoar("approve", "signs", "--override", "BZ311", *SAID)
    assert (code, "nothing to override" in err) == (2, True)


def test_a_reason_is_required(bezoar, scene):
    fs.vetted(scene)
    assert bezoar("approve", "signs")[0] == 2
    assert bezoar("approve", "signs", "--reason", "")[0] == 2
    assert status(scene) == "draft"


@pytest.mark.parametrize("reason", ["\udcff", "x" * 10_001])
def test_a_reason_that_cannot_be_signed(bezoar, scene, reason):
    fs.vetted(scene)
    for command in ("approve", "revoke"):
        assert bezoar(command, "signs", "--reason", reason)[0] == 2
    assert status(scene) == "draft"


def test_a_reason_is_shown_safely(bezoar, scene):
    fs.vetted(scene)
    reason = "\x1b[31mred\nnew line \u202e"
    code, out, err = bezoar("approve", "signs", "--reason", reason)
    assert code == 0
    assert "\x1b" not in out + err
    assert check_approval(scene.project, scene.dbom.find("signs")).reason == reason


@pytest.mark.parametrize("change", ["a picture", "another file", "no data"])
def test_the_data_is_read_once_more(bezoar, scene, change):
    fs.vetted(scene)
    if change == "a picture":
        (scene.data / "go" / "0.png").write_bytes(png(9))
    elif change == "another file":
        (scene.data / "go" / "read.me").write_text("hidden beside the pictures")
    else:
        scene.data.rename(scene.data.with_name("elsewhere"))
    code, _, err = bezoar("approve", "signs", *SAID)
    assert code == 1
    assert "is not approved" in err
    assert status(scene) == "draft"
    assert not sign_off_path(scene.project.dbom, "signs@1").exists()


def test_it_takes_two(bezoar, scene):
    fs.admit(scene.project, "bob")
    fs.demand(scene.project, approver=2)
    fs.vetted(scene)
    code, _, err = bezoar("approve", "signs", *SAID)
    assert (code, "which key? alice, bob" in err) == (2, True)
    code, out, _ = bezoar("approve", "signs", "--key", "alice", *SAID)
    assert code == 0
    assert "signed, not yet approved" in out
    assert status(scene) == "draft"
    assert events(scene)[-1][0] == "dataset.signed"
    assert "not yet approved" in bezoar("approve", "signs", "--key", "alice", *SAID)[1]
    code, out, _ = bezoar("approve", "signs", "--key", "bob", "--reason", "I looked, too")
    assert (code, "signs@1 is approved" in out) == (0, True)
    entry = scene.dbom.find("signs")
    assert check_approval(scene.project, entry).signers == ("alice", "bob")


def test_the_second_signs_only_what_they_see(bezoar, scene):
    fs.admit(scene.project, "bob")
    fs.demand(scene.project, approver=2)
    fs.vetted(scene)
    bezoar("approve", "signs", "--key", "alice", *SAID)
    path = scene.dbom.path("signs", "1")
    path.write_text(path.read_text().replace("https://example.org", "https://example.net"))
    code, _, err = bezoar("approve", "signs", "--key", "bob", *SAID)
    assert code == 1
    assert "says something else: its entry was edited" in err
    assert "--anew" in err
    code, out, _ = bezoar("approve", "signs", "--key", "bob", "--anew", *SAID)
    assert (code, "signers  bob" in out) == (0, True)


def test_the_second_says_the_same_override(bezoar, scene):
    fs.admit(scene.project, "bob")
    fs.demand(scene.project, approver=2)
    fs.vetted(scene, fs.found())
    bezoar("approve", "signs", "--key", "alice", "--override", "BZ311", *SAID)
    code, _, err = bezoar("approve", "signs", "--key", "bob", *SAID)
    assert (code, "--override BZ311" in err) == (1, True)
    assert status(scene) == "draft"
    assert bezoar("approve", "signs", "--key", "bob", "--override", "BZ311", *SAID)[0] == 0
    assert status(scene) == "approved"


def test_a_key_that_may_not(bezoar, scene):
    fs.admit(scene.project, "carol", roles=["admin"])
    fs.key("mallory")
    fs.vetted(scene)
    for name, why in (("carol", "has not the role"), ("mallory", "not in the keyring")):
        code, _, err = bezoar("approve", "signs", "--key", name, *SAID)
        assert (code, why in err) == (2, True)
    assert "no key nobody here" in bezoar("approve", "signs", "--key", "nobody", *SAID)[2]


def test_settings_may_want_a_spot_check(bezoar, scene):
    (scene.project.root / "bezoar.toml").write_text("[approve]\nrequire_review = true\n")
    fs.vetted(scene)
    code, _, err = bezoar("approve", "signs", *SAID)
    assert (code, "bezoar review signs@1" in err) == (1, True)
    with open_ledger(scene.project) as ledger:
        event = ledger.append("dataset.reviewed", "signs@1", {"root": str(scene.entry.root)})
    code, out, _ = bezoar("approve", "signs", "--format", "json", *SAID)
    statement = json.loads(out)["statement"]
    assert code == 0
    assert statement["review"] == str(event.digest)
    assert statement["ledger"]["digest"] == str(event.digest)


def test_a_version_names_the_approval_before_it(bezoar, scene):
    fs.vetted(scene)
    bezoar("approve", "signs@1", *SAID)
    first = check_approval(scene.project, scene.dbom.find("signs@1"))
    path = scene.dbom.path("signs", "1")
    path.write_text(path.read_text())
    two = fs.registered(scene.project, version="2", files={"go/0.png": png(5)})
    older = two.dbom.find("signs@2")
    two.dbom.update(older.model_copy(update={"added_at": older.added_at.replace(year=2100)}))
    fs.vetted(two)
    code, out, _ = bezoar("approve", "signs@2", "--format", "json", *SAID)
    assert code == 0
    assert json.loads(out)["statement"]["previous"] == str(first.statement)


def test_revoked_for_good(bezoar, scene):
    fs.vetted(scene)
    bezoar("approve", "signs", *SAID)
    code, out, _ = bezoar("revoke", "signs", "--reason", "stickers in it")
    assert (code, "signs@1 is revoked: stickers in it" in out) == (0, True)
    assert status(scene) == "revoked"
    assert events(scene)[-1][0] == "dataset.revoked"
    path = scene.dbom.path("signs", "1")
    path.write_text(path.read_text().replace('"revoked"', '"approved"'))
    with pytest.raises(RevokedError, match="stickers in it"):
        check_approval(scene.project, scene.dbom.find("signs"))
    code, _, err = bezoar("approve", "signs", "--anew", *SAID)
    assert (code, "it is revoked" in err) == (1, True)
    revocation_path(scene.project.dbom, "signs@1").unlink()
    assert bezoar("approve", "signs", "--anew", *SAID)[0] == 1
    remembered_path(scene.entry.root).unlink()
    assert check_approval(scene.project, scene.dbom.find("signs"))


def test_without_keys_it_says_how(bezoar, scene):
    for path in keys_folder(scene.project.dbom).iterdir():
        path.unlink()
    code, _, err = bezoar("approve", "signs", *SAID)
    assert code == 1
    assert "is pinned" in err


def test_as_a_process(scene):
    import subprocess  # noqa: PLC0415 - one test starts a process
    import sys  # noqa: PLC0415 - the same

    fs.vetted(scene)
    command = [sys.executable, "-m", "bezoar", "approve", "signs", *SAID]
    done = subprocess.run(command, cwd=scene.project.root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
