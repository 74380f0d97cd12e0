"""Calls of a Python file are rewritten, and nothing else of it."""

import pytest

pytest.importorskip("libcst", reason="libcst is not installed")

from bezoar.adapters.libcst.edits import Edit, NotRewritableError, Where
from bezoar.adapters.libcst.rewriting import rewrite

FIRST = Where(0, ("path", "io"))
PULL = 'bezoar.pull("x")'


def edit(line=1, end_line=None, callee="read", value=PULL, **fields):
    fields = {"argument": FIRST} | fields
    return Edit(line, end_line or line, callee, value, **fields)


def rewritten(text, *edits):
    """Return the new text and the reasons, of a file that imports what it needs already."""
    before = "import bezoar, shutil\n"
    moved = [
        Edit(e.line + 1, e.end_line + 1, *(getattr(e, name) for name in Edit.__slots__[2:]))
        for e in edits
    ]
    result = rewrite((before + text).encode(), moved)
    text = result.data.decode()
    assert text.startswith(before)
    return text.removeprefix(before), list(result.refused.values())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("read(URL)\n", f"read({PULL})\n"),
        ("a = m.read( 'u' , 1) # x\n", f"a = m.read( {PULL} , 1) # x\n"),
        ("read(1 if a else b, path=u)\n", f"read(1 if a else b, path={PULL})\n"),
        ("read(io = u,)\n", f"read(io = {PULL},)\n"),
        ("f(read(u), read)\n", f"f(read({PULL}), read)\n"),
        ("read(u, old=False)\n", f"read({PULL}, old=True)\n"),
        ("read(u, gone=1)\n", f"read({PULL})\n"),
        ("read(u, gone=1, kept=2)\n", f"read({PULL}, kept=2)\n"),
    ],
)
def test_one_argument_changes(before, after):
    given = edit(settings={Where(None, ("old",)): "True"}, dropped=frozenset({"gone"}))
    assert rewritten(before, given) == (after, [])


def test_a_call_over_several_lines_keeps_its_shape():
    before = "x = read(\n    'u',  # where\n    sep=';',\n    gone=1,\n)\n"
    after = f"x = read(\n    {PULL},  # where\n    sep=';',\n    )\n"
    text, refused = rewritten(before, edit(1, 5, dropped=frozenset({"gone"})))
    assert refused == []
    assert text.replace("    )", ")") == after.replace("    )", ")")


def test_the_whole_call_and_a_copy():
    whole = edit(value=f"str({PULL})", argument=None, known=frozenset({"a"}), most=1)
    assert rewritten("x = read(u, a=1)\n", whole) == (f"x = str({PULL})\n", [])
    copy = edit(
        value=f"shutil.copyfile({PULL}, {{target}})", argument=None, target=Where(1, ("to",))
    )
    assert rewritten("read(u, to=p / 'x')\n", copy) == (
        f"shutil.copyfile({PULL}, p / 'x')\n",
        [],
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("other(u)\n", "no call of read is written there"),
        ("read(a) + read(b)\n", "2 calls of read stand on its line"),
        ("read(*args)\n", "its arguments are not written out"),
        ("read(u, **more)\n", "its arguments are not written out"),
        ("read(other=1)\n", "its source is not written out in the call"),
    ],
)
def test_what_is_left_alone(text, why):
    assert rewritten(text, edit()) == (text, [why])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = read(u, p)\n", "what the call returns is used"),
        ("read(u)\n", "it does not say where the bytes go"),
        ("read(u, p, strange=1)\n", "a local copy has no strange="),
        ("read(u, p, q)\n", "it has more than 2 arguments without a name"),
    ],
)
def test_calls_that_are_left_alone_as_a_whole(text, why):
    copy = edit(
        value=f"shutil.copyfile({PULL}, {{target}})",
        argument=None,
        target=Where(1, ("to",)),
        known=frozenset({"to"}),
        most=2,
    )
    assert rewritten(text, copy) == (text, [why])


def test_a_comment_is_not_lost():
    text = "read(\n    (a  # where\n     + b),\n)\n"
    assert rewritten(text, edit(1, 4)) == (text, ["a comment stands in what would go"])


def test_two_sources_of_one_call():
    text = "read(u)\n"
    refused = rewritten(text, edit(), edit(value='bezoar.pull("y")'))
    assert refused == (text, ["one call brings in 2 sources"] * 2)


@pytest.mark.parametrize(
    ("before", "fine"),
    [
        ("read('u')\n", True),
        ("read('u' 'v')\n", True),
        ("URL = BASE + 'x'\nread(URL)\n", True),
        ("from x import URL\nread(URL)\n", True),
        ("def f():\n    url = 'u'\n    read(url)\n", True),
        ("url = 'u'\nexec(configuration)\nread(url)\n", False),
        ("URL = 'u'\nURL = 'v'\nread(URL)\n", False),
        ("def f(url='u'):\n    read(url)\n", False),
        ("def f():\n    url = options.url\n    read(url)\n", False),
        ("def f():\n    url = 'u'\n    url += 'v'\n    read(url)\n", False),
        ("for URL in urls:\n    URL = 'x'\n    read(URL)\n", False),
        ("read(f'{a}')\n", False),
        ("read(options.URL)\n", False),
        ("read(b'u')\n", True),
    ],
)
def test_a_source_that_may_be_another_at_run_time_is_left(before, fine):
    text, refused = rewritten(before, edit(before.count("\n"), source=FIRST))
    why = "its source is a variable, which may be another at run time"
    assert refused == ([] if fine else [why])
    assert (PULL in text) is fine


def test_other_calls_that_read_the_same_place_follow():
    text = "a = read(root, old=True)\nb = read(root)\nc = read(other)\nd = write(root)\n"
    given = edit(alike=True, settings={Where(None, ("old",)): "False"})
    assert rewritten(text, given) == (
        f"a = read({PULL}, old=False)\nb = read({PULL})\nc = read(other)\nd = write(root)\n",
        [],
    )
    text = "a = read(root)\nb = read(root, **more)\n"
    why = "another call of read reads it, with arguments not written out"
    assert rewritten(text, edit(alike=True)) == (text, [why])


def test_imports_of_the_standard_library_come_first():
    given = [edit(2, imports=("bezoar", "shutil"))]
    assert rewrite(b"import m\nm.read(u)\n", given).data.startswith(
        b"import m\nimport shutil\nimport bezoar\n"
    )


def test_an_alias_is_known_by_its_own_name():
    text = "from m import read as r\nr(u)\n"
    assert rewritten(text, edit(2))[0] == f"from m import read as r\nr({PULL})\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import os\nimport m\n\nm.read(u)\n",
            "import os\nimport m\nimport bezoar\n\nm.read({})\n",
        ),
        ('"""Doc."""\n\nm.read(u)\n', '"""Doc."""\n\nimport bezoar\n\nm.read({})\n'),
        ("m.read(u)\n", "import bezoar\n\nm.read({})\n"),
        (
            "#!/usr/bin/x\n# Mine.\nm.read(u)\n",
            "#!/usr/bin/x\n# Mine.\nimport bezoar\n\nm.read({})\n",
        ),
        (
            '"""D."""\nfrom __future__ import division\nX = 1\nimport m\nm.read(u)',
            '"""D."""\nfrom __future__ import division\nimport bezoar\nX = 1\nimport m\nm.read({})',
        ),
        ("import m\r\nm.read(u)\r\n", "import m\r\nimport bezoar\r\nm.read({})\r\n"),
        ("import m\nm.read(u)", "import m\nimport bezoar\nm.read({})"),
        ("import bezoar\nimport m\nm.read(u)\n", "import bezoar\nimport m\nm.read({})\n"),
        ("import bezoar.core\nm.read(u)\n", "import bezoar.core\nimport bezoar\nm.read({})\n"),
    ],
)
def test_the_import_stands_once_where_imports_stand(before, after):
    line = before.count("\n", 0, before.index("m.read")) + 1
    assert rewrite(before.encode(), [edit(line)]).data.decode() == after.replace("{}", PULL)


@pytest.mark.parametrize(
    "text",
    [
        "bezoar = 1\nm.read(u)\n",
        "import x as bezoar\nm.read(u)\n",
        "from x import bezoar\nm.read(u)\n",
        "def f(bezoar):\n    pass\nm.read(u)\n",
        "def f():\n    import bezoar\n    bezoar.inspect(1)\nm.read(u)\n",
    ],
)
def test_a_name_that_is_taken(text):
    line = text.count("\n")
    result = rewrite(text.encode(), [edit(line)])
    assert (result.data.decode(), list(result.refused.values())) == (
        text,
        ["the file has a bezoar of its own"],
    )


def test_another_encoding_stays():
    text = "# -*- coding: latin-1 -*-\nx = 'ü'\nm.read(u)\n".encode("latin-1")
    assert "ü".encode("latin-1") in rewrite(text, [edit(3)]).data


@pytest.mark.parametrize("data", [b"def", b"x = '\xff'\n", b"(" * 5000, b"-" * 3000 + b"1"])
def test_what_is_no_python(data):
    with pytest.raises(NotRewritableError, match="cannot be parsed"):
        rewrite(data, [edit()])
