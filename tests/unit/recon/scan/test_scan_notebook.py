"""Notebooks: every fetch of a cell, at its line of the raw file."""

import json

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder
from bezoar.syntax.unreadable import UnreadableError


def notebook(*cells, **metadata):
    made = [
        {
            "cell_type": "markdown" if text.startswith("#md") else "code",
            "metadata": {},
            "outputs": [{"text": ["from datasets import load_dataset\n", "load_dataset('no/no')"]}],
            "source": text.splitlines(keepends=True),
        }
        for text in cells
    ]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4}, indent=1)


def read(text):
    return reader("a.ipynb").read(text.encode(), "a.ipynb", Context())


def one(*cells):
    (fetch,) = read(notebook(*cells))
    return fetch


def test_a_line_is_one_of_the_raw_file():
    text = notebook(
        "#md load_dataset", "from datasets import load_dataset", "\nload_dataset('a/b')\n"
    )
    (fetch,) = read(text)
    assert fetch.uri == "hf-datasets:a/b"
    assert "load_dataset('a/b')" in text.split("\n")[fetch.line - 1]
    assert (fetch.cell, fetch.snippet) == (3, "load_dataset('a/b')")


def test_names_live_on_from_cell_to_cell():
    assert one("import pandas as pd", "u = 'https://a.lab.eu/x.csv'", "pd.read_csv(u)").cell == 3


def test_a_source_may_be_one_text():
    cell = {"cell_type": "code", "source": "import nltk\nnltk.download('punkt')"}
    (fetch,) = read(json.dumps({"cells": [cell]}, indent=1))
    assert (fetch.uri, fetch.cell) == ("nltk:punkt", 1)
    assert fetch.line == fetch.end_line


def test_an_older_notebook_keeps_its_cells_in_worksheets():
    cell = {"cell_type": "code", "input": ["import nltk\n", "nltk.download('punkt')"]}
    (fetch,) = read(json.dumps({"worksheets": [{"cells": [cell]}]}))
    assert fetch.uri == "nltk:punkt"


@pytest.mark.parametrize(
    ("cells", "uri"),
    [
        (["!wget https://a.lab.eu/data/x.csv"], "https://a.lab.eu/data/x.csv"),
        (["    !wget https://a.lab.eu/data/x.csv -O y"], "https://a.lab.eu/data/x.csv"),
        (["!wget \\\n  https://a.lab.eu/data/x.csv"], "https://a.lab.eu/data/x.csv"),
        (["out = !wget https://a.lab.eu/data/x.csv"], "https://a.lab.eu/data/x.csv"),
        (["%system wget https://a.lab.eu/data/x.csv"], "https://a.lab.eu/data/x.csv"),
        (["%%bash\nwget https://a.lab.eu/data/x.csv"], "https://a.lab.eu/data/x.csv"),
        (["%%sh\n\nwget https://a.lab.eu/data/x.csv"], "https://a.lab.eu/data/x.csv"),
        (["u = 'https://a.lab.eu/data/x.csv'", "!wget {u}"], "https://a.lab.eu/data/x.csv"),
        (["u = 'https://a.lab.eu/data/x.csv'", "!wget $u"], "https://a.lab.eu/data/x.csv"),
        (["%time import nltk; nltk.download('punkt')"], "nltk:punkt"),
        (["%%time\nimport nltk\nnltk.download('punkt')"], "nltk:punkt"),
        (["%matplotlib inline\nimport nltk\nnltk.download('punkt')"], "nltk:punkt"),
    ],
)
def test_magics_are_what_ipython_makes_of_them(cells, uri):
    text = notebook(*cells)
    (fetch,) = read(text)
    assert fetch.uri == uri
    assert fetch.cell == len(cells)
    word = "nltk.download" if uri.startswith("nltk") else "wget"
    around = text.split("\n")[fetch.line - 1 : fetch.end_line + 1]
    assert any(word in line for line in around)


@pytest.mark.parametrize(
    "cell",
    [
        "%pip install datasets",
        "!pip install datasets",
        "%conda install -y wget",
        "%run other.py",
        "%%html\n<a href='https://a.lab.eu/data/x.csv'>x</a>",
        "%%javascript\nfetch('https://a.lab.eu/data/x.csv')",
        "x = 5 % 3",
    ],
)
def test_what_installs_or_shows_is_no_fetch(cell):
    assert read(notebook(cell)) == []


def test_what_a_notebook_printed_is_no_code():
    assert read(notebook("print(1)")) == []


def test_a_cell_of_another_language_is_left_to_its_reader():
    text = notebook(
        "using MLDatasets\nMNIST(:train)", kernelspec={"language": "julia", "name": "j"}
    )
    assert all(fetch.cell == 1 for fetch in read(text))


@pytest.mark.parametrize(
    ("cell", "uri"),
    [
        ("%%writefile train.py\nfrom datasets import load_dataset\nload_dataset('a/b')\n", "a/b"),
        ('%%file "get.sh"\nset -e\nwget https://x.edu/a/b\n', "a/b"),
        ("%%writefile -a conf/data.yaml\na: 1\ndata_url: https://x.edu/a/b.csv\n", "a/b.csv"),
    ],
)
def test_a_script_that_a_cell_writes_is_read_as_what_it_is(cell, uri):
    text = notebook("x = 1", cell)
    (fetch,) = read(text)
    assert fetch.uri.endswith(uri)
    assert (fetch.cell, uri in text.split("\n")[fetch.line - 1]) == (2, True)


def test_a_cell_that_writes_anything_else_is_left_alone():
    assert read(notebook("%%writefile notes.md\nwget https://x.edu/a.csv\n", "%%writefile\n")) == []


def test_an_unknown_name_in_a_command_stays_one():
    fetch = one("import sys\nu = sys.argv[1]\n!wget $u")
    assert fetch.pin is Pin.DYNAMIC


def test_a_damaged_cell_does_not_hide_the_others():
    text = notebook("def broken(:\n    pass", "import nltk\nnltk.download('punkt')")
    assert [fetch.uri for fetch in read(text)] == ["nltk:punkt"]


@pytest.mark.parametrize(
    "text",
    [
        '"code"',
        '{"cells": "code"',
        '{"cells": ["code"}',
        '{"cells": [{"cell_type": "code", "source": ["x]}]}',
        '{"cells": [{"cell_type": "code", source: 1}]}',
        '{"cell_type": "code"} {',
        '{"a": "code", "b": ' + "[" * 10_000 + "]" * 10_000 + "}",
        '{"a": "code", "b": bad}',
    ],
)
def test_what_is_no_json_is_unreadable(text):
    with pytest.raises(UnreadableError):
        read(text)


def test_a_damaged_cell_that_may_fetch_is_never_a_pass():
    with pytest.raises(UnreadableError):
        read(notebook("import nltk", "def broken(:\n    nltk.download('punkt')"))


def test_a_notebook_sees_the_constants_of_the_project(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "config.py").write_text("BASE = 'https://a.example'\n")
    (tmp_path / "notebooks").mkdir()
    source = ["import wget\n", "from src.config import BASE\n", "wget.download(BASE + '/x.csv')\n"]
    cells = {"cells": [{"cell_type": "code", "source": source}]}
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps(cells, indent=1))
    (fetch,) = scan(Folder(str(tmp_path))).fetches
    assert (fetch.uri, fetch.decided_by, fetch.cell) == ("https://a.example/x.csv", (), 1)


def test_nobody_imports_what_a_notebook_defines(tmp_path):
    source = ["import wget\n", "URL = 'https://a.example/x.csv'\n"]
    cells = {"cells": [{"cell_type": "code", "source": source}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(cells))
    (tmp_path / "b.py").write_text("from a import URL\nimport wget\nwget.download(URL)\n")
    assert [one.uri for one in scan(Folder(str(tmp_path))).fetches] == ["{a.URL}"]
