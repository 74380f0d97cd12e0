"""What a Makefile or a justfile fetches."""

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.makefile import read

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def places(text: str, path: str = "Makefile") -> list[tuple[int, str]]:
    return [(fetch.line, fetch.uri) for fetch in read(text, path, Context())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\twget https://x.edu/a.csv\n", [(2, "https://x.edu/a.csv")]),
        ("a:\n\t@-wget https://x.edu/a.csv\n", [(2, "https://x.edu/a.csv")]),
        ("a: ; wget https://x.edu/a.csv\n", [(1, "https://x.edu/a.csv")]),
        ("U = $(B)/a.csv\nB = https://x.edu\na:\n\twget $(U)\n", [(4, "https://x.edu/a.csv")]),
        ("B ?= https://x.edu # here\na:\n\twget '${B}/a.csv'\n", [(3, "https://x.edu/a.csv")]),
        ("a:\n\twget $(B)/a.csv\n", [(2, "{B}/a.csv")]),
        ("a: B := https://x.edu\na:\n\twget $(B)/a.csv\n", [(3, "https://x.edu/a.csv")]),
        ("d/a.csv:\n\twget https://x.edu/$@\n", [(2, "https://x.edu/d/a.csv")]),
        ("d/%.csv:\n\twget https://x.edu/$*.csv\n", [(2, "https://x.edu/{stem}.csv")]),
        ("X := $(shell wget https://x.edu/a.csv)\n", [(1, "https://x.edu/a.csv")]),
        ("define get\nwget https://x.edu/$(1).csv\nendef\n", [(2, "https://x.edu/{1}.csv")]),
        ("a:\n\tpip install x\n\tcurl -sSL https://get.docker.com | sh\n", []),
        ("# a:\n#\twget https://x.edu/a.csv\n", []),
        ("help:\n\t@echo 'wget https://x.edu/a.csv'\n", []),
        ("A = $(B)\nB = $(A)\na:\n\twget https://x.edu/$(A).csv\n", None),
    ],
)
def test_recipes_are_read_with_their_variables(text, expected):
    if expected is None:  # a circle ends, whatever it ends in
        assert len(places(text)) == 1
    else:
        assert places(text) == expected


def test_a_loop_of_the_shell_goes_over_a_variable_of_make():
    text = (
        "F := a \\\n  b\nget:\n\tfor f in $(F); do \\\n\t  wget https://x.edu/$$f.csv; \\\n\tdone\n"
    )
    assert places(text) == [(5, "https://x.edu/a.csv"), (5, "https://x.edu/b.csv")]


def test_a_variable_with_two_values_stands_for_both():
    text = "ifdef X\nS = a\nelse\nS = b\nendif\nget:\n\twget https://x.edu/$(S).csv\n"
    assert places(text) == [(7, "https://x.edu/a.csv"), (7, "https://x.edu/b.csv")]


def test_a_digest_in_the_recipe_pins():
    text = f"a.zip:\n\twget https://x.edu/$@\n\techo '{DIGEST}  $@' | sha256sum -c -\n"
    assert [fetch.pin for fetch in read(text, "Makefile", Context())] == [Pin.HASH]


def test_a_justfile_is_read():
    text = 'base := "https://x.edu"\nget name:\n    wget {{base}}/{{name}}.csv\n'
    assert places(text, "justfile") == [(3, "https://x.edu/{name}.csv")]
