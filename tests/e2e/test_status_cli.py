"""`bezoar status` as a person uses it."""

import json
import re

import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli.app import run
from bezoar.ledger import open_ledger
from bezoar.project import Project

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
    assert bezoar("status")[1].startswith(out + "\nevaluate: ")


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
    assert "want one of recon, evaluate, fortify, limit" in err


MIRROR = '[mirror]\nuri = "https://mirror.team.net/data"\n'
GOOD = {
    "command": ["python", "train.py"],
    "level": 3,
    "closed": True,
    "mirror": True,
    "datasets": [{"dataset": "signs@1", "status": "approved", "mirrored": True}],
}


@pytest.fixture
def ran(tmp_path):
    """Return what notes a run in the ledger."""
    (tmp_path / "bezoar.toml").write_text(MIRROR)

    def note(name="run-1", **changed):
        with open_ledger(Project(tmp_path)) as ledger:
            ledger.append("run.started", name, GOOD | changed)

    return note


def fortify(bezoar):
    code, out, _ = bezoar("status", "fortify", "--format", "json")
    assert code == 0
    (measure,) = json.loads(out)["measures"]
    return measure["value"], [one["why"] for one in measure["missing"]]


def test_every_job_sources_from_the_mirror(bezoar, ran, tmp_path):
    (tmp_path / "train.py").write_text("import bezoar\npath = bezoar.pull('signs')\n")
    ran()
    assert fortify(bezoar) == (True, [])
    assert bezoar("status", "fortify")[1] == (
        "fortify: all training jobs source from the internal repository\n"
        "  yes (jobs: 1, files of code: 2)\n"
    )


OFF = {
    "not confined": ({"level": 1, "mirror": False}, "it was not confined"),
    "it got out": ({"closed": False}, "it was not confined"),
    "no data": ({"datasets": []}, "it named no data"),
    "data of no shape": ({"datasets": 3}, "it named no data"),
    "not approved": (
        {"datasets": [{"dataset": "a@1", "status": "draft", "mirrored": True}]},
        "a@1 was draft, not approved",
    ),
    "from elsewhere": (
        {"datasets": [{"dataset": "a@1", "status": "approved", "mirrored": False}]},
        "a@1 did not come from a mirror",
    ),
}


@pytest.mark.parametrize(("changed", "why"), OFF.values(), ids=OFF)
def test_one_job_does_not(bezoar, ran, changed, why):
    ran("run-1", command=["other"])
    ran("run-2", **changed)
    assert fortify(bezoar) == (False, [why])


def test_what_was_mended_since_counts_no_more(bezoar, ran):
    ran("run-1", level=1, mirror=False)
    assert fortify(bezoar)[0] is False
    ran("run-2")
    assert fortify(bezoar) == (True, [])


def test_level_1_counts_where_the_network_held_it(bezoar, ran):
    ran(level=1)
    assert fortify(bezoar) == (True, [])


FETCH = "import urllib.request\nurllib.request.urlretrieve('{}', 'x.zip')\n"


def test_code_that_fetches_from_elsewhere(bezoar, ran, tmp_path):
    ran()
    (tmp_path / "train.py").write_text(FETCH.format("https://zenodo.org/record/1/signs.zip"))
    assert fortify(bezoar) == (False, ["it fetches https://zenodo.org/record/1/signs.zip"])
    (tmp_path / "train.py").write_text(FETCH.format("https://mirror.team.net/data/signs.zip"))
    assert fortify(bezoar) == (True, [])
    reasoned = FETCH.format("https://zenodo.org/record/1/signs.zip").replace(
        "'x.zip')", "'x.zip')  # bezoar: ignore[BZ109] read once, by hand"
    )
    (tmp_path / "train.py").write_text(reasoned)
    assert fortify(bezoar) == (True, [])


def test_what_nobody_can_tell_is_unknown(bezoar, ran, tmp_path):
    assert fortify(bezoar)[0] is None
    assert "  unknown\n" in bezoar("status", "fortify")[1]
    ran()
    (tmp_path / "train.py").write_text(
        "import sys\nfrom datasets import load_dataset\nload_dataset(sys.argv[1])\n"
    )
    value, why = fortify(bezoar)
    assert value is None
    assert why == ["where it fetches from is decided elsewhere"]
    (tmp_path / "train.py").write_text("def (:\n import wget; wget.download('https://a.org/x')\n")
    assert fortify(bezoar)[0] is None


def test_without_a_mirror_no_job_sources_from_it(bezoar, ran, tmp_path):
    ran()
    (tmp_path / "bezoar.toml").write_text("")
    value, (why,) = fortify(bezoar)
    assert value is False
    assert "no mirror is declared" in why


def test_the_help_names_each_stage_with_a_measure(bezoar):
    _, out, _ = bezoar("status", "--help")
    _, _, err = bezoar("status", "nowhere")
    for stage in re.search(r"want one of (.*)\)", err)[1].split(", "):
        assert stage in out
