"""The ledger is the union of its writers' chains, and shows what was done to it."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import core_strategies as nouns
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.core.errors import BezoarError
from bezoar.ledger import open_ledger

few = settings(max_examples=15)  # each example makes a database
happenings = st.lists(
    st.tuples(st.sampled_from(["ci", "laptop"]), nouns.hostile_text, nouns.json_objects),
    max_size=6,
)


@pytest.fixture(scope="module")
def folder():
    """Return a function that gives a new folder; Hypothesis runs many examples in one test."""
    with tempfile.TemporaryDirectory() as root:
        yield lambda: Path(tempfile.mkdtemp(dir=root))


def filled(path, happened):
    for writer, subject, detail in happened:
        with open_ledger(path, writer=writer) as ledger:
            ledger.append("it.happened", subject, detail)
    return path


def events(path):
    with open_ledger(path) as ledger:
        assert ledger.verify() == []
        return list(ledger.events())


def moved(start, end):
    """Export one ledger and import it into another; return how many events were new."""
    file = start.with_suffix(".jsonl")
    with open_ledger(start) as ledger:
        ledger.export(file)
    with open_ledger(end) as ledger:
        return ledger.import_(file)


@few
@given(happenings)
def test_what_was_appended_comes_back_in_its_order(folder, happened):
    path = filled(folder() / "l.sqlite", happened)
    for writer in ("ci", "laptop"):
        mine = [(subject, detail) for who, subject, detail in happened if who == writer]
        stored = [event for event in events(path) if event.writer == writer]
        assert [(event.subject, dict(event.detail)) for event in stored] == mine
        assert [event.number for event in stored] == list(range(1, len(mine) + 1))


@few
@given(happenings)
def test_import_is_idempotent(folder, happened):
    start = filled(folder() / "l.sqlite", happened)
    end = folder() / "l.sqlite"
    assert moved(start, end) == len(happened)
    before = events(end)
    assert moved(start, end) == 0
    assert events(end) == before == events(start)


@few
@given(happenings, happenings)
def test_the_union_does_not_depend_on_the_order_of_imports(folder, one, other):
    chains = [
        filled(folder() / "a.sqlite", [("laptop", *rest) for _, *rest in one]),
        filled(folder() / "b.sqlite", [("ci", *rest) for _, *rest in other]),
    ]
    ends = [folder() / "c.sqlite", folder() / "d.sqlite"]
    for end, order in zip(ends, (chains, chains[::-1]), strict=True):
        assert sum(moved(start, end) for start in order) == len(one) + len(other)
    assert events(ends[0]) == events(ends[1])


@few
@given(happenings.filter(bool), happenings.filter(bool))
def test_a_fork_is_never_imported(folder, one, other):
    # Two checkouts under one name: not even equal happenings are the same events.
    start = filled(folder() / "a.sqlite", [("ci", *rest) for _, *rest in one])
    end = filled(folder() / "b.sqlite", [("ci", *rest) for _, *rest in other])
    before = events(end)
    with pytest.raises(BezoarError, match="nothing was imported"):
        moved(start, end)
    assert events(end) == before


@few
@given(happenings.filter(lambda happened: len(happened) > 1), st.data())
def test_any_edit_of_a_row_is_reported(folder, happened, data):
    path = filled(folder() / "l.sqlite", [("ci", *rest) for _, *rest in happened])
    number = data.draw(st.integers(1, len(happened)))
    with closing(sqlite3.connect(path)) as connection, connection:
        (content,) = connection.execute(
            "SELECT content FROM bezoar_events WHERE number = ?", [number]
        ).fetchone()
        at = data.draw(st.integers(0, len(content) - 1))
        other = data.draw(st.characters(codec="ascii").filter(lambda c: c != content[at]))
        connection.execute(
            "UPDATE bezoar_events SET content = ? WHERE number = ?",
            [content[:at] + other + content[at + 1 :], number],
        )
    with open_ledger(path) as ledger:
        faults = ledger.verify()
    assert number in {fault.number for fault in faults}
