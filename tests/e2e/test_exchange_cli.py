"""`bezoar dbom export` and `import` as a person uses them, with the real `dvc` where it is."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from dataset_layouts import four_files, png, write_files, write_zip

from bezoar.cli.app import run

ORIGIN = ("--origin", "https://example.org/signs")
needs_dvc = pytest.mark.skipif(shutil.which("dvc") is None, reason="dvc is not installed")


needs_mlcroissant = pytest.mark.skipif(
    shutil.which("mlcroissant") is None, reason="mlcroissant is not installed"
)


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


@pytest.fixture
def signs(bezoar):
    bezoar("dbom", "add", "./signs", "--name", "signs", "--version", "1", *ORIGIN)


def listed(bezoar):
    return json.loads(bezoar("dbom", "list", "--format", "json")[1])["datasets"]


@pytest.mark.usefixtures("signs")
@pytest.mark.parametrize(
    "form", ["cyclonedx", "cyclonedx-1.6", "spdx", "croissant", "croissant-1.0", "intoto"]
)
def test_out_and_in_again(bezoar, tmp_path, form):
    before = listed(bezoar)
    code, out, _ = bezoar("dbom", "export", "signs", "--format", form, "-o", "signs.json")
    assert (code, out) == (0, "")
    assert bezoar("dbom", "export", "signs@1", "--format", form)[1].count("\n") > 10
    shutil.rmtree(tmp_path / "dbom")
    code, out, err = bezoar("dbom", "import", "signs.json")
    assert (code, err) == (0, "")
    assert out.startswith("signs@1 added: dbom/signs@1.toml\n")
    assert listed(bezoar) == before
    assert bezoar("verify", "signs")[0] == 0


@pytest.mark.usefixtures("signs")
def test_all_of_them(bezoar):
    bezoar("dbom", "add", "--draft", "--name", "later", "--version", "1", *ORIGIN)
    for form, count in (("cyclonedx", 2), ("spdx", 2)):
        code, out, _ = bezoar("dbom", "export", "--all", "--format", form)
        assert code == 0
        kinds = [one["type"] for one in json.loads(out).get("components", [])]
        kinds += [one["type"] for one in json.loads(out).get("@graph", [])]
        assert kinds.count("data") + kinds.count("dataset_DatasetPackage") == count
    code, _, err = bezoar("dbom", "export", "--all", "--format", "croissant")
    assert code == 2
    assert "holds one dataset, not 2" in err


@pytest.mark.usefixtures("signs")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--format", "spdx"), 2, "give NAME or --all"),
        (("signs", "--all", "--format", "spdx"), 2, "give NAME or --all"),
        (("sings", "--format", "spdx"), 2, "did you mean signs"),
        (("signs", "--format", "csv"), 2, "csv"),
        (("signs", "--format", "dvc", "-o", "signs/x.dvc"), 2, "does not lie below"),
        (("later", "--format", "intoto"), 2, "later@1 is a draft"),
        (("later", "--format", "dvc"), 2, "later@1 is a draft"),
    ],
)
def test_exports_that_are_refused(bezoar, arguments, code, says):
    bezoar("dbom", "add", "--draft", "--name", "later", "--version", "1", *ORIGIN)
    got, out, err = bezoar("dbom", "export", *arguments)
    assert (got, out) == (code, "")
    assert says in err


def test_export_of_nothing(bezoar):
    code, _, err = bezoar("dbom", "export", "--all", "--format", "spdx")
    assert code == 4
    assert "the DBOM is empty" in err


@pytest.mark.usefixtures("signs")
def test_no_dvc_file_for_other_bytes(bezoar, tmp_path):
    write_files(tmp_path / "signs", {"go/0.png": png(9)})
    code, out, err = bezoar("dbom", "export", "signs", "--format", "dvc", "-o", "signs.dvc")
    assert (code, out) == (3, "")
    assert "no longer what was registered" in err
    assert not (tmp_path / "signs.dvc").exists()


@pytest.mark.usefixtures("signs")
def test_no_dvc_file_for_a_folder_with_a_link(bezoar, tmp_path):
    (tmp_path / "signs" / "link").symlink_to("/etc/passwd")
    code, _, err = bezoar("dbom", "export", "signs", "--format", "dvc", "-o", "signs.dvc")
    assert code == 3
    assert "is a link or a special file" in err


def test_an_import_is_an_event(bezoar, tmp_path):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{64 * 'a'}\nsize 4\n"
    write_files(tmp_path, {"a.bin": pointer.encode()})
    names = ("--name", "a", "--version", "1")
    code, _, err = bezoar("dbom", "import", "a.bin", *names)
    assert code == 2
    assert "--origin" in err
    code, out, _ = bezoar("dbom", "import", "a.bin", *names, *ORIGIN, "--format", "json")
    assert code == 0
    (found,) = json.loads(out)["datasets"]
    assert (found["format"], found["entry"]["status"]) == ("Git LFS", "draft")
    log = json.loads(bezoar("log", "--format", "json")[1])["events"]
    assert [(event["kind"], event["subject"]) for event in log] == [("dbom.imported", "a@1")]


def dvc(*arguments):
    alone = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(Path.cwd() / ".site")}
    done = subprocess.run(
        ["dvc", *arguments], capture_output=True, text=True, check=False, env=os.environ | alone
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_dvc
@pytest.mark.parametrize("what", ["signs", "signs.zip"])
def test_dvc_itself_takes_our_file(bezoar, tmp_path, what):
    write_zip(tmp_path / "signs.zip", four_files())
    bezoar("dbom", "add", f"./{what}", "--name", "signs", "--version", "1", *ORIGIN)
    dvc("init", "--no-scm", "--quiet")
    code, _, _ = bezoar("dbom", "export", "signs", "--format", "dvc", "-o", f"{what}.dvc")
    assert code == 0
    ours = (tmp_path / f"{what}.dvc").read_text()
    # Without --force it would refuse, had it computed another digest.
    dvc("commit", "--quiet")
    assert dvc("status") == "Data and pipelines are up to date.\n"
    dvc("add", "--quiet", what)
    lines = ours.split("meta:")[0]
    assert (tmp_path / f"{what}.dvc").read_text().startswith(lines)
    assert "name: signs" in (tmp_path / f"{what}.dvc").read_text()


@needs_dvc
def test_what_dvc_wrote_comes_in(bezoar, tmp_path):
    dvc("init", "--no-scm", "--quiet")
    dvc("add", "--quiet", "signs")
    names = ("--name", "signs", "--version", "1", *ORIGIN)
    code, out, _ = bezoar("dbom", "import", "signs.dvc", *names)
    assert code == 0
    assert "4 in 2 classes" in out
    write_files(tmp_path / "signs", {"go/0.png": png(9)})
    code, out, _ = bezoar(
        "dbom", "import", "signs.dvc", "--name", "signs", "--version", "2", *ORIGIN
    )
    assert code == 1
    assert "BZ157" in out


@needs_mlcroissant
@pytest.mark.parametrize("form", ["croissant", "croissant-1.0"])
def test_mlcroissant_takes_our_file(bezoar, tmp_path, form):
    path = write_zip(tmp_path / "signs.zip", four_files())
    facts = ("--licence", "CC-BY-4.0", "--purpose", "tests", "--publisher", "us")
    bezoar("dbom", "add", path, "--name", "signs", "--version", "1.0.0", *ORIGIN, *facts)
    bezoar("dbom", "export", "signs", "--format", form, "-o", "signs.json")
    call = ["mlcroissant", "validate", "--jsonld", "signs.json"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Done" in done.stderr
