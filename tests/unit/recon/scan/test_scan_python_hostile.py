"""No module hangs the reader, breaks it, or gets by because it is damaged."""

import gc
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.recon.scan import python
from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.fetch import Context, Fetch
from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.python import prefilter
from bezoar.recon.scan.tree import Folder
from bezoar.syntax.unreadable import UnreadableError

LONGEST_S = 6.0  # CPU seconds; an idle machine needs less than one
HEAD = "from datasets import load_dataset\nimport os, requests\n"


def read(text):
    return reader("a.py").read(text.encode(), "a.py", Context())


@pytest.mark.parametrize(
    "tail",
    [
        "x = " + "[" * 10_000 + "]" * 10_000,
        "load_dataset(" * 5_000 + ")" * 5_000,
        "load_dataset(" + " + ".join(["'a'"] * 50_000) + ")",
        "a0 = 'x'\n"
        + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(300))
        + "load_dataset(a300)",
        "if a:\n x = 'a'\n" + "elif b:\n x = 'b'\n" * 5_000 + "load_dataset(x)",
        "".join(f"x = 'u{n}'\nif a: x = 'v{n}'\n" for n in range(5_000))
        + "load_dataset(x)\n" * 500,
        "def f():\n" + "".join(f" r{n} = requests.get(u{n})\n" for n in range(2_000)),
        "".join(f"def f{n}(x): return f{n + 1}(x)\n" for n in range(1_000))
        + "f0('a')\nload_dataset(f0)",
        "def f(x): return load_dataset(x)\n" + "f('a/b')\n" * 3_000,
        "load_dataset(f'" + "{a}" * 10_000 + "')",
        "load_dataset('" + "%s" * 20_000 + "' % x)",
        "load_dataset('" + "{}" * 20_000 + "'.format(x))",
        "os.system('" + "wget http://a.lab.eu/y.zip;" * 5_000 + "')",
        "@a\n" * 5_000 + "def f(): load_dataset('x')",
        "load_dataset(" + "'a' if x else " * 2_000 + "'b')",
        "load_dataset(a" + ".b" * 3_000 + ")",
        "load_dataset(" + " or ".join(f"a{n}" for n in range(20_000)) + ")",
        "print 'a'\n" * 10_000 + "load_dataset('x')",
        "".join(f"def f{n}():\n  x = = 1\n" for n in range(1_000)) + "load_dataset('x')",
        "load_dataset('" + "a" * 1_900_000 + "')",
    ],
    ids=range(20),
)
def test_nothing_takes_longer_than_it_may(tail):
    began = time.process_time()
    try:
        found = read(HEAD + tail)
    except (UnreadableError, RecursionError, MemoryError):
        found = []  # the inventory makes a finding of each of these
    assert time.process_time() - began < 2
    assert all(len(fetch.uri) < 10_000 for fetch in found)


def test_each_of_them_is_one_finding_and_the_scan_goes_on(tmp_path):
    (tmp_path / "a.py").write_text(HEAD + "x = " + "[" * 10_000 + "]" * 10_000)
    (tmp_path / "b.py").write_bytes(b"\xff\xfe from datasets import load_dataset; load_dataset(x)")
    (tmp_path / "c.py").write_text(HEAD + "load_dataset('a/b')\0")
    (tmp_path / "d.py").write_bytes(b"PK\x03\x04from datasets import load_dataset\xff")
    (tmp_path / "e.py").write_text(HEAD + "load_dataset(" + "+".join(["'a'"] * 100_000) + ")")
    (tmp_path / "f.py").write_text(HEAD + "load_dataset('a/b')")
    seen = scan(Folder(str(tmp_path)))
    assert [one.path for one in seen.unreadable] == ["a.py", "b.py", "c.py", "d.py", "e.py"]
    assert [fetch.path for fetch in seen.fetches] == ["f.py"]


@pytest.mark.parametrize(
    "code",
    [
        "import urllib2\nprint 'reading'\nurllib2.urlopen('http://a.lab.eu/x.zip')\n",
        (
            "import urllib2\ntry:\n    pass\nexcept Exception, e:\n    print e\n"
            "urllib2.urlopen('http://a.lab.eu/x.zip')\n"
        ),
        "import urllib\nraise ValueError, 'x'\nurllib.urlretrieve('http://a.lab.eu/x.zip')\n",
        "import urllib\nos.chmod(p, 0755)\nurllib.urlretrieve('http://a.lab.eu/x.zip')\n",
    ],
)
def test_python_2_is_read(code):
    (fetch,) = read(code)
    assert fetch.uri == "http://a.lab.eu/x.zip"
    assert fetch.line == code.count("\n", 0, code.index("http")) + 1


def test_a_damaged_function_does_not_hide_the_others():
    code = HEAD + "def broken(:\n    pass\n\ndef f():\n    load_dataset('a/b')\n"
    (fetch,) = read(code)
    assert (fetch.uri, fetch.line) == ("hf-datasets:a/b", 7)


def test_a_damaged_function_that_may_fetch_is_never_a_pass():
    with pytest.raises(UnreadableError):
        read(HEAD + "def broken(:\n    load_dataset('a/b')\n\nload_dataset('c/d')\n")


@pytest.mark.parametrize("code", ["{{ cookie }}\nfrom datasets import load_dataset", "<html>"])
def test_what_is_no_python_is_unreadable_where_it_may_fetch(code):
    text = code + "\nimport datasets\nload_dataset('a/b') )\n"
    if prefilter.may_fetch(text.encode()):
        with pytest.raises(UnreadableError):
            read(text)


def test_code_that_cannot_fetch_is_not_even_parsed():
    assert read("import numpy as np\nthis is no Python [[[") == []


_WORDS = st.sampled_from(
    [
        "load_dataset",
        "requests.get",
        "os.system",
        "x",
        "x.y",
        "f",
        "'a/b'",
        "'http://a.lab.eu/b.csv'",
        "f'{x}'",
        "''''''",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "=",
        "+",
        "%",
        "/",
        ":",
        ".",
        "*",
        "**",
        "'",
        "#",
        "@",
        "def",
        "class",
        "if",
        "else:",
        "for",
        "lambda",
        "return",
        "import",
        "def f(x=1):",
        "class C:",
        "if x:",
        "for x in y:",
        "lambda x:",
        "\n",
        "\n    ",
        "\\\n",
        '"',
        "await ",
        "yield ",
        "not ",
        " if ",
        " else ",
        " or ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=40))
def test_any_text_is_read_or_unreadable(words):
    try:
        found = read(HEAD + "".join(words))
    except UnreadableError:
        return
    assert all(isinstance(fetch, Fetch) for fetch in found)


_NAMES = st.sampled_from(["a", "b", "c"])
_EXPRESSIONS = st.recursive(
    st.one_of(_NAMES, st.sampled_from(["'x'", "1", "None", "True", "u.v", "u['k']", "f()"])),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} % {})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}}}['k']".format, inner),
        st.builds("'{{}}/{{}}'.format({}, {})".format, inner, inner),
        st.builds("os.path.join({}, {})".format, inner, inner),
        st.builds("[{} for a in {}]".format, inner, inner),
        st.builds("(lambda a: {})({})".format, inner, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_NAMES, _EXPRESSIONS), max_size=5), _EXPRESSIONS)
def test_any_expression_is_folded_to_something(assignments, source):
    lines = [f"{name} = {value}" for name, value in assignments]
    found = read(HEAD + "\n".join([*lines, f"load_dataset({source})"]))
    assert len(found) <= 16
    for fetch in found:
        assert set(fetch.uri) <= set(string.printable)


@pytest.mark.parametrize(
    "body",
    [
        "x = [x, x]\n" * 60,
        "x = [x, x] if a else x\n" * 60,
        "x = {'a': x, 'b': x}\n" * 60,
        "x = []\n" + "x.append(x)\nload_dataset(x)\n" * 2_000,
        "x = ['a', 'b']\n" + "x.extend(x)\nload_dataset(x)\n" * 2_000,
        "x = []\n" + "x += x\n" * 5_000,
        "x = 'a'\n" + "x += 'a'\nload_dataset(x)\n" * 2_000,
        "import torchvision\n" + "x = []\n" + "x.append('a')\n" * 9_000,
    ],
    ids=lambda body: body[:24],
)
def test_a_list_that_grows_out_of_itself_ends(body):
    began = time.process_time()
    assert read(HEAD + "x = 'a'\n" + body + "load_dataset(x)\nload_dataset('a/b')\n")
    assert time.process_time() - began < LONGEST_S


def test_nothing_is_collected_while_a_file_is_read_and_all_is_as_before(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(prefilter, "may_fetch", lambda *_: seen.append(gc.isenabled()) or False)
    (tmp_path / "a.py").write_text(HEAD)
    monkeypatch.setattr(python, "may_fetch", prefilter.may_fetch)
    scan(Folder(str(tmp_path)))
    assert seen == [False]
    assert gc.isenabled()
