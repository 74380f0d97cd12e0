"""Looking into trees that may hold anything."""

from bezoar.syntax.access import at, entries, fields, is_true, items, listed, text, texts, walk
from bezoar.syntax.yaml_tree import documents

(TREE,) = documents("a: {b: [x, {c: y}], d: true}\ne: z\nf: ''\n", shared=True)


def test_paths_lead_to_what_is_there_and_to_nothing_else():
    assert text(TREE, "e") == "z"
    assert at(TREE, "a", "nothing", "more") is None
    assert text(TREE, "a") == ""
    assert at(TREE, "e", "further") is None


def test_what_is_not_of_the_kind_asked_for_is_empty():
    assert entries(at(TREE, "e")) == []
    assert items(at(TREE, "a")) == []
    assert fields(None) == {}
    assert list(fields(at(TREE, "a"))) == ["b", "d"]


def test_one_value_stands_for_a_list_of_one():
    assert texts(at(TREE, "e")) == ["z"]
    assert texts(at(TREE, "a", "b")) == ["x"]
    assert listed(at(TREE, "f")) == []


def test_truth_and_a_walk():
    assert is_true(at(TREE, "a", "d"))
    assert not is_true(at(TREE, "e"))
    assert [(path, one.text) for path, one in walk(at(TREE, "a"))] == [
        (("b",), "x"),
        (("b", "c"), "y"),
        (("d",), "true"),
    ]
