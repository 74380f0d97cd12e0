"""`bezoar log` as a person uses it, one process after the other."""

import json
import sqlite3
import subprocess
import sys

import pytest

APPEND = """
import sys
from bezoar.ledger import open_ledger
from bezoar.project import find_project
with open_ledger(find_project()) as ledger:
    for number in range(5):
        ledger.append("dbom.added", f"signs@{number}" + sys.argv[1])
"""


def bezoar(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "bezoar", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path):
    """Return a folder in which five things happened."""

    def make(name, subject=""):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "bezoar.toml").write_text("")
        subprocess.run([sys.executable, "-c", APPEND, subject], cwd=folder, check=True)
        return folder

    return make


def edit(folder, statement):
    with sqlite3.connect(folder / ".bezoar" / "ledger.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def test_nothing_has_happened_and_nothing_is_made(tmp_path):
    for arguments in (["log"], ["log", "show"], ["log", "verify"]):
        done = bezoar(tmp_path, *arguments)
        assert done.returncode == 0
        assert done.stdout == ""
        assert "the ledger is empty" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_happened_is_shown_in_80_columns(project):
    done = bezoar(project("a", subject=" [bold]\x1b[31m" + "x" * 200), "log")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "signs@4" in done.stdout
    assert "\x1b" not in done.stdout
    assert bezoar(project("b"), "log", "show").stdout.count("dbom.added") == 5


def test_the_same_as_json_into_a_file(project):
    folder = project("a")
    done = bezoar(folder, "log", "--format", "json", "-o", "log.json")
    assert (done.returncode, done.stdout) == (0, "")
    result = json.loads((folder / "log.json").read_text())
    assert result["schema_version"] == 1
    assert [event["number"] for event in result["events"]] == [1, 2, 3, 4, 5]
    assert result["events"][1]["previous"] == result["events"][0]["digest"]


def test_a_sound_ledger_verifies_and_names_its_heads(project):
    done = bezoar(project("a"), "log", "verify")
    assert done.returncode == 0
    assert "holds, its head is sha256:" in done.stdout


def test_a_changed_event_is_named_and_exits_1(project):
    folder = project("a")
    edit(folder, "UPDATE bezoar_events SET content = replace(content, 'signs@2', 'signs@9')")
    done = bezoar(folder, "log", "verify")
    assert done.returncode == 1
    assert "BZ161" in done.stdout
    assert "#3" in done.stdout
    result = json.loads(bezoar(folder, "log", "verify", "--format", "json").stdout)
    assert [(one["code"], one["evidence"]["number"]) for one in result["findings"]] == [
        ("BZ161", 3)
    ]
    assert bezoar(folder, "log", "verify", "--exit-zero").returncode == 0


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_findings_in_every_format(project, form):
    folder = project("a")
    edit(folder, "DELETE FROM bezoar_events WHERE number = 2")
    done = bezoar(folder, "log", "verify", "--format", form)
    assert done.returncode == 1
    assert "BZ162" in done.stdout
    assert done.stderr == ""


def test_a_file_that_is_no_ledger_is_a_finding(project):
    folder = project("a")
    for path in (folder / ".bezoar").glob("ledger.sqlite*"):
        path.write_bytes(b"not a database at all" * 50)
    done = bezoar(folder, "log", "verify")
    assert done.returncode == 1
    assert "BZ163" in done.stdout
    assert "Traceback" not in done.stderr
    assert bezoar(folder, "log").returncode == 3


def test_chains_move_and_a_fork_is_refused(project):
    one, other = project("one"), project("other")
    assert bezoar(one, "log", "export", "../one.jsonl").returncode == 0
    done = bezoar(other, "log", "import", "../one.jsonl")
    assert (done.returncode, done.stderr) == (0, "5 new events\n")
    assert "nothing new" in bezoar(other, "log", "import", "../one.jsonl").stderr
    assert bezoar(other, "log", "verify").stdout.count("holds") == 2
    text = (one.parent / "one.jsonl").read_text()
    (one.parent / "one.jsonl").write_text(text.replace("signs@3", "signs@9"))
    done = bezoar(other, "log", "import", "../one.jsonl")
    assert done.returncode == 3
    assert "event 4" in done.stderr
    assert "nothing was imported" in done.stderr


def test_fail_on_comes_from_flag_environment_and_file(project, monkeypatch):
    folder = project("a")
    (folder / "bezoar.toml").write_text("fail_onn = 'high'\n")
    done = bezoar(folder, "log", "verify")
    assert done.returncode == 2
    assert "did you mean 'fail_on'" in done.stderr
    (folder / "bezoar.toml").write_text("")
    monkeypatch.setenv("BEZOAR_FAIL_ON", "nonsense")
    assert bezoar(folder, "log", "verify").returncode == 2
    monkeypatch.delenv("BEZOAR_FAIL_ON")
    assert bezoar(folder, "log", "verify", "--fail-on", "nonsense").returncode == 2


@pytest.mark.parametrize("where", ["mysql://h/x", "postgresql://u:secret@127.0.0.1:9/x", "nothing"])
def test_a_ledger_elsewhere_that_cannot_be_used(tmp_path, monkeypatch, where):
    monkeypatch.setenv("BEZOAR_LEDGER", where)
    done = bezoar(tmp_path, "log")
    assert done.returncode in (2, 3)
    assert done.stderr.startswith("error: ")
    assert "secret" not in done.stderr
