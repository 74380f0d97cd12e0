import json
import sqlite3

import pytest

from bezoar.core.errors import BezoarError
from bezoar.ledger import open_ledger


def fill(path, writer, count):
    with open_ledger(path, writer=writer) as ledger:
        for number in range(count):
            ledger.append("a", f"{writer}-{number}")
    return path


@pytest.fixture
def laptop(tmp_path):
    return fill(tmp_path / "laptop.sqlite", "laptop", 3)


@pytest.fixture
def ci(tmp_path):
    return fill(tmp_path / "ci.sqlite", "ci", 2)


@pytest.fixture
def exported(ci, tmp_path):
    with open_ledger(ci) as ledger:
        assert ledger.export(tmp_path / "ci.jsonl") == 2
    return tmp_path / "ci.jsonl"


def stored(path):
    with open_ledger(path) as ledger:
        assert ledger.verify() == []
        return list(ledger.events())


def test_import_makes_the_union(laptop, ci, exported):
    with open_ledger(laptop) as ledger:
        assert ledger.import_(exported) == 2
    assert stored(laptop) == stored(ci) + [e for e in stored(laptop) if e.writer == "laptop"]


def test_import_is_idempotent(laptop, exported):
    with open_ledger(laptop) as ledger:
        ledger.import_(exported)
        before = list(ledger.events())
        assert ledger.import_(exported) == 0
        assert list(ledger.events()) == before


def test_import_into_a_new_ledger(exported, tmp_path):
    with open_ledger(tmp_path / "new" / "ledger.sqlite") as ledger:
        assert ledger.import_(exported) == 2


def test_a_chain_grows_by_later_exports_and_not_by_earlier_ones(laptop, ci, exported, tmp_path):
    fill(ci, "ci", 3)
    with open_ledger(ci) as ledger:
        ledger.export(tmp_path / "later.jsonl")
    with open_ledger(laptop) as ledger:
        assert ledger.import_(exported) == 2
        assert ledger.import_(tmp_path / "later.jsonl") == 3
        assert ledger.import_(exported) == 0
        assert len(list(ledger.events("ci"))) == 5


def test_a_fork_is_refused_and_nothing_is_imported(laptop, tmp_path):
    # The other one has a chain of this name too, and one that would be fine.
    other = fill(fill(tmp_path / "other.sqlite", "ci", 1), "laptop", 5)
    with open_ledger(other) as ledger:
        ledger.export(tmp_path / "other.jsonl")
    before = stored(laptop)
    with open_ledger(laptop) as ledger, pytest.raises(BezoarError, match="event 1 of laptop"):
        ledger.import_(tmp_path / "other.jsonl")
    assert stored(laptop) == before


def rewritten(path, change):
    lines = path.read_text().splitlines()
    path.write_text("".join(line + "\n" for line in change(lines)))
    return path


TAMPERED = {
    "changed": lambda lines: [lines[0].replace("ci-0", "ci-9"), *lines[1:]],
    "dropped": lambda lines: lines[1:],
    "re-ordered": lambda lines: lines[::-1],
    "twice": lambda lines: [*lines, lines[-1]],
    "renamed writer": lambda lines: [line.replace('"ci"', '"laptop"') for line in lines],
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_chain_that_does_not_verify_is_refused(laptop, exported, change):
    before = stored(laptop)
    with open_ledger(laptop) as ledger, pytest.raises(BezoarError, match="nothing was imported"):
        ledger.import_(rewritten(exported, change))
    assert stored(laptop) == before


UNREADABLE = {
    "no json": "no json",
    "an array": "[]",
    "empty object": "{}",
    "no digest": '{"writer": "ci"}',
    "empty line": "",
    "deep": "[" * 100_000,
    "nan": '{"detail": NaN}',
    "null digest": json.dumps({"digest": None}),
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_a_line_that_is_no_event_is_named(laptop, exported, line):
    rewritten(exported, lambda lines: [lines[0], line, lines[1]])
    with open_ledger(laptop) as ledger, pytest.raises(BezoarError, match=r"ci\.jsonl:2: "):
        ledger.import_(exported)


def test_bytes_that_are_no_utf_8_are_named(laptop, exported):
    exported.write_bytes(b"\xff\xfe\n")
    with open_ledger(laptop) as ledger, pytest.raises(BezoarError, match=r"ci\.jsonl:1: "):
        ledger.import_(exported)


def test_a_missing_file_is_an_error_for_a_person(laptop, tmp_path):
    with open_ledger(laptop) as ledger, pytest.raises(BezoarError, match="No such file"):
        ledger.import_(tmp_path / "missing.jsonl")


def test_export_writes_whole_or_not_at_all(laptop, tmp_path):
    with open_ledger(laptop) as ledger:
        with pytest.raises(BezoarError, match="cannot write"):
            ledger.export(tmp_path / "missing" / "x.jsonl")
        (tmp_path / "out.jsonl").write_text("old")
        ledger.export(tmp_path / "out.jsonl")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
    assert not list(tmp_path.glob(".*.part"))


def test_export_of_a_damaged_ledger_leaves_the_old_file(laptop, tmp_path):
    with sqlite3.connect(laptop) as connection:
        connection.execute("UPDATE bezoar_events SET content = '{' WHERE number = 2")
    connection.close()
    (tmp_path / "out.jsonl").write_text("old")
    with open_ledger(laptop) as ledger, pytest.raises(BezoarError, match="cannot be read"):
        ledger.export(tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == "old"
    assert not list(tmp_path.glob(".*.part"))
