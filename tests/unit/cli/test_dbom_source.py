"""`bezoar dbom source` and `bezoar dbom outdated` as a person meets them."""

import json

import pytest
import source_scene as scene
from source_scene import COMMIT, OLDER, World

from bezoar.cli import dbom_source
from bezoar.cli.app import run

DATASET = "hf://datasets/org/signs"
ENTRY = """\
schema_version = 1
name = "{name}"
version = "1"
added_at = 2026-07-01T00:00:00Z
[origin]
uris = ["{uri}"]
revision = "{revision}"
retrieved_at = 2026-07-01T00:00:00Z
[content]
location = "data"
samples = 1
bytes = 1
root = "merkle-sha256-v1:00"
manifest = "sha256:00"
"""


@pytest.fixture
def world(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bezoar.toml").write_text("")
    with World() as one:
        monkeypatch.setattr(dbom_source, "open_client", one.client)
        yield one


def register(folder, name, uri, revision):
    (folder / "dbom").mkdir(exist_ok=True)
    text = ENTRY.format(name=name, uri=uri, revision=revision)
    (folder / "dbom" / f"{name}@1.toml").write_text(text)


def test_a_source_in_80_columns(world, capsys):
    world.answers.update(scene.hub())
    assert run(["dbom", "source", DATASET]) == 0
    out = capsys.readouterr().out
    assert "Grade B: 9 of 9 aspects known" in out
    assert "✗ review" in out
    assert f"[1] {scene.HUB}/datasets/org/signs" in out
    lines = [line for line in out.split("\n") if "https://" not in line]
    assert max(map(len, lines)) <= 80


def test_a_source_as_json(world, capsys):
    world.answers.update(scene.hub())
    run(["dbom", "source", DATASET, "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema_version"], answer["grade"], answer["status"]) == (1, "B", "graded")
    assert len(answer["signals"]) >= 9
    assert answer["signals"][0]["evidence"]["field"] == "isVerified"


@pytest.mark.parametrize(("mark", "code"), [("A", 1), ("b", 0), ("C", 0)])
def test_the_grade_from_which_it_fails(world, mark, code, capsys):
    world.answers.update(scene.hub())
    assert run(["dbom", "source", DATASET, "--fail-under", mark]) == code
    assert ("BZ122" in capsys.readouterr().out) is False  # the text shows the grade, not a list


def test_an_unreachable_source_is_no_pass(world, capsys):
    world.answers[f"{scene.HUB}/datasets/org/signs"] = (500, {}, b"")
    assert run(["dbom", "source", DATASET, "--exit-zero"]) == 3
    assert "Not graded: huggingface.co answers 500" in capsys.readouterr().out
    run(["dbom", "source", DATASET, "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["grade"], answer["status"]) == (None, "not_applicable")
    assert {one["status"] for one in answer["outcomes"]} == {"not_applicable"}


@pytest.mark.usefixtures("world")
def test_a_known_bad_source_fails_although_nobody_answers(capsys):
    assert run(["dbom", "source", "docker://docker123321/tomcat", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["grade"] == "F"
    assert run(["dbom", "source", "docker://docker123321/tomcat", "--exit-zero"]) == 0


def test_names_that_would_write_on_the_terminal_are_escaped(world, capsys):
    answers = scene.hub()
    answers[f"{scene.HUB}/datasets/org/signs"]["cardData"]["license"] = "\x1b[31mred\n\u202e"
    world.answers.update(answers)
    run(["dbom", "source", DATASET])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b[31mred" in out


def test_outdated(world, tmp_path, capsys):
    register(tmp_path, "signs", DATASET, COMMIT)
    world.answers.update(scene.hub())
    assert run(["dbom", "outdated"]) == 0
    out = capsys.readouterr().out
    assert "1 origin, 1 answered; what they say is not trusted" in out
    assert "✓ signs@1  same" in out


def test_a_tag_that_moves_between_two_questions(world, tmp_path, capsys):
    register(tmp_path, "signs", "https://github.com/org/signs", "v1")
    url = f"{scene.GITHUB}/commits/v1"
    world.answers[url] = {"sha": OLDER, "commit": {"committer": {"date": "2020-01-01T00:00:00Z"}}}
    assert run(["dbom", "outdated", "signs"]) == 0
    assert "? signs@1  unknown" in capsys.readouterr().out
    assert run(["dbom", "outdated", "signs@1"]) == 0
    assert "✓ signs@1  same" in capsys.readouterr().out
    world.answers[url]["sha"] = COMMIT
    for _ in range(2):  # it is said until somebody registers what is there now
        assert run(["dbom", "outdated", "signs"]) == 1
        out = capsys.readouterr().out
        assert "moved: 'v1', which you pinned by name, now points elsewhere" in out
        assert f"--revision {COMMIT}" in out
    assert run(["log", "show", "--format", "json"]) == 0
    assert capsys.readouterr().out.count("upstream.seen") == 1


def test_unreachable_origins_are_named(world, tmp_path, capsys):
    register(tmp_path, "signs", DATASET, COMMIT)
    register(tmp_path, "other", "s3://bucket/key", "")
    world.answers.update(scene.hub())
    assert run(["dbom", "outdated"]) == 0
    captured = capsys.readouterr()
    assert "? other@1  unreachable\n  s3://bucket/key" in captured.out
    assert captured.err == "1 of 2 sources did not answer\n"
    assert run(["dbom", "outdated", "--strict-unreachable"]) == 3
    assert run(["dbom", "outdated", "other"]) == 3


def test_outdated_as_json(world, tmp_path, capsys):
    register(tmp_path, "signs", DATASET, COMMIT)
    world.answers.update(scene.hub())
    run(["dbom", "outdated", "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["origins"][0]["state"] == "same"
    assert [one["code"] for one in answer["outcomes"]] == ["BZ123", "BZ124", "BZ125", "BZ126"]


@pytest.mark.usefixtures("world")
def test_an_empty_dbom(capsys):
    assert run(["dbom", "outdated"]) == 4
    assert "the DBOM is empty" in capsys.readouterr().err
    assert run(["dbom", "outdated", "nothing"]) == 2
