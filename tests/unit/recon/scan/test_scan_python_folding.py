"""A source is folded from names, defaults and formats; where that ends, a name stands for it."""

import textwrap

import pytest

from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.fetch import Context

IMPORTS = (
    "import os, sys\nfrom pathlib import Path\nfrom functools import partial\n"
    "from urllib.request import urlretrieve\nfrom transformers import AutoModel\n"
)


def read(code):
    text = IMPORTS + textwrap.dedent(code).lstrip("\n")
    return reader("a.py").read(text.encode(), "a.py", Context())


def uri(code):
    (fetch,) = read(code)
    return fetch.uri


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("N = 'a/b'\nAutoModel.from_pretrained(N)", "hf:a/b"),
        ("N = 'x/y'\nN = 'a/b'\nAutoModel.from_pretrained(N)", "hf:a/b"),
        ("AutoModel.from_pretrained(N)\nN = 'a/b'", "hf:{N}"),
        ("N: str = 'a/b'\ndef f():\n    AutoModel.from_pretrained(N)", "hf:a/b"),
        ("def f():\n    AutoModel.from_pretrained(N)\nN = 'a/b'", "hf:a/b"),
        ("o = 'a'\nAutoModel.from_pretrained(f'{o}/b')", "hf:a/b"),
        ("AutoModel.from_pretrained(f'{o}/b')", "hf:{o}/b"),
        ("AutoModel.from_pretrained('a/' + 'b')", "hf:a/b"),
        ("AutoModel.from_pretrained('%s/b' % 'a')", "hf:a/b"),
        ("AutoModel.from_pretrained('%s/%s' % ('a', n))", "hf:a/{n}"),
        ("AutoModel.from_pretrained('%(o)s/b' % {'o': 'a'})", "hf:a/b"),
        ("AutoModel.from_pretrained('{}/{}'.format('a', 'b'))", "hf:a/b"),
        ("AutoModel.from_pretrained('{o}/{1}'.format('x', 'b', o='a'))", "hf:a/b"),
        ("AutoModel.from_pretrained('/'.join(['a', 'b']))", "hf:a/b"),
        ("AutoModel.from_pretrained({'s': 'a/s', 'l': 'a/l'}['l'])", "hf:a/l"),
        ("D = {'s': 'a/s'}\nAutoModel.from_pretrained(D.get('s'))", "hf:a/s"),
        ("L = ['a/s', 'a/l']\nAutoModel.from_pretrained(L[1])", "hf:a/l"),
        ("a, b = 'x/y', 'a/b'\nAutoModel.from_pretrained(b)", "hf:a/b"),
        ("n = 'a'\nn += '/b'\nAutoModel.from_pretrained(n)", "hf:a/b"),
        ("AutoModel.from_pretrained(os.environ.get('M', 'a/b'))", "hf:{os.environ[M]|a/b}"),
        ("AutoModel.from_pretrained(os.environ['M'])", "hf:{os.environ[M]}"),
        ("AutoModel.from_pretrained(os.getenv('M') or 'a/b')", "hf:{os.environ[M]|a/b}"),
        ("def f(n='a/b'):\n    AutoModel.from_pretrained(n)", "hf:{n|a/b}"),
        ("def f(n=None):\n    n = n or 'a/b'\n    AutoModel.from_pretrained(n)", "hf:{n|a/b}"),
        (
            "def f(n=None):\n  if n is None:\n    n = 'a/b'\n  AutoModel.from_pretrained(n)",
            "hf:{n|a/b}",
        ),
        (
            "class C:\n    N = 'a/b'\n    def f(self):\n        AutoModel.from_pretrained(self.N)",
            "hf:a/b",
        ),
        ("class C:\n    N = 'a/b'\nAutoModel.from_pretrained(C.N)", "hf:a/b"),
        (
            (
                "class B:\n    N = 'a/b'\nclass C(B):\n    def f(self):\n"
                "        AutoModel.from_pretrained(self.N)"
            ),
            "hf:a/b",
        ),
        (
            (
                "class C:\n    def __init__(self, n):\n        self.n = 'a/' + n\n"
                "    def f(self):\n        AutoModel.from_pretrained(self.n)"
            ),
            "hf:a/{n}",
        ),
        ("load = AutoModel.from_pretrained\nload('a/b')", "hf:a/b"),
        ("load = partial(AutoModel.from_pretrained, 'a/b')\nload()", "hf:a/b"),
        ("getattr(AutoModel, 'from_pretrained')('a/b')", "hf:a/b"),
        ("k = {'pretrained_model_name_or_path': 'a/b'}\nAutoModel.from_pretrained(**k)", "hf:a/b"),
        ("def name():\n    return 'a/b'\nAutoModel.from_pretrained(name())", "hf:a/b"),
        ("def name(o):\n    return f'{o}/b'\nAutoModel.from_pretrained(name('a'))", "hf:a/b"),
        ("AutoModel.from_pretrained('A/B'.lower())", "hf:a/b"),
        ("if (n := 'a/b'):\n    AutoModel.from_pretrained(n)", "hf:a/b"),
        ("AutoModel.from_pretrained(cfg.model.name)", "hf:{cfg.model.name}"),
        ("AutoModel.from_pretrained(config['model'])", "hf:{config[model]}"),
        ("[AutoModel.from_pretrained(n) for n in ['a/b']]", "hf:a/b"),
        (
            "BASE = 'https://files.lab.eu'\nurlretrieve(os.path.join(BASE, 'a.zip'))",
            "https://files.lab.eu/a.zip",
        ),
    ],
)
def test_a_source_is_folded(code, expected):
    assert uri(code) == expected


@pytest.mark.parametrize(
    "declaration",
    [
        (
            "import argparse\np = argparse.ArgumentParser()\n"
            "p.add_argument('--model-name', '-m', default='a/b')\nargs = p.parse_args()\n"
        ),
        "from absl import flags\nflags.DEFINE_string('model_name', 'a/b')\nargs = flags.FLAGS\n",
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass A:\n"
            "    model_name: str = field(default='a/b')\n"
            "args, = HfArgumentParser((A,)).parse_args_into_dataclasses()\n"
        ),
    ],
)
def test_the_command_line_has_defaults(declaration):
    (fetch,) = read(declaration + "AutoModel.from_pretrained(args.model_name)")
    assert fetch.uri in ("hf:{args.model_name|a/b}", "hf:{flags.FLAGS.model_name|a/b}")
    assert fetch.decided_by[0].endswith("model_name")


def test_click_and_typer_give_parameters_their_defaults():
    code = """
        import click, typer
        @click.command()
        @click.option('--name', default='a/b')
        def one(name):
            AutoModel.from_pretrained(name)
        def two(name: str = typer.Option('a/c')):
            AutoModel.from_pretrained(name)
    """
    assert [fetch.uri for fetch in read(code)] == ["hf:{name|a/b}", "hf:{name|a/c}"]


def test_branches_are_alternatives_and_their_own_value_in_each():
    code = """
        if small:
            name = 'a/small'
            AutoModel.from_pretrained(name)
        elif large:
            name = 'a/large'
        else:
            name = None
        AutoModel.from_pretrained(name)
    """
    assert [(fetch.line - 5, fetch.uri) for fetch in read(code)] == [
        (3, "hf:a/small"),
        (8, "hf:a/large"),
        (8, "hf:a/small"),
    ]


def test_what_chooses_among_literals_is_named():
    code = "n = 'a/b' if big else 'a/c'\nAutoModel.from_pretrained(n)"
    assert {(fetch.uri, fetch.decided_by) for fetch in read(code)} == {
        ("hf:a/b", ("big",)),
        ("hf:a/c", ("big",)),
    }


def test_a_product_of_choices_does_not_explode():
    names = "\n".join(f"x{n} = 'a' if c{n} else 'b'" for n in range(40))
    found = read(
        names + "\nAutoModel.from_pretrained('o/' + " + " + ".join(f"x{n}" for n in range(40)) + ")"
    )
    assert len(found) <= 16


def test_what_refers_to_itself_ends():
    assert uri("x = x\nAutoModel.from_pretrained(x)") == "hf:{x}"
    assert uri("def g():\n    return g()\nAutoModel.from_pretrained(g())").startswith("hf:{")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if name == 'a/b':\n    AutoModel.from_pretrained(name)", ["hf:a/b"]),
        ("if a.n == 'a/b':\n    AutoModel.from_pretrained(a.n)", ["hf:a/b"]),
        ("if n in ('a/b', 'a/c'):\n    AutoModel.from_pretrained(n)", ["hf:a/b", "hf:a/c"]),
        ("n = 'x'\nif n.startswith('a/'):\n    AutoModel.from_pretrained(n)", ["hf:{n}"]),
        ("n = 'a/b'\nif n.startswith('a/'):\n    AutoModel.from_pretrained(n)", ["hf:a/b"]),
        ("if n == 'a/b':\n    pass\nelse:\n    AutoModel.from_pretrained(n)", ["hf:{n}"]),
    ],
)
def test_a_test_says_what_holds_in_its_branch(code, expected):
    assert [fetch.uri for fetch in read(code)] == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("u = []\nu.append('a')\nu.append('b')\n", ["a", "b"]),
        ("u = ['a']\nu += ['b']\nu.extend(('c', 'd'))\n", ["a", "b", "c", "d"]),
        ("u = set()\nu = {'a'}\nu.add('b')\n", ["a", "b"]),
        ("u = []\nfor n in ('a', 'b'):\n    u.append(n)\n", ["a", "b"]),
        ("u = ['a']\nif x:\n    u.append('b')\nu.append('c')\n", ["a", "b", "c"]),
        ("u = []\nif x:\n    u.append('a')\n", ["a"]),
    ],
)
def test_what_was_added_to_a_list_is_in_it(code, expected):
    found = read(code + "for one in u:\n    urlretrieve('https://x.edu/' + one)\n")
    assert sorted(one.uri for one in found) == [f"https://x.edu/{one}" for one in expected]


def test_what_a_function_adds_to_a_list_of_others_is_not_its_own():
    code = "u = []\ndef f():\n    u.append('https://x.edu/a')\nf()\n"
    found = read(code + "for one in u:\n    urlretrieve(one)")
    assert [one.uri for one in found] == ["{one}"]
