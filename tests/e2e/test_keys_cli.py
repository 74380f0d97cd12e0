"""`bezoar keys` as people use it: two machines, one repository."""

import io
import json
import stat

import fortify_scene as fs
import pytest

from bezoar.cli import keys as keys_cli
from bezoar.cli.app import run
from bezoar.fortify.signing.private_keys import own_keys
from bezoar.ledger import open_ledger
from bezoar.project.home import home


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def project(tmp_path, monkeypatch):
    where = fs.project(tmp_path / "p")
    monkeypatch.chdir(where.root)
    return where


@pytest.fixture
def bezoar(capsysbinary):
    """Return what runs a command: exit code, stdout, stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return what sits down at another person's machine."""
    return lambda name: monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / f"home of {name}"))


def listed(bezoar):
    code, out, _ = bezoar("keys", "list", "--format", "json")
    return code, json.loads(out)


def test_the_first_key(bezoar, project):
    code, out, err = bezoar("keys", "new", "alice", "--no-passphrase")
    assert code == 0
    fingerprint = out.split()[1]
    assert f"BEZOAR_TRUST={fingerprint}" in err
    folder = home() / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "alice.pem").stat().st_mode) == 0o600
    assert "PRIVATE" not in "".join(p.read_text() for p in (project.dbom / "keys").iterdir())
    code, found = listed(bezoar)
    assert (code, found["holds"], found["version"]) == (0, True, 1)
    assert found["pinned"] == fingerprint
    assert [(one["name"], one["roles"]) for one in found["keys"]] == [
        ("alice", ["admin", "approver"])
    ]
    with open_ledger(project) as ledger:
        assert [event.kind for event in ledger.events()] == ["keys.changed"]


def test_a_key_is_never_overwritten(bezoar, project):
    bezoar("keys", "new", "alice", "--no-passphrase")
    before = (home() / "keys" / "alice.pem").read_bytes()
    code, _, err = bezoar("keys", "new", "alice", "--no-passphrase")
    assert (code, "never overwritten" in err) == (2, True)
    assert (home() / "keys" / "alice.pem").read_bytes() == before
    assert not (project.dbom / "keys" / "requests").exists()


def test_one_key_for_two_projects(bezoar, tmp_path, project, monkeypatch):
    bezoar("keys", "new", "alice", "--no-passphrase")
    other = fs.project(tmp_path / "other")
    monkeypatch.chdir(other.root)
    assert bezoar("keys", "new", "alice", "--no-passphrase")[0] == 2
    assert bezoar("keys", "new", "alice", "--reuse")[0] == 0
    assert fs.keyring(other).keys.keys() == fs.keyring(project).keys.keys()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["Alice", "../x", "", "a/b", "-x", "a" * 81, "a\nb", "é"])
def test_a_name_that_is_none(bezoar, name):
    code, _, err = bezoar("keys", "new", "--no-passphrase", "--", name)
    assert code == 2
    assert "error: " in err
    assert not (home() / "keys").exists()


@pytest.mark.usefixtures("project")
def test_a_passphrase(bezoar, monkeypatch):
    code, _, err = bezoar("keys", "new", "alice")
    assert (code, "--no-passphrase" in err) == (2, True)
    monkeypatch.setenv("BEZOAR_PASSPHRASE", "open sesame")
    assert bezoar("keys", "new", "alice")[0] == 0
    assert "ENCRYPTED" in (home() / "keys" / "alice.pem").read_text()
    assert bezoar("keys", "new", "bob", "--no-passphrase")[0] == 0
    monkeypatch.setenv("BEZOAR_PASSPHRASE", "open barley")
    code, _, err = bezoar("keys", "admit", "bob", "--yes")
    assert (code, "another passphrase" in err) == (2, True)
    monkeypatch.delenv("BEZOAR_PASSPHRASE")
    code, _, err = bezoar("keys", "admit", "bob", "--yes")
    assert (code, "no terminal to ask" in err) == (2, True)
    monkeypatch.setenv("BEZOAR_PASSPHRASE", "open sesame")
    assert bezoar("keys", "admit", "bob", "--yes")[0] == 0


@pytest.mark.usefixtures("project")
def test_a_passphrase_is_asked_twice(bezoar, monkeypatch):
    answers = iter(["one", "two", "one", "one", ""])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    monkeypatch.setattr(keys_cli.sys, "stdin", Terminal())
    assert "the two passphrases differ" in bezoar("keys", "new", "alice")[2]
    assert bezoar("keys", "new", "alice")[0] == 0
    assert "the passphrase is empty" in bezoar("keys", "new", "bob")[2]


@pytest.mark.usefixtures("project")
def test_a_key_that_others_may_read_signs_nothing(bezoar):
    bezoar("keys", "new", "alice", "--no-passphrase")
    bezoar("keys", "new", "bob", "--no-passphrase")
    (home() / "keys" / "alice.pem").chmod(0o644)
    code, _, err = bezoar("keys", "admit", "bob", "--yes")
    assert (code, "chmod 600" in err) == (2, True)


def test_two_people_on_two_machines(bezoar, project, machine):
    machine("alice")
    fingerprint = bezoar("keys", "new", "alice", "--no-passphrase")[1].split()[1]
    machine("bob")
    code, found = listed(bezoar)
    assert (code, found["holds"]) == (1, False)
    assert "nobody here said which key to trust" in found["fault"]
    assert bezoar("keys", "trust", fingerprint)[0] == 0
    code, out, err = bezoar("keys", "new", "bob", "--no-passphrase", "--role", "reviewer")
    assert (code, "bezoar keys admit bob" in err) == (0, True)
    assert (project.dbom / "keys" / "requests" / "bob.json").is_file()
    assert listed(bezoar)[1]["asked"] == ["bob"]
    code, _, err = bezoar("keys", "admit", "bob", "--yes")
    assert (code, "none of the keys here has the role admin" in err) == (2, True)
    machine("alice")
    code, _, err = bezoar("keys", "admit", "bob")
    assert (code, "--yes" in err) == (2, True)
    code, _, err = bezoar("keys", "admit", "bob", "--yes")
    assert code == 0
    assert f"+ bob (reviewer) {out.split()[1]}" in err
    assert not (project.dbom / "keys" / "requests" / "bob.json").exists()
    machine("bob")
    code, found = listed(bezoar)
    assert (code, found["version"]) == (0, 2)
    assert [one["here"] for one in found["keys"]] == [None, "bob"]


def test_a_change_that_takes_two(bezoar, project, machine):
    machine("alice")
    fingerprint = bezoar("keys", "new", "alice", "--no-passphrase")[1].split()[1]
    machine("bob")
    bezoar("keys", "trust", fingerprint)
    bezoar("keys", "new", "bob", "--no-passphrase", "--role", "admin", "--role", "approver")
    machine("alice")
    bezoar("keys", "admit", "bob", "--yes")
    assert bezoar("keys", "threshold", "2", "--role", "admin=2", "--yes")[0] == 0
    code, _, err = bezoar("keys", "threshold", "1", "--yes")
    assert (code, "not in force yet: 1 of 2 signatures" in err) == (0, True)
    assert fs.keyring(project).version == 3
    assert "threshold of approver: 2 -> 1" in bezoar("keys", "list")[1]
    code, _, err = bezoar("keys", "remove", "bob", "--yes")
    assert code == 2
    machine("bob")
    code, _, err = bezoar("keys", "sign", "--yes")
    assert (code, "version 4 of the keyring is in force" in err) == (0, True)
    assert fs.keyring(project).version == 4
    assert bezoar("keys", "sign", "--yes")[0] == 2


@pytest.mark.usefixtures("project")
def test_a_request_that_somebody_else_wrote(bezoar, project):
    bezoar("keys", "new", "alice", "--no-passphrase")
    bezoar("keys", "new", "bob", "--no-passphrase")
    bezoar("keys", "new", "mallory", "--no-passphrase", "--role", "admin")
    requests = project.dbom / "keys" / "requests"
    (requests / "mallory.json").rename(requests / "bob.json")
    code, _, err = bezoar("keys", "admit", "bob", "--yes")
    assert (code, "the key of mallory did not sign it" in err) == (2, True)
    for text in ("", "{}", "[" * 100_000):
        (requests / "bob.json").write_text(text)
        assert bezoar("keys", "admit", "bob", "--yes")[0] == 2
    assert "has not asked" in bezoar("keys", "admit", "nobody", "--yes")[2]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "arguments",
    [
        ("threshold",),
        ("threshold", "0"),
        ("threshold", "2", "--yes"),
        ("threshold", "--role", "king=1", "--yes"),
        ("threshold", "--role", "reviewer", "--yes"),
        ("threshold", "--role", "reviewer=-1", "--yes"),
        ("threshold", "--role", "admin=0", "--yes"),
        ("threshold", "1", "--yes"),
        ("remove", "nobody", "--yes"),
        ("remove", "alice", "--yes"),
        ("sign", "--yes"),
        ("trust", "x"),
        ("trust", "sha256:" + "0" * 64),
        ("new", "bob", "--no-passphrase", "--role", "king"),
        ("new", "bob", "--reuse"),
    ],
)
def test_what_cannot_be(bezoar, arguments):
    bezoar("keys", "new", "alice", "--no-passphrase")
    code, _, err = bezoar("keys", *arguments)
    assert code == 2
    assert "try: " in err
    assert listed(bezoar)[1]["version"] == 1
    assert list(own_keys()) == ["alice"]


@pytest.mark.usefixtures("project")
def test_the_first_key_has_to_be_able_to_approve(bezoar):
    code, _, err = bezoar("keys", "new", "alice", "--no-passphrase", "--role", "approver")
    assert (code, "an admin and an approver" in err) == (2, True)
    assert own_keys() == {}


def test_pinned_keys_that_are_gone_are_not_made_anew(bezoar, project):
    bezoar("keys", "new", "alice", "--no-passphrase")
    (project.dbom / "keys" / "1.json").unlink()
    code, _, err = bezoar("keys", "new", "mallory", "--no-passphrase")
    assert (code, "is pinned" in err) == (1, True)


@pytest.mark.usefixtures("project")
def test_a_pin_is_replaced_on_purpose_only(bezoar):
    fingerprint = bezoar("keys", "new", "alice", "--no-passphrase")[1].split()[1]
    other = "sha256:" + "0" * 64
    code, _, err = bezoar("keys", "trust", other)
    assert (code, "--replace" in err) == (2, True)
    assert bezoar("keys", "trust", other, "--replace")[0] == 1
    assert bezoar("keys", "list")[0] == 1
    assert bezoar("keys", "trust", fingerprint, "--replace")[0] == 0


def test_an_abandoned_branch_is_forgotten_on_purpose_only(bezoar, project):
    fingerprint = bezoar("keys", "new", "alice", "--no-passphrase")[1].split()[1]
    bezoar("keys", "new", "bob", "--no-passphrase")
    bezoar("keys", "admit", "bob", "--yes")
    (project.dbom / "keys" / "2.json").unlink()
    code, _, err = bezoar("keys", "list")
    assert (code, "is a replay" in err, "--replace" in err) == (1, True, True)
    assert bezoar("keys", "trust", fingerprint)[0] == 1
    assert bezoar("keys", "trust", fingerprint, "--replace")[0] == 0
    assert bezoar("keys", "list")[0] == 0


def test_a_request_by_a_hostile_name_is_not_shown(bezoar, project):
    bezoar("keys", "new", "alice", "--no-passphrase")
    requests = project.dbom / "keys" / "requests"
    requests.mkdir()
    (requests / "a\x1b[31m.json").write_text("{}")
    code, out, err = bezoar("keys", "list")
    assert code == 0
    assert "\x1b" not in out + err


@pytest.mark.usefixtures("project")
def test_the_public_half_was_lost(bezoar):
    bezoar("keys", "new", "alice", "--no-passphrase")
    bezoar("keys", "new", "bob", "--no-passphrase")
    (home() / "keys" / "alice.pub").unlink()
    assert bezoar("keys", "admit", "bob", "--yes")[0] == 2
    (home() / "keys" / "alice.pem").rename(home() / "keys" / "eve.pem")
    assert bezoar("keys", "new", "eve", "--reuse")[0] == 0
    assert bezoar("keys", "admit", "bob", "--yes")[0] == 0


def test_a_folder_that_is_no_utf_8(bezoar, tmp_path, monkeypatch):
    import os  # noqa: PLC0415 - one test

    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)  # noqa: PTH102 - a path of bytes
    (tmp_path / os.fsdecode(b"\xff") / "bezoar.toml").write_text("")
    monkeypatch.chdir(os.fsdecode(folder))
    assert bezoar("keys", "new", "alice", "--no-passphrase")[0] == 0
    assert bezoar("keys", "list")[0] == 0


@pytest.mark.usefixtures("project")
def test_no_keys(bezoar):
    code, out, err = bezoar("keys", "list")
    assert (code, out) == (1, "")
    assert "bezoar keys new NAME" in err
