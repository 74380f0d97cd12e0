"""Great Expectations as an engine: no socket, no code from a suite, nothing that passes unseen."""

import os
import socket
import sqlite3
from importlib.util import find_spec

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from bezoar.adapters.great_expectations import run_on_sql, run_on_table
from bezoar.core.errors import BezoarError, UsageError
from bezoar.evaluate.validation.expectations import expectation_outcome, expected_labels, read_suite

ROWS = pl.DataFrame(
    {
        "path": ["a", "b", "c"],
        "label": ["go", "stop", "<b>x"],
        "width": [1, 2, 300],
        "sha256": [b"1", b"2", b"1"],
    }
)


pytestmark = pytest.mark.skipif(
    find_spec("great_expectations") is None, reason="great-expectations is not installed"
)


def suite(*expectations):
    listed = [{"type": kind, "kwargs": kwargs} for kind, kwargs in expectations]
    return {"name": "signs", "expectations": listed}


LABELS = ("expect_column_values_to_be_in_set", {"column": "label", "value_set": ["go", "stop"]})
WIDTH = ("expect_column_values_to_be_between", {"column": "width", "max_value": 10})


def test_no_socket_is_opened(monkeypatch, tmp_path):
    asked = []

    def refuse(*arguments, **_):
        asked.append(arguments)
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse, raising=True)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    run_on_table(suite(LABELS), ROWS, key="path", data_docs=tmp_path / "docs")
    assert asked == []
    assert (tmp_path / "docs" / "index.html").is_file()


def test_rows_behind_a_failure():
    one, two = run_on_table(suite(LABELS, WIDTH), ROWS.lazy(), key="path")
    assert (one.success, one.unexpected, one.rows) == (False, 1, (("c", "<b>x"),))
    assert two.rows == (("c", "300"),)
    outcome = expectation_outcome([one, two], "signs")
    assert "1 row, as c (<b>x)" in outcome.findings[0].message
    assert outcome.findings[0].evidence["rows"] == [{"row": "c", "value": "<b>x"}]


def test_digests_are_compared_as_text():
    (one,) = run_on_table(
        suite(("expect_column_values_to_be_unique", {"column": "sha256"})), ROWS, key="path"
    )
    assert {key for key, _ in one.rows} == {"a", "c"}


def test_what_cannot_be_evaluated_does_not_pass():
    missing = ("expect_column_mean_to_be_between", {"column": "nowhere", "min_value": 0})
    (one,) = run_on_table(suite(missing), ROWS)
    assert not one.success
    assert "nowhere" in one.error
    assert "could not be evaluated" in expectation_outcome([one], "x").findings[0].message


def test_an_expectation_that_nobody_knows_is_an_error():
    with pytest.raises(UsageError, match="expect_nonsense"):
        run_on_table(suite(LABELS, ("expect_nonsense", {})), ROWS)


CODE = ["@__import__('os').getcwd() == ''", "label.str.len() > 0", "`x` > 1", "x.__class__ == 1"]


@pytest.mark.parametrize("condition", CODE)
def test_a_condition_that_would_be_run_is_refused(condition):
    kind, kwargs = WIDTH
    with pytest.raises(UsageError, match="run as code"):
        run_on_table(suite((kind, {**kwargs, "row_condition": condition})), ROWS)


@pytest.mark.parametrize("bad", [{}, {"expectations": 3}, {"expectations": [{"kwargs": {}}]}])
def test_what_is_no_suite(bad):
    with pytest.raises(UsageError, match="no suite"):
        run_on_table(bad, ROWS)


def test_a_table_in_sqlite(tmp_path):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table signs (id integer, label text, width integer)")
        rows = [(7, "go", 1), (8, "st", 2)]
        database.executemany("insert into signs values (?, ?, ?)", rows)
    database.close()
    before = path.read_bytes()
    one, two = run_on_sql(suite(LABELS, WIDTH), f"sqlite:///{path}", "signs", key="id")
    assert (one.success, one.rows, two.success) == (False, (("8", "st"),), True)
    assert path.read_bytes() == before


def test_a_database_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no SQLite file"):
        run_on_sql(suite(LABELS), f"sqlite:///{tmp_path}/none.sqlite", "signs")
    assert not list(tmp_path.iterdir())
    pytest.importorskip("psycopg")
    with pytest.raises(BezoarError) as raised:
        run_on_sql(suite(LABELS), "postgresql+psycopg://u:secret@127.0.0.1:1/x", "signs")
    assert "secret" not in raised.value.message


def test_reading_a_suite(tmp_path):
    path = tmp_path / "s.json"
    for written in ("{", "[]", "[" * 100_000, "\udcff"):
        path.write_bytes(written.encode("utf-8", "surrogatepass"))
        with pytest.raises(UsageError):
            read_suite(path)
    with pytest.raises(BezoarError):
        read_suite(tmp_path / "none.json")
    assert expected_labels(suite(WIDTH, LABELS)) == {"go", "stop"}
    kind, kwargs = LABELS
    assert expected_labels(suite((kind, {**kwargs, "mostly": 0.5}))) is None


POSTGRES = os.environ.get("BEZOAR_TEST_POSTGRES", "")


@pytest.mark.skipif(not POSTGRES, reason="BEZOAR_TEST_POSTGRES names no PostgreSQL server")
def test_a_table_in_postgresql():
    engine = create_engine(POSTGRES.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as database:
        database.execute(text("create schema validate_test"))
        database.execute(text("create table validate_test.signs (id int, label text, width int)"))
        database.execute(text("insert into validate_test.signs values (7,'go',1), (8,'st',2)"))
    try:
        one, two = run_on_sql(suite(LABELS, WIDTH), POSTGRES, "validate_test.signs", key="id")
    finally:
        with engine.begin() as database:
            database.execute(text("drop schema validate_test cascade"))
        engine.dispose()
    assert (one.success, one.rows, two.success) == (False, (("8", "st"),), True)
