"""`bezoar fetch`, then `bezoar vet`, as people type it."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from pickle_corpus import BYPASSES, HOSTILE, archive
from vet_corpus import picture

from bezoar.cli.app import run
from bezoar.fortify.vetting.record import read_vet_record

REAL = Path(__file__).parents[2].parent / "shared/data/gtsrb_natural_train_sub.zip"
SIGNS = {
    f"{name}/{i}.png": picture("PNG", (16, 16), 10 * c + i)
    for c, name in enumerate(("stop", "yield"))
    for i in range(4)
}


@pytest.fixture
def bezoar(tmp_path, monkeypatch, capsysbinary):
    """Return what runs a command in a project: exit code, stdout, stderr."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p/bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path / "p")

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def vetted(bezoar, name, data, *options):
    """Fetch a file of this name, and vet it."""
    Path(name).write_bytes(data)
    code, _, err = bezoar("fetch", f"./{name}", "--name", "signs", "--version", "1")
    assert code == 0, err
    return bezoar("vet", "signs", "--no-inspect", *options)


def test_a_clean_archive_is_admitted(bezoar):
    code, out, _ = vetted(bezoar, "signs.zip", archive(SIGNS))
    assert code == 0, out
    assert out.startswith("ADMIT  signs@1\n")
    assert "bezoar approve signs@1 --reason 'WHY'" in out
    assert max(map(len, out.splitlines())) <= 80
    record = read_vet_record(Path("dbom/records/signs@1.vet.json"))
    assert record.fetched.size == Path("signs.zip").stat().st_size
    assert record.checked_files == len(SIGNS)
    entry = Path("dbom/signs@1.toml").read_text()
    assert "quarantine/signs@1/data" in entry


def test_a_second_vetting_says_the_same(bezoar):
    vetted(bezoar, "signs.zip", archive(SIGNS))
    before = read_vet_record(Path("dbom/records/signs@1.vet.json"))
    code, out, _ = bezoar("vet", "signs@1", "--no-inspect")
    assert code == 0, out
    after = read_vet_record(Path("dbom/records/signs@1.vet.json"))
    assert (after.root, after.manifest, after.files) == (before.root, before.manifest, before.files)
    assert after.outcomes == before.outcomes


def test_a_pickle_in_it_is_rejected_with_the_override_to_type(bezoar):
    code, out, _ = vetted(bezoar, "signs.zip", archive(SIGNS | {"stop/9.png": HOSTILE["reduce"]}))
    assert code == 1
    assert out.startswith("REJECT  signs@1\n")
    assert "reaches for os.system" in out
    assert "bezoar rule BZ311" in out
    assert "bezoar approve signs@1 --override BZ311" in out
    assert max(len(line) for line in out.splitlines() if "approve" not in line) <= 80
    assert "quarantined" in Path("dbom/signs@1.toml").read_text()


def test_json_and_exit_zero(bezoar):
    name, data = BYPASSES["in a compressed model"]
    code, out, _ = vetted(bezoar, name, data, "--format", "json", "--exit-zero")
    told = json.loads(out)
    assert code == 0
    assert (told["verdict"], told["dataset"], told["checked_files"]) == ("reject", "signs@1", 1)
    assert told["record"].startswith("sha256:")
    assert [f["place"]["name"] for f in told["findings"] if f["code"] == "BZ311"] == [
        "model.pt!archive/data.pkl"
    ]


def test_an_archive_that_is_refused_is_vetted_as_it_is(bezoar):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        made.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    code, out, _ = vetted(bezoar, "signs.tar", buffer.getvalue())
    assert code == 1
    assert "BZ301" in out
    assert not list(Path().rglob("outside"))
    record = read_vet_record(Path("dbom/records/signs@1.vet.json"))
    assert record.checked_files == 1


def test_what_was_changed_in_quarantine_is_not_vetted(bezoar):
    vetted(bezoar, "signs.zip", archive(SIGNS))
    path = Path(".bezoar/quarantine/signs@1/fetched/signs.zip")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")
    code, _, err = bezoar("vet", "signs")
    assert code == 3
    assert "no longer what was fetched" in err


def test_an_unknown_name_is_a_usage_error(bezoar):
    code, _, err = bezoar("vet", "nothing")
    assert code == 2
    assert "knows no nothing" in err


def test_an_archive_of_nothing_is_nothing_to_vet(bezoar):
    code, _, err = vetted(bezoar, "signs.zip", archive({}))
    assert code == 4
    assert "without a file" in err


def test_real_pictures_are_admitted(bezoar):
    if not REAL.is_file():
        pytest.skip(f"no {REAL.name} in ../shared/data")
    code, out, _ = vetted(bezoar, "signs.zip", REAL.read_bytes(), "--format", "json")
    told = json.loads(out)
    assert (code, told["verdict"], told["findings"]) == (0, "admit", [])
    assert told["checked_files"] > 4000
