"""Drafts, facts and statuses of `bezoar dbom`, as a person gives them."""

import json

import pytest
from dataset_layouts import four_files, write_files

from bezoar.cli.app import run

NAMED = ("--name", "signs", "--version", "1")
ORIGIN = ("--origin", "https://example.org/signs")


@pytest.fixture
def bezoar(tmp_path, monkeypatch, capsysbinary):
    """Return what runs a command in a project of its own: exit code, stdout, stderr."""
    (tmp_path / "bezoar.toml").write_text("")
    write_files(tmp_path / "signs", four_files())
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def entry(bezoar, spec="signs@1"):
    _, out, _ = bezoar("dbom", "list", "--format", "json")
    (found,) = [e for e in json.loads(out)["datasets"] if f"{e['name']}@{e['version']}" == spec]
    return found


def events(bezoar):
    _, out, _ = bezoar("log", "--format", "json")
    return [(event["kind"], event["detail"]) for event in json.loads(out)["events"]]


def test_a_draft_is_noted_listed_and_completed(bezoar):
    code, out, _ = bezoar("dbom", "add", "--draft", *NAMED, *ORIGIN, "--owner", "vision team")
    assert code == 0
    assert "bezoar dbom add PATH --name signs --version 1" in out
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = bezoar("dbom", "list")
    assert out.splitlines()[1].split() == ["signs@1", "draft", "-", "-", "-", "-"]
    for command in (("verify", "signs"), ("verify", "signs", "--at", "./signs")):
        code, _, err = bezoar(*command)
        assert code == 2
        assert "signs@1 is a draft: nobody has registered its bytes" in err
    code, out, _ = bezoar("dbom", "add", "./signs", *NAMED)
    assert code == 0
    found = entry(bezoar)
    assert found["content"]["samples"] == 4
    assert found["owners"] == ["vision team"]
    assert found["origin"]["uris"] == ["https://example.org/signs"]
    assert bezoar("verify", "signs")[0] == 0
    assert bezoar("dbom", "add", "./signs", *NAMED)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--draft", *NAMED), "--origin"),
        ((*NAMED, *ORIGIN), "--draft"),
        (("./signs", "--draft", *NAMED, *ORIGIN), "--draft"),
        (("./signs", *NAMED, *ORIGIN, "--licence", "MTI"), "did you mean 'MIT'"),
        (("./signs", *NAMED, *ORIGIN, "--sensitivity", "secret"), "sensitivity"),
        (("./signs", *NAMED, *ORIGIN, "--transform", "crop"), "--derived-from"),
        (
            ("./signs", *NAMED, *ORIGIN, "--derived-from", "raw@1", "--transform", "crop"),
            "knows no raw@1",
        ),
    ],
)
def test_what_is_refused(bezoar, tmp_path, arguments, says):
    code, out, err = bezoar("dbom", "add", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert not (tmp_path / "dbom").exists()


def test_everything_that_can_be_said(bezoar):
    bezoar("dbom", "add", "./signs", "--name", "raw", "--version", "1", *ORIGIN)
    code, _, _ = bezoar(
        *("dbom", "add", "./signs", *NAMED, *ORIGIN),
        *("--licence", "cc-by-4.0 or MIT".replace("or", "OR"), "--publisher", "A university"),
        *("--owner", "ann", "--owner", "bob", "--sensitivity", "internal"),
        *("--derived-from", "raw", "--transform", "crop to 32 x 32"),
    )
    assert code == 0
    found = entry(bezoar)
    assert found["origin"]["licence"] == "CC-BY-4.0 OR MIT"
    assert (found["owners"], found["sensitivity"]) == (["ann", "bob"], "internal")
    root = found["content"]["root"]
    assert found["lineage"] == [{"dataset": "raw@1", "transform": "crop to 32 x 32", "root": root}]


def test_status_by_hand(bezoar):
    bezoar("dbom", "add", "./signs", *NAMED, *ORIGIN)
    for status in ("quarantined", "revoked", "draft"):
        code, out, _ = bezoar("dbom", "set", "signs", "--status", status, "--reason", f"{status}!")
        assert code == 0
        assert f"is   {status}\n" in out
        assert (entry(bezoar)["status"], entry(bezoar)["reason"]) == (status, f"{status}!")
    kinds = [kind for kind, _ in events(bezoar)]
    assert kinds == ["dbom.added", "dbom.quarantined", "dbom.revoked", "dbom.draft"]
    changes = events(bezoar)[1][1]["changes"]
    assert changes == {"status": ["draft", "quarantined"], "reason": ["", "quarantined!"]}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--status", "approved", "--reason", "x"), "sign-off"),
        (("--status", "quarantined"), "belong together"),
        (("--reason", "x"), "belong together"),
        (("--status", "drft", "--reason", "x"), "status"),
        (("--licence", "x"), "SPDX"),
    ],
)
def test_changes_that_are_refused(bezoar, arguments, says):
    bezoar("dbom", "add", "./signs", *NAMED, *ORIGIN)
    before = entry(bezoar)
    code, out, err = bezoar("dbom", "set", "signs", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert entry(bezoar) == before
    assert len(events(bezoar)) == 1


def test_facts_by_hand(bezoar):
    bezoar("dbom", "add", "./signs", *NAMED, *ORIGIN)
    code, out, _ = bezoar("dbom", "set", "signs", "--licence", "CC0-1.0", "--format", "json")
    assert code == 0
    assert json.loads(out)["entry"]["origin"]["licence"] == "CC0-1.0"
    assert list(json.loads(out)["changes"]) == ["origin"]
    assert [kind for kind, _ in events(bezoar)] == ["dbom.added", "dbom.changed"]
    code, out, _ = bezoar("dbom", "set", "signs", "--licence", "CC0-1.0")
    assert out == "signs@1 says so already: nothing changed\n"
    assert len(events(bezoar)) == 2
