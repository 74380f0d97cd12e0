import re
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.event import FaultKind
from bezoar.ledger import open_ledger
from bezoar.ledger.rules import RULES, as_outcomes
from bezoar.project import Project


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".bezoar" / "ledger.sqlite"


@pytest.fixture
def five(path):
    with open_ledger(path, writer="laptop") as ledger:
        for number in range(1, 6):
            ledger.append("dbom.added", f"signs@{number}", {"samples": number}, actor="ada")
    return path


def edit(path: Path, *statements: str) -> None:
    """Change the file behind the ledger's back."""
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def faults(path: Path) -> list[tuple[int, FaultKind]]:
    with open_ledger(path) as ledger:
        return [(fault.number, fault.kind) for fault in ledger.verify()]


def test_an_event_comes_back_as_it_was_stored(path):
    with open_ledger(path, writer="laptop") as ledger:
        first = ledger.append("dbom.added", "signs@1", {"n": [1, 2.5, None, "é"]}, actor="ada")
        second = ledger.append("inspect.verdict", "signs@1")
        assert list(ledger.events()) == [first, second]
        assert (first.number, first.previous, second.number) == (1, None, 2)
        assert second.previous == first.digest == first.sealed().digest
        assert ledger.head("laptop") == second.digest
        assert ledger.verify() == []


def test_time_is_rfc_3339_utc_with_microseconds(path):
    with open_ledger(path, writer="laptop") as ledger:
        time = ledger.append("a", "b").time
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", time)


def test_names_from_data_may_hold_anything(path):
    subject = "nul\0 bidi\u202e surrogate\udcff emoji🛑 \n'; DROP TABLE bezoar_events; --"
    with open_ledger(path, writer="laptop") as ledger:
        ledger.append("a", subject, {subject: subject})
        assert [event.subject for event in ledger.events()] == [subject]
        assert ledger.verify() == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_detail_without_a_json_form_is_refused_and_leaves_no_trace(path, value):
    with open_ledger(path, writer="laptop") as ledger:
        with pytest.raises(ValueError, match="not JSON compliant"):
            ledger.append("a", "b", {"x": value})
        with pytest.raises(TypeError):
            ledger.append("a", "b", {"x": object()})
        assert list(ledger.events()) == []


def test_reading_makes_no_file(tmp_path):
    with open_ledger(Project(tmp_path)) as ledger:
        assert list(ledger.events()) == []
        assert ledger.writers() == []
        assert ledger.head("laptop") is None
        assert ledger.verify() == []
    assert list(tmp_path.iterdir()) == []


def test_a_project_keeps_its_ledger_to_itself(tmp_path):
    with open_ledger(Project(tmp_path)) as ledger:
        ledger.append("a", "b")
    assert stat.S_IMODE((tmp_path / ".bezoar").stat().st_mode) == 0o700
    assert (tmp_path / ".bezoar" / "ledger.sqlite").exists()


def test_append_needs_a_writer(path):
    with open_ledger(path) as ledger, pytest.raises(UsageError, match="writer"):
        ledger.append("a", "b")


def test_writers_have_chains_of_their_own(path):
    for writer in ("laptop", "ci"):
        with open_ledger(path, writer=writer) as ledger:
            assert ledger.append("a", writer).number == 1
    assert ledger.writers() == ["ci", "laptop"]
    assert [event.subject for event in ledger.events("ci")] == ["ci"]
    ledger.close()


def test_a_changed_row_is_reported_with_its_number(five):
    edit(five, "UPDATE bezoar_events SET content = replace(content, 'signs@3', 'signs@9')")
    assert faults(five) == [(3, FaultKind.CHANGED)]


def test_a_changed_row_with_a_new_digest_breaks_the_chain_after_it(five):
    with open_ledger(five) as ledger:
        third = next(event for event in ledger.events() if event.number == 3)
    forged = type(third)(
        **{
            name: getattr(third, name)
            for name in ("writer", "number", "time", "kind", "actor", "previous")
        },
        subject="signs@9",
    ).sealed()
    with sqlite3.connect(five) as connection:
        connection.execute(
            "UPDATE bezoar_events SET content = ?, digest = ? WHERE number = 3",
            (forged.content().decode(), str(forged.digest)),
        )
    connection.close()
    assert faults(five) == [(4, FaultKind.MOVED)]


def test_a_dropped_row_is_reported_where_it_is_missing(five):
    edit(five, "DELETE FROM bezoar_events WHERE number = 3")
    assert faults(five) == [(4, FaultKind.MOVED)]
    with open_ledger(five) as ledger:
        assert "event 3 should stand here" in ledger.verify()[0].message


def test_a_dropped_first_row_is_reported(five):
    edit(five, "DELETE FROM bezoar_events WHERE number = 1")
    assert faults(five) == [(2, FaultKind.MOVED)]


def test_re_ordered_rows_are_reported_with_their_numbers(five):
    edit(
        five,
        "UPDATE bezoar_events SET number = -2 WHERE number = 2",
        "UPDATE bezoar_events SET number = 2 WHERE number = 3",
        "UPDATE bezoar_events SET number = 3 WHERE number = -2",
    )
    found = faults(five)
    assert {number for number, _ in found} == {2, 3, 4}
    assert {(2, FaultKind.CHANGED), (3, FaultKind.CHANGED)} <= set(found)


def test_a_row_moved_to_another_writer_is_reported(five):
    edit(five, "UPDATE bezoar_events SET writer = 'mallory' WHERE number = 5")
    with open_ledger(five) as ledger:
        found = {(fault.writer, fault.number) for fault in ledger.verify()}
    assert found == {("mallory", 5)}


def test_renumbering_after_a_deletion_does_not_hide_it(five):
    edit(
        five,
        "DELETE FROM bezoar_events WHERE number = 3",
        "UPDATE bezoar_events SET number = 3 WHERE number = 4",
        "UPDATE bezoar_events SET number = 4 WHERE number = 5",
    )
    assert {number for number, _ in faults(five)} >= {3, 4}


DAMAGE = {
    "no json": "content = '{'",
    "json of another shape": "content = '[]'",
    "missing fields": "content = '{}'",
    "a blob": "content = x'ff00'",
    "nested deeply": "content = '" + "[" * 100_000 + "'",
    "no json number": "content = replace(content, '\"samples\":3', '\"samples\":1e999')",
    "nan": "content = replace(content, '\"samples\":3', '\"samples\":NaN')",
    "another spelling": "content = replace(content, ':', ': ')",
    "no digest": "digest = 'sha256'",
    "a digest of another type": "digest = 7",
    "no number": "content = replace(content, '\"number\":3', '\"number\":true')",
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_row_that_cannot_be_read_is_a_finding(five, change):
    edit(five, f"UPDATE bezoar_events SET {change} WHERE number = 3")
    assert faults(five) == [(3, FaultKind.UNREADABLE)]
    with open_ledger(five) as ledger, pytest.raises(BezoarError, match="event 3 of laptop"):
        list(ledger.events())


def test_bytes_that_are_no_utf_8_are_a_finding(five):
    edit(five, "UPDATE bezoar_events SET content = CAST(x'ff7b7d' AS TEXT) WHERE number = 3")
    assert faults(five) == [(3, FaultKind.UNREADABLE)]


@pytest.mark.parametrize("value", ["'three'", "x'00'", "3.5"])
def test_a_number_that_is_none_is_a_finding(five, value):
    edit(five, f"UPDATE bezoar_events SET number = {value} WHERE number = 3")
    assert FaultKind.UNREADABLE in {kind for _, kind in faults(five)}


@pytest.mark.parametrize("value", ["x'00ff'", "CAST(x'ff' AS TEXT)", "12"])
def test_a_writer_that_is_none_is_a_finding(five, value):
    edit(five, f"UPDATE bezoar_events SET writer = {value} WHERE number = 5")
    assert faults(five)


def test_a_file_that_is_no_database_is_a_finding(five):
    five.write_bytes(b"no database" * 100)
    assert faults(five) == [(0, FaultKind.UNREADABLE)]
    with open_ledger(five, "laptop") as ledger, pytest.raises(BezoarError, match="not a database"):
        ledger.append("a", "b")


def test_a_torn_file_is_a_finding(path):
    with open_ledger(path, writer="laptop") as ledger:
        for _ in range(200):
            ledger.append("a", "b" * 100)
    edit(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    assert faults(path)


def test_nothing_is_chained_to_a_damaged_head(five):
    edit(five, "UPDATE bezoar_events SET digest = 'x' WHERE number = 5")
    with open_ledger(five, "laptop") as ledger, pytest.raises(BezoarError, match="damaged"):
        ledger.append("a", "b")


def test_each_kind_of_fault_has_its_rule(five):
    edit(
        five,
        "UPDATE bezoar_events SET content = '{' WHERE number = 2",
        "DELETE FROM bezoar_events WHERE number = 4",
        "UPDATE bezoar_events SET digest = 'sha256:00' WHERE number = 5",
    )
    with open_ledger(five) as ledger:
        outcomes = as_outcomes(ledger.verify())
    assert [outcome.rule.code for outcome in outcomes] == ["BZ161", "BZ162", "BZ163"]
    assert [str(finding.place) for outcome in outcomes for finding in outcome.findings] == [
        "event laptop#5",
        "event laptop#5",
        "event laptop#2",
    ]
    assert set(RULES) == set(FaultKind)


@pytest.mark.parametrize(
    "url", ["", "no url", "mysql://h/x", "sqlite://", "postgres", "oracle+x://u:secret@h/x"]
)
def test_an_address_that_cannot_hold_a_ledger_is_refused(url):
    with pytest.raises(UsageError) as caught:
        open_ledger(url)
    assert "secret" not in caught.value.message


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with open_ledger("postgresql://h/x") as ledger, pytest.raises(BezoarError) as caught:
        list(ledger.events())
    assert caught.value.next == "pip install 'bezoar[postgres]'"


def test_a_ledger_that_cannot_be_written_is_an_error_for_a_person(tmp_path):
    (tmp_path / "file").write_text("")
    for where, why in ((tmp_path / "file" / "x.sqlite", "cannot make"), (tmp_path, "cannot use")):
        with open_ledger(where, "me") as ledger, pytest.raises(BezoarError, match=why):
            ledger.append("a", "b")
