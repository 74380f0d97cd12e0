"""`bezoar dbom add --from-scan`: what a scan finds becomes drafts."""

import json

import pytest
from scan_scene import stand_in

from bezoar.cli.app import run
from bezoar.datasets.dbom import Dbom
from bezoar.project import Project

COMMIT = "5f3c0b1e9a7d4c2f8b6e1a0d9c8b7a6f5e4d3c2b"
TREE = f"""\
fetch torchvision.datasets.CIFAR10 torchvision:CIFAR10 checksum=library
fetch wget https://x.org/signs.zip
fetch wget https://x.org/signs.zip?download=1
fetch wget https://other.org/signs.zip
fetch load_dataset hf-datasets:org/x revision=main pin=tag
fetch load_dataset hf-datasets:org/x revision={COMMIT} pin=revision
fetch wget https://x.org/{{split}}.zip by=split pin=dynamic
fetch wget https://me:hunter2secret@x.org/b.zip dangers=secret-in-uri
fetch wget https://lab.org/c.zip # bezoar: ignore[BZ101] the lab's own
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    stand_in(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bezoar.toml").write_text("")
    (tmp_path / "train.py").write_text(TREE)
    return tmp_path


@pytest.fixture
def bezoar(capsysbinary):
    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def origins(project):
    entries = Dbom(Project(project)).entries()
    return {one.spec: (one.origin.uris[0], one.origin.revision) for one in entries}


EXPECTED = {
    "cifar10@1": ("torchvision:CIFAR10", None),
    "signs@1": ("https://x.org/signs.zip", None),
    "signs-2@1": ("https://other.org/signs.zip", None),
    "x@main": ("hf-datasets:org/x", "main"),
    "x@5f3c0b1e9a7d": ("hf-datasets:org/x", COMMIT),
}


def test_each_literal_source_becomes_a_draft_with_an_event(bezoar, project):
    code, out, err = bezoar("dbom", "add", "--from-scan")
    assert (code, err) == (0, "")
    assert origins(project) == EXPECTED
    entries = Dbom(Project(project)).entries()
    assert {(one.status, one.content) for one in entries} == {("draft", None)}
    purpose = "dataset fetched by torchvision.datasets.CIFAR10 in train.py"
    assert Dbom(Project(project)).find("cifar10").purpose == purpose
    events = json.loads(bezoar("log", "show", "--format", "json")[1])["events"]
    assert {one["subject"] for one in events} == set(EXPECTED)
    assert {one["kind"] for one in events} == {"dbom.added"}
    (signs,) = [one["detail"] for one in events if one["subject"] == "signs@1"]
    assert signs == {"status": "draft", "found": ["train.py:2", "train.py:3"]}
    assert "5 drafts added to dbom/" in out
    assert max(map(len, out.splitlines())) <= 80


def test_what_is_left_is_listed_with_the_reason_and_no_secret(bezoar, project):
    code, out, _ = bezoar("dbom", "add", "--from-scan", project, "--format", "json")
    assert code == 0
    assert "hunter2secret" not in out
    document = json.loads(out)
    assert [(one["line"], one["why"]) for one in document["left"]] == [
        (7, "split decides what comes in"),
        (8, "its address holds a secret: take that out first"),
        (9, "suppressed: the lab's own"),
    ]
    assert [one["entry"]["name"] for one in document["drafts"]] == [
        "cifar10",
        "signs",
        "signs-2",
        "x",
        "x",
    ]


def test_a_second_run_adds_nothing_and_no_entry_is_overwritten(bezoar, project):
    bezoar("dbom", "add", "--from-scan")
    path = project / "dbom" / "signs@1.toml"
    path.write_text(path.read_text().replace('purpose = "', 'purpose = "mine: '))
    before = {one: one.read_bytes() for one in (project / "dbom").iterdir()}
    (project / "train.py").write_text(TREE + "fetch wget https://x.org/signs.zip/more\n")
    code, _, _ = bezoar("dbom", "add", "--from-scan")
    assert code == 0
    assert {one: one.read_bytes() for one in before} == before
    assert len(list((project / "dbom").iterdir())) == 6
    (project / "train.py").write_text("fetch wget https://x.org/signs.zip\n")
    assert bezoar("dbom", "add", "--from-scan")[1] == "each source is in the DBOM already\n"


def test_the_same_tree_gives_the_same_names(bezoar, project):
    bezoar("dbom", "add", "--from-scan")
    names = origins(project)
    for one in (project / "dbom").iterdir():
        one.unlink()
    bezoar("dbom", "add", "--from-scan")
    assert origins(project) == names


def test_a_withdrawn_source_stays_withdrawn(bezoar, project):
    bezoar("dbom", "add", "--from-scan")
    reason = ("--status", "revoked", "--reason", "poisoned")
    assert bezoar("dbom", "set", "signs", *reason)[0] == 0
    _, out, _ = bezoar("dbom", "add", "--from-scan")
    assert "train.py:2\n    signs@1 is revoked: poisoned\n" in out
    assert len(origins(project)) == 5


def test_a_draft_ends_the_finding_and_the_command_of_a_finding_makes_one(bezoar, project):
    (project / "train.py").write_text("fetch CIFAR10 torchvision:CIFAR10 checksum=library\n")
    _, out, _ = bezoar("scan", "--format", "json")
    (finding,) = json.loads(out)["findings"]
    assert finding["next"].startswith("bezoar dbom add --draft --name cifar10 --version 1 ")
    assert bezoar(*finding["next"].split()[1:])[0] == 0
    assert bezoar("scan", "--format", "json")[0] == 0
    assert origins(project) == {"cifar10@1": EXPECTED["cifar10@1"]}


@pytest.mark.usefixtures("project")
def test_usage(bezoar):
    assert bezoar("dbom", "add", "--from-scan", "--name", "x")[0] == 2
    assert bezoar("dbom", "add", ".")[0] == 2
    assert bezoar("dbom", "add", "--from-scan", "nothing")[0] == 2
