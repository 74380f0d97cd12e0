"""What somebody writes so that a scan stops, lies, or runs something: one finding, no harm."""

import os
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bezoar.cli.app import run
from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder
from bezoar.syntax.unreadable import UnreadableError

LONGEST_S = 2.0
DEEP = 10_000
# Enough for each reader's look at the bytes, so that none of them passes a file by.
LURE = "wget https://a.example/set.csv\n"
PYTHON = "from torchvision.datasets import MNIST\nMNIST('x', download=True)\n"


def looked_at(root):
    began = time.process_time()
    inventory = scan(Folder(str(root)))
    assert time.process_time() - began < LONGEST_S
    for one in inventory.unreadable:
        assert "reader failed" not in one.why, one
    return inventory


def why(root):
    """Return what is told of the only file that cannot be read."""
    (one,) = looked_at(root).unreadable
    return one.why


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", PYTHON + "MNIST(" + "[" * DEEP + "]" * DEEP + ", download=True)"),
        ("a.py", PYTHON + "MNIST(" + "(" * DEEP + ", download=True"),
        ("a.json", "[" * DEEP + "]" * DEEP),
        ("a.json", '{"url":' * DEEP + '"https://a.example/set.csv"' + "}" * DEEP),
        ("a.yaml", "[" * DEEP + "]" * DEEP),
        ("a.yaml", "- " * DEEP + "https://a.example/set.csv"),
        ("dvc.yaml", "cmd: " + "{a: " * DEEP),
        ("a.ipynb", "[" * DEEP + "]" * DEEP),
    ],
)
def test_ten_thousand_brackets(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    why(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["$(" * DEEP + ")" * DEEP, "(" * DEEP, "{ " * DEEP, "`" * DEEP, "${a:-" * DEEP, "[" * DEEP],
)
def test_ten_thousand_brackets_of_a_shell_hide_no_line_before_them(tmp_path, text):
    (tmp_path / "a.sh").write_text(LURE + "echo " + text)
    assert [one.line for one in looked_at(tmp_path).fetches][:1] == [1]


@pytest.mark.parametrize(
    "name", ["a.py", "a.sh", "a.yaml", "a.json", "a.toml", "a.R", "a.tf", "a.ipynb"]
)
def test_a_line_of_megabytes(tmp_path, name):
    (tmp_path / name).write_text(f"{LURE}# {'x' * 3_000_000}\n")
    found = looked_at(tmp_path)
    assert found.fetches == ()
    assert len(found.unreadable) == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.py", "x"),
        ("a.py", "a = 1;"),
        ("a.tf", "a {"),
        ("a.tf", "}"),
        ("a.tf", 'a = "${a("b")}"'),
        ("a.R", "x"),
        ("a.R", '"a" -> x'),
        ("a.jl", 'x = "$x$x"'),
        ("a.sh", "x=$x"),
    ],
)
def test_two_megabytes_of_small_statements_are_given_up(tmp_path, name, line):
    lines = (2 << 20) // (len(line) + 1) - 100
    (tmp_path / name).write_text((PYTHON if name == "a.py" else LURE) + f"{line}\n" * lines)
    assert why(tmp_path).startswith("more than")


@pytest.mark.parametrize("part", ["a,", "a="])
def test_a_statement_of_a_million_parts_is_given_up(tmp_path, part):
    (tmp_path / "a.py").write_text(PYTHON + part * 700_000 + "1\n")
    assert why(tmp_path).startswith("more than")


def test_a_table_of_numbers_is_read(tmp_path):
    (tmp_path / "a.py").write_text(PYTHON + "x = [" + "0.25, " * 200_000 + "]\n")
    assert not looked_at(tmp_path).unreadable


def test_a_line_of_a_hundred_megabytes(tmp_path):
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(100 << 20)
    assert why(tmp_path).startswith("larger than")


@pytest.mark.parametrize(
    "name", ["a.py", "a.sh", "a.yaml", "a.json", "a.toml", "Makefile", "a.ipynb"]
)
@pytest.mark.parametrize("data", [LURE.encode() + b"\xff\xfe\x80", LURE.encode("utf-16")])
def test_no_utf_8(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert "UTF-8" in why(tmp_path)


def test_links_that_lead_nowhere_or_in_circles(tmp_path):
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "out.py").symlink_to("/etc/passwd")
    found = looked_at(tmp_path)
    assert sorted(one.path for one in found.unreadable) == ["a", "b", "loop.py", "out.py"]


def test_an_alias_bomb(tmp_path):
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 500)]
    text = "a0: &a0 {url: 'https://a.example/set.csv'}\n" + "\n".join(levels)
    (tmp_path / "a.yaml").write_text(text)
    found = looked_at(tmp_path)
    assert [one.line for one in found.fetches] == [1]


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "null", '{"cells": ["code",'])
def test_a_notebook_that_is_none(tmp_path, text):
    (tmp_path / "a.ipynb").write_text(f"{text} {LURE}")
    assert why(tmp_path)


@pytest.mark.parametrize("name", ["a.py", "a.sh", "a.yaml", "a.json"])
def test_a_zip_by_another_name(tmp_path, name):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("a.py", PYTHON)
    assert why(tmp_path)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "get.sh").write_text(LURE)
    found = looked_at(tmp_path)
    assert [(one.path, one.why) for one in found.unreadable] == [("pipe.py", "no regular file")]
    assert [one.path for one in found.fetches] == ["x.py/get.sh"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_nobody_may_read(tmp_path):
    (tmp_path / "a.py").write_text(PYTHON)
    (tmp_path / "a.py").chmod(0)
    assert why(tmp_path) == "Permission denied"


@pytest.mark.parametrize(
    "name", ["a\nb.sh", "\x1b[31mred.sh", "a\tb.sh", "a'b\"c.sh", "-rf.sh", "ä.sh"]
)
def test_names_reach_no_terminal_as_they_are(tmp_path, name, capsys):
    (tmp_path / name).write_text(LURE)
    assert run(["scan", str(tmp_path), "--exit-zero"]) == 0
    shown = capsys.readouterr().out
    assert ".sh" in shown
    assert "\x1b[31m" not in shown
    assert "a\nb.sh" not in shown


def test_bytes_that_are_no_name(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.sh", "w") as file:  # noqa: PTH123 - bytes
        file.write(LURE)
    assert [one.path for one in looked_at(tmp_path).fetches] == ["\\xff.sh"]


def test_only_who_asks_gets_exit_3(tmp_path):
    (tmp_path / "a.json").write_text('{"url": "s3://b/x.csv"')
    assert run(["scan", str(tmp_path), "--exit-zero"]) == 0
    assert run(["scan", str(tmp_path), "--exit-zero", "--strict-unreadable"]) == 3


def test_nothing_is_run_or_imported(tmp_path):
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')"
    (tmp_path / "a.py").write_text(f'import wget\n{trap}\nwget.download(f"{{{trap}}}")\n')
    (tmp_path / "conftest.py").write_text(trap)
    (tmp_path / "a.sh").write_text(f"wget $(touch {tmp_path}/sprung)\n")
    (tmp_path / "a.yaml").write_text(
        f"run: wget https://a/x\nu: !!python/object/apply:eval [{trap!r}]\n"
    )
    (tmp_path / "bezoar.toml").write_text("[scan]\nexclude = ['*']\n")
    assert {one.path for one in looked_at(tmp_path).fetches} >= {"a.py", "a.sh"}
    assert not (tmp_path / "sprung").exists()


VALID = {
    "a.py": PYTHON + "for u in ['https://a.example/x.csv']:\n    wget.download(u)\n",
    "a.sh": LURE + 'U=https://a.example\nfor f in a b; do curl -O "$U/$f.zip" | tar x; done\n',
    "a.yaml": "a: &a\n- url: https://a.example/x.zip\n  md5: '0'\nb: *a\nrun: |\n  wget $U\n",
    ".github/workflows/a.yml": "env: {U: 's3://b'}\nsteps: [{run: 'aws s3 cp $U .'}]\n",
    "a.json": '{"data": [{"url": "https://a.example/x.csv", "md5": null}], "repo_id": "a/b"}',
    "a.toml": '[data]\nurl = "https://a.example/x.csv" # x\nlist = ["s3://b/x.csv",\n"b"]\n',
    ".gitmodules": '[submodule "d"]\n\tpath = data\n\turl = https://a.example/data.git\n',
    "a.dvc": "deps:\n- path: x\n  repo: {url: 'https://a.example/r', rev_lock: a}\n",
    ".dvc/config": "['remote \"a\"']\n  url = s3://b/x\n",
    "a.tf": 'data "http" "a" {\n  url = "https://a.example/${var.x}.csv"\n}\n',
    "Dockerfile": "ADD https://a.example/x.csv /\nRUN wget https://a.example/y \\\n && ls\n",
    "Makefile": "U = https://a.example\nget:\n\twget $(U)/x.csv\n",
    "a.ipynb": '{"cells": [{"cell_type": "code", "source": ["!wget https://a.example/x\\n"]}]}',
    "a.jl": 'using MLDatasets\nMNIST()\ndownload("https://a.example/x.csv")\n',
    "a.R": "read.csv('https://a.example/x.csv')\ndownload.file(u, 'x')\n",
}


@st.composite
def mutated(draw):
    """Draw a file that was valid once."""
    path = draw(st.sampled_from(sorted(VALID)))
    text = VALID[path]
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        piece = draw(st.text(alphabet="\"'`$(){}[]<>|&;:#\\\n\t -=*!%@/,.aE0\u00e9", max_size=8))
        text = text[:start] + piece * draw(st.sampled_from([0, 1, 1, 40])) + text[end:]
    return path, text


def survives(path, text):
    found = reader(path, text.encode()[:100])
    try:
        fetches = found.read(text.encode(), path, Context())
    except UnreadableError:
        return
    lines = text.count("\n") + text.count("\r") + 1
    for fetch in fetches:
        assert 1 <= fetch.line <= lines
        assert fetch.line <= fetch.end_line
        assert fetch.path == path


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_broken_file_is_read_or_told(file):
    survives(*file)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(VALID)), st.text(max_size=200))
def test_any_text_is_read_or_told(path, text):
    survives(path, LURE + text)


@pytest.mark.parametrize("path", sorted(VALID))
def test_the_valid_files_are_understood(path):
    assert reader(path).read(VALID[path].encode(), path, Context())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"url": "https://a.example/set.csv", "a": [' + '"a",' * 500_000),
        ("a.json", '{"url": "https://a.example/set.csv", "a": ' + '"' * 2_000_000),
        ("a.yaml", "url: https://a.example/set.csv\n" + "a: |\n" * 400_000),
        (".dvc/config", "['remote \"a\"']\n" + "url = s3://b\n" * 150_000),
        ("a.toml", 'url = "https://a.example/set.csv"\n' + "[a]\n" * 500_000),
        ("a.sh", LURE + "wget " + "https://a.example/set.csv " * 75_000),
        ("Makefile", "get:\n\twget " + "https://a.example/set.csv " * 75_000),
    ],
)
def test_more_than_anybody_writes(tmp_path, name, text):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert "more than" in why(tmp_path)
