"""Names that strangers write: none leads out, none hides, none stands for two files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.fortify.fetch.names import (
    HostileNameError,
    check_paths,
    fault_of,
    harmless,
    is_aside,
    name_of,
)

HOSTILE = [
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/..",
    "a//b",
    "./a",
    "a/.",
    "a\\b",
    "..\\x",
    "C:x",
    "file:stream",
    "a\nb",
    "a\0b",
    "a\u202etxt.exe",
    "a\x1b[2J",
    "a\udcffb",
    "con",
    "dir/NUL.txt",
    "name.",
    "name ",
    "a" * 300,
    "/".join("a" * 50),
    "é" * 150,
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_is_refused(path):
    assert fault_of(path)
    with pytest.raises(HostileNameError):
        check_paths(["good.txt", path])


@pytest.mark.parametrize(
    "path", ["a", "a/b/c.png", ".gitattributes", "x/é.png", "日本/語.jpg", "a b"]
)
def test_an_ordinary_path_is_not(path):
    assert fault_of(path) == ""
    check_paths([path])


@pytest.mark.parametrize(
    "paths",
    [
        ["a", "a"],
        ["Stop.png", "stop.PNG"],
        ["é", "e\u0301"],
        ["ﬁle", "file"],
        ["a", "a/b"],
        ["a/b", "a"],
        ["a/B/c", "a/b"],
    ],
)
def test_two_names_of_one_file_are_refused(paths):
    with pytest.raises(HostileNameError):
        check_paths(paths)


@pytest.mark.parametrize(
    "path", [".git/config", "a/.GIT/hooks/x", ".dvc/config", ".hg", ".bezoar/x"]
)
def test_what_programs_act_on_lies_aside(path):
    assert is_aside(path)
    assert not is_aside(".gitignore")


@given(st.text(max_size=300))
def test_a_harmless_name_is_one_part_of_a_path(text):
    name = harmless(text)
    assert fault_of(name) == ""
    assert "/" not in name
    assert not name.startswith(".")
    assert harmless(name) == name


@given(st.text(max_size=300))
def test_a_header_never_breaks_anything(disposition):
    assert fault_of(name_of("https://example.org/", disposition)) == ""
