"""A tail that was cut off a ledger shows in what was signed before."""

import sqlite3

import fortify_scene as fs
import pytest

from bezoar.cli.app import run
from bezoar.core.digest import Digest
from bezoar.core.event import Event, SignedHead
from bezoar.core.outcome import Status
from bezoar.fortify.signing.heads import signed_heads
from bezoar.fortify.signing.places import sign_off_path
from bezoar.ledger import open_ledger
from bezoar.ledger.rules import compare_heads


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with five events, whose fifth was signed into signs@1, and two more."""
    where = fs.project(tmp_path / "p")
    fs.with_key(where)
    scene = fs.registered(where)
    fs.vetted(scene)
    with open_ledger(where) as ledger:
        for number in range(5):
            ledger.append("dbom.added", f"x@{number}")
    monkeypatch.chdir(where.root)
    assert run(["approve", "signs", "--reason", "fine"]) == 0
    return where


@pytest.fixture
def verify(capsysbinary):
    def call():
        capsysbinary.readouterr()
        code = run(["log", "verify"])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def edit(where, statement):
    with sqlite3.connect(where.state / "ledger.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def test_what_lies_after_the_last_signed_head_is_told(project, verify):
    (head,) = signed_heads(project)
    assert (head.writer, head.number, head.signed_in) == (project.writer, 5, "signs@1")
    code, out, _ = verify()
    assert code == 0
    assert "events after the last head that was signed: 1" in out


def test_a_cut_before_the_signed_head_is_found(project, verify):
    edit(project, "DELETE FROM bezoar_events WHERE number > 3")
    code, out, _ = verify()
    assert code == 1
    assert "BZ164" in out
    assert "the chain ends with event 3" in out


def test_a_ledger_that_is_gone_is_found(project, verify):
    for path in project.state.glob("ledger.sqlite*"):
        path.unlink()
    code, out, _ = verify()
    assert (code, "BZ164" in out) == (1, True)


def test_a_ledger_that_was_begun_anew_is_found(project, verify):
    edit(project, "DELETE FROM bezoar_events")
    with open_ledger(project) as ledger:
        for number in range(9):
            ledger.append("dbom.added", f"y@{number}")
    code, out, _ = verify()
    assert code == 1
    assert "another event was signed into signs@1" in out


def test_a_head_that_nobody_who_counts_signed_says_nothing(project, verify):
    path = sign_off_path(project.dbom, "signs@1")
    text = path.read_text()
    at = text.index('"sig": "') + 10
    path.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])
    edit(project, "DELETE FROM bezoar_events WHERE number > 3")
    assert signed_heads(project) == ()
    assert verify()[0] == 0


@pytest.mark.usefixtures("project")
def test_without_a_pin_nothing_is_compared(verify, tmp_path, monkeypatch):
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "fresh"))
    code, out, _ = verify()
    assert code == 0
    assert "after the last head" not in out


def test_the_chain_of_another_checkout_need_not_be_here(project):
    other = SignedHead("somebody", 7, Digest.of(b"x"), "signs@1")
    with open_ledger(project) as ledger:
        check = compare_heads([other], ledger, project.writer)
    assert check.outcome.status is Status.NOT_APPLICABLE


def test_the_newest_head_counts():
    class Source:
        def events(self):
            return [Event("w", n, "t", "k", "s", "a").sealed() for n in (1, 2, 3)]

    one, two, _ = Source().events()
    heads = [SignedHead("w", 1, one.digest, "a@1"), SignedHead("w", 2, two.digest, "a@2")]
    assert compare_heads(heads, Source(), "w").after == {"w": 1}
    assert compare_heads(heads[::-1], Source(), "w").after == {"w": 1}
