"""`# bezoar: ignore[BZ104] reason`."""

import json

import pytest

from bezoar.recon.scan.suppression import suppressions


def one(text, path="a.sh"):
    (found,) = suppressions(text, path)
    return found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "x = 1  # bezoar: ignore[BZ104] our own lab\n"),
        ("a.sh", "wget x # bezoar: ignore[BZ104] our own lab\n"),
        ("Dockerfile", "ADD x y # bezoar: ignore[BZ104]  our own lab\n"),
        ("a.yml", "url: x # bezoar: ignore[BZ104] - our own lab\n"),
        ("a.tf", "x // bezoar: ignore[BZ104]: our own lab\n"),
    ],
)
def test_it_works_in_each_kind_of_file(path, text):
    found = one(text, path)
    assert (found.line, found.codes, found.reason) == (1, {"BZ104"}, "our own lab")
    assert found.covers("BZ104", 1, 1)
    assert not found.covers("BZ105", 1, 1)
    assert not found.covers("BZ104", 2, 2)


def test_the_line_above_counts_if_nothing_else_stands_on_it():
    assert one("# bezoar: ignore[BZ104] why\nwget x\n").covers("BZ104", 2, 2)
    assert not one("wget y # bezoar: ignore[BZ104] why\nwget x\n").covers("BZ104", 2, 2)
    assert not one("# bezoar: ignore[BZ104] why\n\nwget x\n").covers("BZ104", 3, 3)


def test_several_stand_one_above_the_other():
    text = "# bezoar: ignore[BZ104] a\n# bezoar: ignore[BZ101,BZ103] b\nwget x\n"
    first, second = suppressions(text, "a.sh")
    assert first.covers("BZ104", 3, 3)
    assert second.covers("BZ103", 3, 3)
    assert (first.line, second.line) == (1, 2)


def test_within_a_call_of_several_lines():
    assert one("f(\n  x,  # bezoar: ignore[BZ104] why\n)\n", "a.py").covers("BZ104", 1, 3)


@pytest.mark.parametrize(
    "text", ["# bezoar: ignore[BZ104]", "# bezoar: ignore because", "# bezoar: ignore[] x"]
)
def test_without_a_reason_or_a_rule_it_has_no_effect(text):
    found = one(text)
    assert not found.valid
    assert not found.covers("BZ104", 1, 1)


def test_a_string_is_no_comment():
    assert suppressions('x = "# bezoar: ignore[BZ104] no"\n', "a.py") == []
    assert suppressions('"""\n# bezoar: ignore[BZ104] no\n"""\n', "a.py") == []


def test_in_what_is_no_python_every_line_counts():
    assert one("if x(:\n  # bezoar: ignore[BZ104] why\n", "a.py").reason == "why"


def test_in_a_notebook_the_reason_ends_with_the_line_of_code():
    cell = {"cells": [{"source": ["# bezoar: ignore[BZ104] why so\n", "!wget x"]}]}
    found = one(json.dumps(cell, indent=1), "a.ipynb")
    assert (found.reason, found.below) == ("why so", found.line + 1)
