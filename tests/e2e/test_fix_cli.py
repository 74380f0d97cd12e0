"""`bezoar scan --fix`: a project's code reads what is registered, and its own tests still pass."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from ci_scene import ROOT
from dataset_layouts import four_files, write_files

pytest.importorskip("libcst", reason="libcst is not installed")

from bezoar.cli.app import run
from bezoar.datasets.dbom import Dbom
from bezoar.project import Project
from bezoar.recon.registering import Facts, register_dataset

TRAIN = '''\
"""Train on signs."""

import csv
import os
from urllib.request import urlretrieve

import pandas as pd
import torchvision
from datasets import load_dataset
from transformers import AutoModel

TABLE = "https://data.acme-signs.org/train-labels.csv"


def labels():
    urlretrieve(TABLE, "labels.csv")  # once a day
    with open("labels.csv", newline="") as file:
        return list(csv.reader(file))


def table():
    return pd.read_csv(TABLE,
                       sep=";")


def pictures(root="data"):
    return torchvision.datasets.CIFAR10(os.path.join(root, "cifar"), train=True, download=True)


def corpus():
    return load_dataset("acme/signs-corpus", split="train", revision="main")


def model():
    return AutoModel.from_pretrained("acme/signs-net")
'''
TESTS = """\
import train

assert train.labels() == [["x", "y"], ["1", "2"]]
assert train.table() == ["x,y", "1,2"]
assert train.pictures() == (["go", "stop"], True)
assert train.corpus() == (["corpus.txt"], "train")
assert train.model() == ["config.json"]
"""
# Named as the real ones, without a line to the outside: what they are asked to fetch fails.
FAKES = {
    "pandas.py": b"""\
def read_csv(path, sep=","):
    with open(path) as file:
        return file.read().split()
""",
    "torchvision/__init__.py": b"from torchvision import datasets\n",
    "torchvision/datasets.py": b"""\
import os

def CIFAR10(root, train=True, download=False):
    assert not download, "no network"
    return sorted(os.listdir(root)), train
""",
    "datasets.py": b"""\
import os

def load_dataset(path, split=None, revision=None):
    assert isinstance(path, str)
    assert revision is None
    return sorted(os.listdir(path)), split
""",
    "transformers.py": b"""\
import os

class AutoModel:
    @classmethod
    def from_pretrained(cls, path, revision=None):
        return sorted(os.listdir(path))
""",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    write_files(folder, {"train.py": TRAIN.encode(), "test_train.py": TESTS.encode()})
    (folder / "bezoar.toml").write_text("")
    (folder / "train.py").chmod(0o755)
    write_files(tmp_path / "fakes", FAKES)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def bezoar(capsysbinary):
    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


def own_tests(project):
    """Run the project's tests in a process of their own."""
    return subprocess.run(
        [sys.executable, "test_train.py"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project.parent / "fakes")},
        capture_output=True,
        text=True,
        check=False,
    )


def register(project):
    """Complete each draft with its bytes, as a person does who has looked at them."""
    dbom = Dbom(Project(project))
    data = project.parent / "data"
    write_files(data / "cifar", four_files())
    texts = {"labels.csv": b"x,y\n1,2\n", "corpus/corpus.txt": b"a", "net/config.json": b"{}"}
    write_files(data, texts)
    places = {
        "cifar10@1": "cifar",
        "train-labels@1": "labels.csv",
        "signs-corpus@main": "corpus",
        "signs-net@1": "net",
    }
    assert {entry.spec for entry in dbom.entries()} == set(places)
    for spec, place in places.items():
        name, version = spec.split("@")
        files = place != "cifar"
        register_dataset(data / place, Facts(name, version), dbom, files=files)


def test_the_diff_is_shown_and_nothing_is_written(bezoar, project):
    code, out, err = bezoar("scan", "--fix")
    assert code == 0
    assert (project / "train.py").read_text() == TRAIN
    assert not (project / "dbom").exists()
    assert out.startswith("--- a/train.py\n+++ b/train.py\n@@ ")
    assert '+    shutil.copyfile(bezoar.pull("train-labels"), "labels.csv")  # once a day\n' in out
    assert '+    return pd.read_csv(bezoar.pull("train-labels"),\n' in out
    assert '.CIFAR10(bezoar.pull("cifar10"), train=True, download=False)\n' in out
    assert '+    return load_dataset(str(bezoar.pull("signs-corpus")), split="train")\n' in out
    assert '+    return AutoModel.from_pretrained(bezoar.pull("signs-net"))\n' in out
    assert out.count("+import bezoar\n") == 1
    assert out.count("\n+") == out.count("\n-") + 3  # two imports, and the header's own line
    assert "5 calls in 1 files would be rewritten\n4 drafts would be added" in err


def test_what_is_shown_is_what_is_written(bezoar, project):
    shutil.copytree(project, project.with_name("copy"))
    _, diff, _ = bezoar("scan", "--fix")
    code, out, err = bezoar("scan", "--fix", "--write")
    assert (code, out) == (0, diff)
    assert "5 calls in 1 files rewritten\n4 drafts added to dbom/: " in err
    assert "  bezoar dbom add PATH --name " in err
    compile((project / "train.py").read_text(), "train.py", "exec")
    assert (project / "train.py").stat().st_mode & 0o777 == 0o755
    command = ["git", "apply", "-"]
    subprocess.run(command, cwd=project.with_name("copy"), input=diff, text=True, check=True)
    assert (project.with_name("copy") / "train.py").read_text() == (
        (project / "train.py").read_text()
    )
    events = json.loads(bezoar("log", "show", "--format", "json")[1])["events"]
    kinds = [(one["kind"], one["subject"]) for one in events]
    assert ("code.centralised", "train.py") in kinds
    assert ("dbom.added", "cifar10@1") in kinds


def test_its_own_tests_pass_once_the_bytes_are_registered(bezoar, project):
    before = own_tests(project)
    assert before.returncode == 1
    bezoar("scan", "--fix", "--write")
    draft = own_tests(project)
    assert draft.returncode == 1
    assert "is a draft: nobody has registered its bytes" in draft.stderr
    register(project)
    done = own_tests(project)
    assert (done.returncode, done.stderr) == (0, "")
    (project.parent / "data" / "labels.csv").write_text("x,y\n1,3\n")
    poisoned = own_tests(project)
    assert poisoned.returncode == 1
    assert "train-labels@1 is not what was registered" in poisoned.stderr


def test_a_second_run_has_nothing_to_do_and_the_gate_is_content(bezoar, project):
    bezoar("scan", "--fix", "--write")
    once = (project / "train.py").read_text()
    code, out, err = bezoar("scan", "--fix", "--write")
    assert (code, out) == (0, "")
    assert err == "0 calls in 0 files rewritten\n"
    assert (project / "train.py").read_text() == once
    assert bezoar("check")[0] == 0


LEFT = {
    "import requests\nr = requests.get('https://data.acme-signs.org/train.zip')\n"
    "open('x.zip', 'wb').write(r.content)\n": "what get returns is no path",
    "from urllib.request import urlretrieve\n"
    "path, _ = urlretrieve('https://data.acme-signs.org/train.zip', 'x')\n": (
        "what the call returns is used"
    ),
    "from transformers import AutoModel\n"
    "m = AutoModel.from_pretrained('acme/net', trust_remote_code=True)\n": (
        "it runs code that what it fetches brings along"
    ),
    "import sys\nfrom datasets import load_dataset\nd = load_dataset(sys.argv[1])\n": (
        "decides what comes in"
    ),
    "import torchvision\nbezoar = 1\n"
    "d = torchvision.datasets.CIFAR10('x', download=True)\n": "the file has a bezoar of its own",
    "import torchvision\nmore = {}\n"
    "d = torchvision.datasets.CIFAR10('x', download=True, **more)\n": (
        "its arguments are not written out"
    ),
    "import torchvision\n"
    "d = torchvision.datasets.CIFAR10('x', download=True)  # bezoar: ignore[BZ101] a toy\n": (
        "suppressed: a toy"
    ),
}


@pytest.mark.parametrize(("text", "why"), LEFT.items(), ids=LEFT.values())
def test_what_is_not_safe_is_named_and_left_alone(bezoar, project, text, why):
    (project / "train.py").write_text(text)
    (project / "test_train.py").unlink()
    code, out, _ = bezoar("scan", "--fix", "--write", "--format", "json")
    assert code == 0
    document = json.loads(out)
    assert (document["rewritten"], document["drafts"], document["diff"]) == ([], [], "")
    assert any(why in one["why"] for one in document["left"]), document["left"]
    assert (project / "train.py").read_text() == text
    assert not (project / "dbom").exists()


def test_other_languages_are_named(bezoar, project):
    (project / "get.sh").write_text("wget https://data.acme-signs.org/train.zip\n")
    _, _, err = bezoar("scan", "--fix")
    assert "  get.sh:1  only Python modules are rewritten\n" in err


@pytest.mark.usefixtures("project")
def test_a_registered_source_keeps_its_name_and_a_part_of_one_is_left(bezoar):
    origins = ("torchvision:CIFAR10", "https://data.acme-signs.org/")
    arguments = [word for origin in origins for word in ("--origin", origin)]
    bezoar("dbom", "add", "--draft", "--name", "mine", "--version", "7", *arguments)
    _, out, err = bezoar("scan", "--fix")
    assert 'CIFAR10(bezoar.pull("mine"), ' in out
    assert "train.py:16  it is a part of mine@7\n" in err


@pytest.mark.usefixtures("project")
def test_usage(bezoar, tmp_path):
    assert bezoar("scan", "--write")[0] == 2
    assert bezoar("scan", "--fix", "--diff", "main")[0] == 2
    assert bezoar("scan", "--fix", "--format", "sarif")[0] == 2
    write_files(tmp_path / "other", {"train.py": TRAIN.encode()})
    assert bezoar("scan", tmp_path / "other", "--fix", "--write")[0] == 2
    assert (tmp_path / "other" / "train.py").read_text() == TRAIN


def test_the_extra_is_named_in_the_project_file():
    assert 'fix = ["libcst>=' in (ROOT / "pyproject.toml").read_text()
