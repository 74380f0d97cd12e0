"""Aliases and merge keys that are followed, and what a bomb comes to."""

import time

import pytest

from bezoar.syntax.nodes import Mapping, Scalar, Sequence
from bezoar.syntax.unreadable import UnreadableError
from bezoar.syntax.yaml_tree import documents


def shared(text):
    (document,) = documents(text, shared=True)
    return document


def test_an_alias_is_the_very_node_that_it_names():
    document = shared("a: &a {x: 1}\nb: *a\n")
    assert document.get("b") is document.get("a")


def test_without_sharing_an_alias_of_a_mapping_stays_empty():
    (document,) = documents("a: &a {x: 1}\nb: *a\n")
    assert document.get("b") == Scalar("", 2, 2, "")


def test_merge_keys_give_way_to_what_a_mapping_says_itself_and_to_the_first_of_their_list():
    document = shared("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\n")
    merged = document.get("c")
    assert isinstance(merged, Mapping)
    assert {key.text: value.text for key, value in merged.entries} == {"z": "3", "x": "1", "y": "1"}


def test_of_a_key_that_comes_twice_the_last_counts():
    assert shared("run: safe\nrun: unsafe\n").text("run") == "unsafe"


def test_nothing_stands_within_itself():
    document = shared("a: &a [1, *a]\n")
    inner = document.get("a")
    assert isinstance(inner, Sequence)
    assert inner.items[1] == Scalar("", 1, 1, "")


def test_a_tag_of_a_sequence_is_kept():
    inner = shared("a: !reference [job, script]\n").get("a")
    assert isinstance(inner, Sequence)
    assert inner.tag == "!reference"


BOMBS = {
    "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "depth": "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(3000)),
    "merges": "a: &a {"
    + ",".join(f"k{n}: 1" for n in range(20_000))
    + "}\n"
    + "".join(f"b{n}: {{<<: *a}}\n" for n in range(2000)),
    "width": "- a\n" * 500_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time(name):
    begin = time.process_time()
    with pytest.raises(UnreadableError):
        documents(BOMBS[name], shared=True)
    assert time.process_time() - begin < 2
