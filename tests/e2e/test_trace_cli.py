"""`bezoar trace` as a person uses it."""

import hashlib
import json
import re

import pytest
from dataset_layouts import four_files, png, write_files

from bezoar.cli.app import run
from bezoar.ledger import open_ledger
from bezoar.project import Project

MODEL = f"sha256:{64 * 'a'}"


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


def add(bezoar, root, name, files, *more):
    write_files(root / name, files)
    origin = ("--origin", "https://example.org/signs")
    assert (
        bezoar("dbom", "add", f"./{name}", "--name", name, "--version", "1", *origin, *more)[0] == 0
    )


def root_of(root, name):
    content = (root / f"dbom/{name}@1.toml").read_text().partition("[content]")[2]
    return content.partition('root = "')[2].partition('"')[0]


@pytest.fixture
def history(bezoar, tmp_path):
    """A set, one made from it, one that shares a sample, runs, models, a release."""
    add(bezoar, tmp_path, "signs", four_files())
    crops = {"stop/c.png": png(70), "go/d.png": png(71)}
    add(bezoar, tmp_path, "crops", crops, "--derived-from", "signs@1", "--transform", "crop.py")
    shared = four_files()["stop/0.png"]
    add(bezoar, tmp_path, "other", {"other/x.png": shared, "go/y.png": png(80)})
    used = {"root": root_of(tmp_path, "crops"), "status": "approved", "mirrored": True}
    with open_ledger(Project(tmp_path)) as ledger:
        for number, data in enumerate((["crops@1"], ["other@1", "gone@3"]), 1):
            name = f"run-{number:016x}"
            sets = [{**used, "dataset": spec} for spec in data]
            detail = {"datasets": sets, "level": 3, "commit": 40 * "c", "dirty": True}
            ledger.append("run.started", name, detail)
            outputs = {"model.bin": MODEL, "log.txt": None} if number == 1 else {}
            ledger.append("run.finished", name, {"exit_code": 0, "outputs": outputs})
        ledger.append("dataset.pulled", root_of(tmp_path, "other"), {"dataset": "other@1"})
        ledger.append("release.promoted", MODEL, {"state": "production"})
    return tmp_path


@pytest.mark.usefixtures("history")
def test_a_sample_to_the_release(bezoar):
    digest = hashlib.sha256(four_files()["stop/0.png"]).hexdigest()
    code, out, _ = bezoar("trace", digest)
    assert code == 0
    assert re.sub(r"20\d\d-\d\d-\d\d", "SOME-DAY-X", out).splitlines() == [
        f"sample sha256:{digest[:16]}…",
        "├─ dataset other@1  as other/x.png, label other; draft; pulled SOME-DAY-X",
        "│  └─ run-0000000000000002  SOME-DAY-X; level 3; commit cccccccccccc+changes;",
        "│        exit 0; on other@1, gone@3",
        "└─ dataset signs@1  as stop/0.png, label stop; draft",
        "   └─ dataset crops@1  made from it; draft",
        "      └─ run-0000000000000001  SOME-DAY-X; level 3; commit cccccccccccc+changes;",
        "         │  exit 0; on crops@1",
        f"         └─ model {MODEL[:23]}…  model.bin; made by",
        "            │  run-0000000000000001",
        "            └─ release release.promoted  SOME-DAY-X; sha256:aaaaaaaaaaaaaaaa…",
    ]
    assert f"sha256:{digest}" in bezoar("trace", f"sha256:{digest}", "--format", "json")[1]


@pytest.mark.usefixtures("history")
def test_no_line_is_wider_than_a_terminal(bezoar):
    for subject in ("signs", "crops@1", "stop/0.png", MODEL, "run-0000000000000001"):
        _, out, _ = bezoar("trace", subject)
        assert max(map(len, out.splitlines())) <= 80


def names(node):
    yield node["kind"], node["name"]
    for child in node["reached"]:
        yield from names(child)


def found(bezoar, subject):
    code, out, _ = bezoar("trace", subject, "--format", "json")
    value = json.loads(out)
    assert value["schema_version"] == 1
    return code, [name for node in value["found"] for name in names(node)]


RUN_1, RUN_2 = ("run", "run-0000000000000001"), ("run", "run-0000000000000002")


def test_each_way_to_ask(bezoar, history):
    crops = [("dataset", "crops@1"), RUN_1, ("model", MODEL), ("release", "release.promoted")]
    assert found(bezoar, "crops") == (0, crops)
    assert found(bezoar, "crops@1") == (0, crops)
    assert found(bezoar, root_of(history, "crops")) == (0, crops)
    assert found(bezoar, "signs") == (0, [("dataset", "signs@1"), *crops])
    assert found(bezoar, RUN_1[1]) == (0, crops[1:])
    assert found(bezoar, MODEL) == (0, crops[2:])
    assert found(bezoar, "gone@3") == (0, [("dataset", "gone@3"), RUN_2])
    (manifest,) = (
        line.partition('"')[2].strip('"')
        for line in (history / "dbom/crops@1.toml").read_text().splitlines()
        if line.startswith("manifest = ")
    )
    assert found(bezoar, manifest) == (0, crops)
    sample = found(bezoar, "stop/0.png")
    assert [name for kind, name in sample[1] if kind == "dataset"] == [
        "signs@1",
        "crops@1",
        "other@1",
    ]
    assert found(bezoar, "signs@1/stop/0.png") == sample
    assert found(bezoar, "./signs/stop/0.png")[1][0] == sample[1][0]


def test_a_file_that_no_dataset_holds(bezoar, history):
    (history / "new.png").write_bytes(png(99))
    code, out, _ = bezoar("trace", "./new.png")
    assert code == 0
    assert "nothing that is known here holds it" in out
    assert bezoar("trace", "./gone.png")[0] == 2
    assert bezoar("trace", 64 * "0")[0] == 0


@pytest.mark.usefixtures("history")
def test_an_unknown_name_says_which_is_near(bezoar):
    code, _, err = bezoar("trace", "sings")
    assert code == 2
    assert "did you mean signs" in err


def test_a_manifest_that_cannot_be_read_is_told(bezoar, history):
    manifests = sorted((history / ".bezoar/manifests").glob("*.parquet"))
    manifests[0].write_bytes(b"no parquet")
    manifests[1].unlink()
    code, out, _ = bezoar("trace", hashlib.sha256(png(80)).hexdigest())
    assert code == 3
    assert "Not looked into: 2." in out
    value = json.loads(bezoar("trace", 64 * "0", "--format", "json")[1])
    assert len(value["unread"]) == 2
    assert all(one["what"].endswith("@1") for one in value["unread"])


def test_an_entry_that_cannot_be_read_is_told(bezoar, history):
    (history / "dbom/other@1.toml").write_text("status = ")
    code, out, _ = bezoar("trace", "signs")
    assert code == 3
    assert "dbom/other@1.toml" in out


def test_a_manifest_of_no_entry_is_looked_into(bezoar, history):
    (history / "dbom/other@1.toml").unlink()
    code, out, _ = bezoar("trace", hashlib.sha256(png(80)).hexdigest())
    assert code == 0
    assert "dataset other@1  as go/y.png, label go; not in the DBOM" in out


def edit_lineage(root, name, parents):
    path = root / f"dbom/{name}@1.toml"
    blocks = "".join(f'\n[[lineage]]\ndataset = "{one}@1"\ntransform = "x"\n' for one in parents)
    path.write_text(path.read_text().partition("\n[[lineage]]")[0] + blocks)


def test_a_lineage_that_is_a_ring_or_branches_at_each_step(bezoar, tmp_path):
    """Followed along every way, thirty diamonds in a row would be a thousand million nodes."""
    layers = [[f"a{step}", f"b{step}"] for step in range(30)]
    add(bezoar, tmp_path, "a0", {"go/0.png": png(1)})
    text = (tmp_path / "dbom/a0@1.toml").read_text()
    for step, names_ in enumerate(layers):
        for name in names_:
            (tmp_path / f"dbom/{name}@1.toml").write_text(text.replace('"a0"', f'"{name}"'))
            edit_lineage(tmp_path, name, layers[step - 1])  # the first ones close the ring
    code, out, _ = bezoar("trace", "a0")
    assert code == 0
    assert "see above" in out
    assert len(out.splitlines()) < 500


def test_a_ledger_with_events_of_no_shape(bezoar, history):
    with open_ledger(Project(history)) as ledger:
        for kind in ("run.started", "run.finished"):
            for detail in (
                {"datasets": 3, "outputs": 4},
                {"datasets": [{}, 1], "outputs": [1]},
                {},
            ):
                ledger.append(kind, "run-x", detail)
        ledger.append("dataset.pulled", "x", {"dataset": ["a"], "manifest": 7})
    assert bezoar("trace", "run-x")[0] == 0
    assert bezoar("trace", "signs")[0] == 0


def test_names_are_made_safe_for_a_terminal(bezoar, tmp_path):
    add(bezoar, tmp_path, "signs", {"go/\x1b[31mred.png": png(1)})
    _, out, _ = bezoar("trace", hashlib.sha256(png(1)).hexdigest())
    assert "\x1b" not in out
    assert "\\x1b[31mred.png" in out
