"""Scripts that are written to choke their reader: no traceback, no hang."""

import time
from contextlib import suppress
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.shell import may_fetch
from bezoar.syntax.unreadable import UnreadableError

READERS = {
    "shell": "a.sh",
    "dockerfile": "Dockerfile",
    "makefile": "Makefile",
    "julia": "a.jl",
    "r": "a.R",
}
SIZE = 1 << 16
# A linear reader needs a tenth of a second for 64 KiB; a quadratic one needs many.
LIMIT = 6.0  # CPU seconds; the slowest takes 1.3 on an idle machine

REPEATED = [
    *"\"'`(){}[]<>|;#\\$&\n",
    *(
        "$(",
        "${",
        "$((",
        '"$(',
        "a=(",
        '\\"',
        "<<A\n",
        "<<A <<B ",
        "\\\n",
        "`a",
        "${{ x ",
        "a.",
        '"""',
    ),
    *(
        "if x; then ",
        "for i in a b c; do ",
        "case x in a) ",
        "f() { ",
        "#=",
        'r"(',
        "'\\",
        "RUN <<A\n",
    ),
    *("wget {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}\n", "A=$A$A\n", "A=$(A)$(A)\n", "paste0(", "x = y * "),
    *(
        "bash -c 'wget x'\n",
        "sudo ",
        "git clone x\n",
        "sha256sum -c x\n",
        "define a\n",
        "FROM a as b\n",
    ),
]
BUILT = {
    "functions": "".join(f"f{i}() {{ f{i + 1} a; f{i + 1} b; }}\n" for i in range(3000)) + "f0",
    "loops": "for a in {1..60}; do " * 30 + "wget https://x.edu/$a.csv; " + "done; " * 30,
    "nested": "$(" * 10_000 + ")" * 10_000,
    "brackets": "download(" * 10_000 + ")" * 10_000,
    "long line": "wget " + "x" * SIZE,
    "lists": "".join(f"a{i} = [{f'a{i + 1}, ' * 60}]\n" for i in range(12)) + "download(a0)",
    "products": "".join(f"a{i} = {f'a{i + 1} * ' * 60}b\n" for i in range(12)) + "download(a0)",
    "chain": "".join(f"v{i} = v{i + 1}\n" for i in range(10_000)) + "download(v0)",
}


def survives(reader: str, text: str) -> None:
    read = import_module(f"bezoar.recon.scan.{reader}").read
    began = time.process_time()
    with suppress(UnreadableError):
        list(read(text, READERS[reader], Context()))
    assert time.process_time() - began < LIMIT


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("part", REPEATED, ids=ascii)
def test_repetition_does_not_choke(reader, part):
    survives(reader, "wget https://x.edu/a.csv\n" + part * (SIZE // len(part)))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", BUILT)
def test_depth_does_not_choke(reader, name):
    survives(reader, BUILT[name])


PIECES = st.lists(
    st.sampled_from(
        [
            *("wget ", "curl -O ", "https://x.edu/a.csv", "$A", "${A:-", "}", "A=", "("),
            *(")", "$(", '"', "'", "`", "\n", "\\\n", " ", ";", "|", "&&", "if ", "then "),
            *("fi", "for i in ", "do ", "done", "case x in ", "<<E\n", "E\n", "{a,b}"),
            *("RUN ", "FROM ", "ADD ", "\t", "a: ", "$$", ":=", "download(", "DataDep("),
            *(",", "=", "#", "c(", "\u2028", "\u00e9", "[", "]", "python -c ", "bash -c "),
            *("xargs ", "f() {"),
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.one_of(PIECES, st.text(max_size=200)))
def test_any_text_is_read_or_refused(reader, text):
    survives(reader, text)


def test_a_fetch_is_found_whatever_does_not_close_behind_it():
    read = import_module("bezoar.recon.scan.shell").read
    for tail in ('"', "'", "`", "$(", "${", "(", "{", "if x", "<<E"):
        text = f"wget https://x.edu/a.csv\necho {tail}\n"
        assert [fetch.uri for fetch in read(text, "a.sh", Context())] == ["https://x.edu/a.csv"]


@pytest.mark.parametrize("part", ["git ", "git -x ", "aws s ", "git \\\n", "python ", "http "])
def test_a_first_look_at_the_name_of_a_program_over_and_over_is_linear(part):
    began = time.process_time()
    assert not may_fetch(part.encode() * ((1 << 20) // len(part)))
    assert time.process_time() - began < LIMIT / 3
