"""`bezoar bundle`: what was approved here, for people who have the other tool."""

import json
from pathlib import Path

import fortify_scene as fs
import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec

from bezoar.cli.app import run

GOLDEN = Path(__file__).parents[1] / "golden" / "model-signing"


@pytest.fixture
def scene(tmp_path, monkeypatch):
    found = fs.approved(tmp_path / "p")
    monkeypatch.chdir(found.project.root)
    key = ec.generate_private_key(ec.SECP256R1())
    Path("k.pem").write_bytes(
        key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    )
    info = s.PublicFormat.SubjectPublicKeyInfo
    Path("k.pub").write_bytes(key.public_key().public_bytes(s.Encoding.PEM, info))
    return found


@pytest.fixture
def bezoar(capsysbinary):
    """Return what runs a command: exit code, stdout, stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


CHECK = ("--bundle", "signs.sig", "--key", "k.pub")


def test_written_and_verified(bezoar, scene):
    assert bezoar("bundle", "write", "signs", "--key", "k.pem", "-o", "signs.sig")[0] == 0
    code, out, _ = bezoar("bundle", "verify", scene.data, *CHECK)
    assert code == 0
    assert out == "signs@1: each file is signed, none is missing (4 in the bundle)\n"


def test_every_difference_shows(bezoar, scene):
    bezoar("bundle", "write", "signs", "--key", "k.pem", "-o", "signs.sig")
    (scene.data / "go").rename(scene.data / "gone")
    code, out, _ = bezoar("bundle", "verify", scene.data, *CHECK, "--format", "json")
    assert code == 1
    assert json.loads(out)["differences"] == [
        "go/0.png: it is missing",
        "go/1.png: it is missing",
        "gone/0.png: nobody signed it",
        "gone/1.png: nobody signed it",
    ]


@pytest.mark.usefixtures("scene")
def test_what_is_not_approved_gets_no_bundle(bezoar):
    bezoar("revoke", "signs", "--reason", "stickers")
    code, out, err = bezoar("bundle", "write", "signs", "--key", "k.pem")
    assert (code, out, "is revoked" in err) == (1, "", True)


def test_a_bundle_inside_of_what_it_is_about(bezoar, tmp_path):
    folder = tmp_path / "m"
    for name, text in {".hidden": "h\n", "cat/1.txt": "a\n", "dog/2.txt": "b\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "model.sig").write_bytes((GOLDEN / "bundle.sig").read_bytes())
    options = ("--bundle", folder / "model.sig", "--key", GOLDEN / "key.pub")
    code, _, err = bezoar("bundle", "verify", folder, *options)
    assert (code, "what lies there nobody signed" in err) == (0, True)
    (folder / ".gitignore").write_text("a hiding place")
    code, out, _ = bezoar("bundle", "verify", folder, *options)
    assert (code, ".gitignore: nobody signed it" in out) == (1, True)


@pytest.mark.usefixtures("scene")
def test_what_cannot_be(bezoar):
    Path("junk.sig").write_text("{}")
    code, _, err = bezoar("bundle", "verify", "data", "--bundle", "junk.sig", "--key", "k.pub")
    assert (code, "no bundle of the type" in err) == (1, True)
    for arguments in (
        ("bundle", "verify", "data", "--bundle", "none.sig", "--key", "k.pub"),
        ("bundle", "write", "signs", "--key", "k.pub"),
        ("bundle", "write", "signs", "--key", "none.pem"),
        ("bundle", "write", "nobody", "--key", "k.pem"),
    ):
        code, _, err = bezoar(*arguments)
        assert (code, "try: " in err) == (2, True)
