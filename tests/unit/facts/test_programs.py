"""The facts on programs and calls say what their readers understand."""

import pytest

from bezoar.core.source import Pin
from bezoar.facts.calls import calls
from bezoar.facts.programs import programs
from bezoar.recon.scan.fetch import Checksum, Kind
from bezoar.recon.scan.shell import may_fetch

PROGRAMS = [program for many in programs().fetching.values() for program in many]
TAKES = {"addresses", "each", "first", "remote", "options", "nothing", "repository", "image"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: " ".join(program.name))
def test_an_entry_is_consistent(program):
    assert program.takes in TAKES
    assert program.kind in {"", *Kind}
    assert program.pin in {"", *Pin}
    assert program.checked in {"", *Checksum}
    for options in (program.output, program.sources, program.lists, program.revision):
        assert options <= program.values
    if program.name[0] not in ("ADD", "FROM", "http", "https"):
        assert may_fetch(" ".join(program.name).encode())


def test_no_program_is_listed_twice():
    names = [program.name for program in PROGRAMS]
    assert len(names) == len(set(names))


def test_a_name_of_more_words_is_tried_first():
    lengths = [len(program.name) for program in programs().fetching["git"]]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("language", ["julia", "r"])
def test_calls_have_a_kind_and_a_source(language):
    for fetchers in calls(language).exact.values():
        for fetcher in fetchers:
            assert fetcher.kind in {"address", *Kind}
            assert fetcher.needs in {"any", "address", "data", "file"}
            assert fetcher.source or "{}" not in fetcher.uri
