"""`bezoar status` as a person uses it."""

import json

import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli.app import run

ORIGIN = ("--origin", "https://example.org/signs")


@pytest.fixture
def bezoar(tmp_path, monkeypatch, capsysbinary):
    """Return what runs a command in a project of its own: exit code, stdout, stderr."""
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def add(bezoar, name, *more):
    return bezoar("dbom", "add", f"./{name}", "--name", name, "--version", "1", *ORIGIN, *more)


@pytest.fixture
def three(bezoar, tmp_path):
    for name in ("good", "bad", "new"):
        write_files(tmp_path / name, four_files())
        add(bezoar, name)
    bezoar("verify", "good")
    write_files(tmp_path / "bad", {"go/0.png": png(9)})
    bezoar("verify", "bad")
    bezoar("dbom", "add", "--draft", "--name", "later", "--version", "1", *ORIGIN)


@pytest.mark.usefixtures("three")
def test_what_is_verified_and_what_is_missing(bezoar):
    code, out, _ = bezoar("status", "recon")
    assert code == 0
    assert out == (
        "recon: training datasets with a verified checksum\n"
        "  25.0 % (1 of 4)\n"
        "\n  bad@1\n    failed: it was not what was registered\n    bezoar verify bad@1\n"
        "\n  later@1\n    draft: nobody has registered its bytes\n"
        "    bezoar dbom add PATH --name later --version 1\n"
        "\n  new@1\n    never verified: nobody has held it against its manifest\n"
        "    bezoar verify new@1\n"
    )
    assert bezoar("status")[1] == out


@pytest.mark.usefixtures("three")
def test_as_json(bezoar):
    bezoar("dbom", "set", "bad", "--status", "quarantined", "--reason", "it was changed")
    code, out, _ = bezoar("status", "recon", "--format", "json")
    (measure,) = json.loads(out)["measures"]
    assert code == 0
    assert (measure["stage"], measure["value"], measure["unit"]) == ("recon", 33.3, "%")
    states = {one["dataset"]: one["state"] for one in measure["datasets"]}
    assert states == {"good@1": "verified", "later@1": "draft", "new@1": "never verified"}
    assert [one["dataset"] for one in measure["set_aside"]] == ["bad@1"]
    assert [one["what"] for one in measure["missing"]] == ["later@1", "new@1"]


@pytest.mark.usefixtures("three")
def test_an_entry_that_changed_since_is_stale(bezoar, tmp_path):
    path = tmp_path / "dbom" / "good@1.toml"
    text = path.read_text()
    digits = text.partition('root = "merkle-sha256-v1:')[2][:64]
    path.write_text(text.replace(digits, 64 * "0"))
    _, out, _ = bezoar("status", "recon")
    assert "0.0 % (0 of 4)" in out
    assert "good@1\n    stale: its manifest changed after it was verified" in out


def test_of_nothing(bezoar, tmp_path):
    code, out, _ = bezoar("status")
    assert (code, out.splitlines()[1]) == (0, "  nothing to measure yet")
    assert list(tmp_path.iterdir()) == [tmp_path / "bezoar.toml"]


def test_no_such_stage(bezoar):
    code, _, err = bezoar("status", "recom")
    assert code == 2
    assert "want one of recon" in err
