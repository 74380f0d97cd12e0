"""The same ledger on a PostgreSQL server: `BEZOAR_TEST_POSTGRES` is its URL."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bezoar.core.errors import BezoarError
from bezoar.core.event import FaultKind
from bezoar.ledger import open_ledger
from bezoar.ledger.database import has_table, open_engine, read_url, writing

URL = os.environ.get("BEZOAR_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(not URL, reason="BEZOAR_TEST_POSTGRES names no PostgreSQL server")


@pytest.fixture
def url():
    """Return the URL of an empty schema, and drop it afterwards."""
    name = f"bezoar_test_{os.getpid()}"
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")
        yield f"{URL}{'&' if '?' in URL else '?'}options=-csearch_path%3D{name}"
        connection.execute(f"DROP SCHEMA {name} CASCADE")


def execute(url, statement):
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def test_reading_makes_no_table(url):
    with open_ledger(url) as ledger:
        assert list(ledger.events()) == []
        assert ledger.verify() == []


def test_an_event_comes_back_as_it_was_stored(url):
    subject = "nul\0 surrogate\udcff emoji🛑"
    with open_ledger(url, writer="laptop") as ledger:
        stored = [ledger.append("a", subject, {"n": [1, 2.5, None]}) for _ in range(3)]
        assert list(ledger.events()) == stored
        assert ledger.head("laptop") == stored[-1].digest
        assert ledger.verify() == []


def test_faults_are_found(url):
    with open_ledger(url, writer="laptop") as ledger:
        for number in range(1, 7):
            ledger.append("a", f"s{number}")
        execute(url, "UPDATE bezoar_events SET content = replace(content, 's2', 's9')")
        execute(url, "UPDATE bezoar_events SET content = '{' WHERE number = 4")
        execute(url, "DELETE FROM bezoar_events WHERE number = 5")
        found = [(fault.number, fault.kind) for fault in ledger.verify()]
    assert (2, FaultKind.CHANGED) in found
    assert (4, FaultKind.UNREADABLE) in found
    assert (6, FaultKind.MOVED) in found


def test_chains_move_between_databases(url, tmp_path):
    with open_ledger(tmp_path / "ledger.sqlite", writer="laptop") as ledger:
        for _ in range(3):
            ledger.append("a", "b")
        ledger.export(tmp_path / "a.jsonl")
        events = list(ledger.events())
    with open_ledger(url) as ledger:
        assert ledger.import_(tmp_path / "a.jsonl") == 3
        assert ledger.import_(tmp_path / "a.jsonl") == 0
        assert list(ledger.events()) == events
        ledger.export(tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == (tmp_path / "b.jsonl").read_text()


APPEND = """
import sys
from bezoar.ledger import open_ledger
with open_ledger(sys.argv[1], writer="shared") as ledger:
    for _ in range(25):
        ledger.append("a", "b")
"""


def test_processes_that_share_a_chain_lose_nothing(url):
    command = [sys.executable, "-c", APPEND, url]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0, 0]
    with open_ledger(url) as ledger:
        assert [event.number for event in ledger.events()] == list(range(1, 101))
        assert ledger.verify() == []


def test_a_table_that_another_is_making_is_waited_for(url):
    engines = [open_engine(read_url(url)) for _ in range(2)]

    def write():
        with writing(engines[0]) as connection:
            return has_table(connection)

    with ThreadPoolExecutor() as pool:
        with writing(engines[1]):
            other = pool.submit(write)
            with pytest.raises(TimeoutError):
                other.result(timeout=1)
        assert other.result(timeout=60)
    for engine in engines:
        engine.dispose()


def test_a_server_that_is_away_is_an_error_without_its_password():
    where = "postgresql://ada:secret@127.0.0.1:9/none?connect_timeout=2"
    with open_ledger(where) as ledger, pytest.raises(BezoarError) as caught:
        list(ledger.events())
    assert "secret" not in caught.value.message
