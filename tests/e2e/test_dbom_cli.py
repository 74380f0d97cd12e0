"""`bezoar dbom` as a person uses it."""

import json

import pytest
from dataset_layouts import four_files, png, write_files, write_npz, write_zip

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


def add(bezoar, path="./signs", version="1.0", *more):
    return bezoar("dbom", "add", path, "--name", "signs", "--version", version, *ORIGIN, *more)


def as_json(result):
    code, out, _ = result
    return code, json.loads(out)


def test_add_and_list(bezoar, tmp_path):
    write_files(tmp_path / "signs", four_files())
    code, out, _ = add(bezoar, "./signs", "1.0", "--licence", "CC0-1.0", "--purpose", "tests")
    assert code == 0
    assert out.startswith("signs@1.0 added: dbom/signs@1.0.toml\n")
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = bezoar("dbom", "list")
    assert code == 0
    assert out.splitlines()[1].split()[:5] == ["signs@1.0", "draft", "4", "2", "CC0-1.0"]
    assert max(map(len, out.splitlines())) <= 80
    code, listed = as_json(bezoar("dbom", "list", "--format", "json"))
    assert listed["schema_version"] == 1
    assert listed["datasets"][0]["content"]["classes"] == {"go": 2, "stop": 2}


def test_add_as_json_to_a_file(bezoar, tmp_path):
    write_files(tmp_path / "signs", four_files())
    code, out, _ = add(bezoar, "./signs", "1", "--format", "json", "-o", "added.json")
    assert (code, out) == (0, "")
    added = json.loads((tmp_path / "added.json").read_text())
    assert added["entry"]["status"] == "draft"
    assert added["findings"] == []


def test_list_of_nothing(bezoar, tmp_path):
    code, out, err = bezoar("dbom", "list")
    assert (code, out) == (0, "")
    assert "the DBOM is empty" in err
    assert list(tmp_path.iterdir()) == [tmp_path / "bezoar.toml"]


def test_events(bezoar, tmp_path):
    write_files(tmp_path / "signs", four_files())
    add(bezoar)
    bezoar("verify", "signs")
    _, log = as_json(bezoar("log", "--format", "json"))
    kinds = [(event["kind"], event["subject"]) for event in log["events"]]
    assert kinds == [("dbom.added", "signs@1.0"), ("dataset.verified", "signs@1.0")]
    assert log["events"][0]["detail"]["samples"] == 4


def test_a_version_is_added_once(bezoar, tmp_path):
    write_files(tmp_path / "signs", four_files())
    assert add(bezoar)[0] == 0
    code, _, err = add(bezoar)
    assert code == 2
    assert "signs@1.0 is in the DBOM already" in err
    assert add(bezoar, "./signs", "1.1")[0] == 0


def test_grave_findings_quarantine_and_exit_1(bezoar, tmp_path):
    table = b"path,label\ngo/0.png,stop\ngo/1.png,go\nstop/0.png,stop\nstop/1.png,stop\n"
    write_files(tmp_path / "signs", four_files() | {"labels.csv": table})
    code, out, _ = add(bezoar)
    assert code == 1
    assert "quarantined: BZ205" in out
    assert "go/0.png" in out
    assert add(bezoar, "./signs", "2", "--exit-zero")[0] == 0


def test_unreadable_data_is_not_added(bezoar, tmp_path):
    (tmp_path / "signs.zip").write_bytes(b"PK\x03\x04 cut short")
    code, out, _ = add(bezoar, "signs.zip")
    assert code == 1
    assert "signs.zip was not added" in out
    assert "BZ208" in out
    assert not (tmp_path / "dbom").exists()
    code, added = as_json(add(bezoar, "signs.zip", "1", "--format", "json"))
    assert (code, added["entry"]) == (1, None)


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("./nowhere", 2, "does not exist"),
        ("./empty", 4, "no image"),
        ("./texts", 4, "no image"),
        ("./note.txt", 2, "is no dataset"),
    ],
)
def test_bad_paths(bezoar, tmp_path, path, code, says):
    (tmp_path / "empty").mkdir()
    write_files(tmp_path, {"texts/a.txt": b"a", "texts/b/c.txt": b"c", "note.txt": b"n"})
    got, out, err = add(bezoar, path)
    assert (got, out) == (code, "")
    assert says in err
    assert "try: " in err


def test_evil_archive(bezoar, tmp_path):
    write_zip(tmp_path / "evil.zip", four_files() | {"../x.png": png(5)})
    code, out, _ = add(bezoar, "evil.zip")
    assert code == 1
    assert "BZ207" in out
    assert not (tmp_path.parent / "x.png").exists()


def test_unwritable_output(bezoar, tmp_path):
    write_files(tmp_path / "signs", four_files())
    code, _, err = add(bezoar, "./signs", "1", "-o", "nowhere/out.json")
    assert code == 3
    assert "cannot write nowhere/out.json" in err


def test_unwritable_dbom(bezoar, tmp_path):
    write_files(tmp_path, {"dbom": b"a file"})
    write_files(tmp_path / "signs", four_files())
    code, _, err = add(bezoar)
    assert code == 3
    assert "cannot write" in err


@pytest.mark.parametrize("option", ["--name", "--version", "--origin"])
def test_required_options(bezoar, tmp_path, option):
    write_files(tmp_path / "signs", four_files())
    options = {"--name": "a", "--version": "1", "--origin": "x"}
    del options[option]
    code, _, err = bezoar("dbom", "add", "./signs", *[x for pair in options.items() for x in pair])
    assert code == 2
    assert option in err


@pytest.fixture
def two_versions(bezoar, tmp_path):
    root = write_files(tmp_path / "signs", four_files() | {"go/2.png": png(7)})
    add(bezoar)
    write_files(root, {"go/0.png": png(50), "stop/new.png": png(51)})
    (root / "go/1.png").rename(root / "go/one.png")
    (root / "stop/0.png").rename(root / "go/0s.png")
    (root / "go/2.png").unlink()
    add(bezoar, "./signs", "1.1")
    return root


@pytest.mark.usefixtures("two_versions")
def test_diff(bezoar):
    code, out, _ = bezoar("dbom", "diff", "signs@1.0", "signs")
    assert code == 0
    blocks = [block.splitlines() for block in out.split("\n\n")]
    assert blocks == [
        ["5 samples before, 5 now"],
        ["changed label: 1", "  go/0s.png (was stop/0.png): stop -> go"],
        ["changed bytes: 1", "  go/0.png"],
        ["added: 1", "  stop/new.png: stop"],
        ["removed: 1", "  go/2.png: go"],
        ["renamed: 1", "  go/1.png -> go/one.png"],
    ]


def test_diff_as_json(bezoar, two_versions):
    code, found = as_json(bezoar("dbom", "diff", "signs@1.0", two_versions, "--format", "json"))
    assert code == 0
    assert found["differs"] is True
    assert [pair["new"]["path"] for pair in found["relabelled"]] == ["go/0s.png"]
    assert {name: len(found[name]) for name in ("added", "removed", "changed", "renamed")} == {
        "added": 1,
        "removed": 1,
        "changed": 1,
        "renamed": 1,
    }


@pytest.mark.usefixtures("two_versions")
def test_diff_of_the_same(bezoar):
    code, out, _ = bezoar("dbom", "diff", "signs", "./signs")
    assert (code, out) == (0, "no difference: 5 samples, the same bytes, labels and names\n")


def test_diff_of_many_is_short(bezoar, tmp_path):
    pixels = [[[number]] for number in range(50)]
    names = [f"{number:02}" for number in range(50)]
    write_npz(tmp_path / "a.npz", x=pixels, y=[1] * 50, name=names)
    write_npz(tmp_path / "b.npz", x=pixels, y=[2] * 50, name=names)
    code, out, _ = bezoar("dbom", "diff", "a.npz", "b.npz")
    assert code == 0
    assert out.splitlines()[2] == "changed label: 50"
    assert out.splitlines()[-1] == "  and 30 more: --format json lists all"


@pytest.mark.usefixtures("two_versions")
def test_diff_without_its_manifest(bezoar, tmp_path):
    for path in (tmp_path / ".bezoar" / "manifests").iterdir():
        path.unlink()
    code, _, err = bezoar("dbom", "diff", "signs@1.0", "signs")
    assert code == 3
    assert "No such file" in err


def test_names_that_a_terminal_would_act_on(bezoar, tmp_path):
    write_files(tmp_path / "signs", {"go\x1b[31m/0\n.png": png(0), "stop/1.png": png(1)})
    assert add(bezoar)[0] == 0
    (tmp_path / "signs" / "stop" / "1.png").unlink()
    code, out, _ = bezoar("dbom", "diff", "signs", "./signs")
    assert code == 0
    (tmp_path / "signs" / "go\x1b[31m" / "0\n.png").unlink()
    write_files(tmp_path / "signs", {"stop/1.png": png(1)})
    code, out, _ = bezoar("dbom", "diff", "signs", "./signs")
    assert "go\\x1b[31m/0\\n.png" in out
    assert "\x1b" not in out


def test_entry_with_a_misspelt_key(bezoar, tmp_path):
    write_files(tmp_path / "signs", four_files())
    add(bezoar)
    path = tmp_path / "dbom" / "signs@1.0.toml"
    path.write_text(path.read_text().replace("purpose", "purpos"))
    for command in (("verify", "signs"), ("dbom", "list")):
        code, _, err = bezoar(*command)
        assert code == 2
        assert "unknown key 'purpos'; did you mean 'purpose'?" in err
