"""A team's answers: signed where there are keys, worth nothing once they were edited."""

from datetime import timedelta

import fortify_scene
import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.entry import now
from bezoar.evaluate.questions import QUESTIONS, Answer, answered
from bezoar.flows import audit_answers
from bezoar.flows.audit_answers import read_answers, record_answers
from bezoar.fortify.signing.envelope import Envelope
from bezoar.fortify.signing.keyring import Role
from bezoar.ledger import open_ledger

SAFE = {one.name: Answer(choice=min(one.choices.keys() - one.unsafe)) for one in QUESTIONS}
RECORD = "dbom/records/audit-answers.json"
SIGNATURE = "dbom/signatures/audit-answers.json"


def nobody(_name):
    raise AssertionError("no key here has a passphrase")


@pytest.fixture
def project(tmp_path):
    return fortify_scene.project(tmp_path / "project")


@pytest.fixture
def signed(project):
    """Return a project with a key and signed answers."""
    fortify_scene.with_key(project)
    record_answers(project, SAFE, "ada", nobody)
    return project


def why(project):
    said = read_answers(project)
    assert said.answers is None
    (finding,) = said.findings
    assert finding.code == "BZ237"
    return finding.message


def test_nobody_was_asked_is_no_fault(project):
    said = read_answers(project)
    assert (said.answers, said.findings) == (None, ())


def test_without_keys_the_answers_count_and_say_that_nobody_signed(project):
    said = record_answers(project, SAFE, "ada", nobody)
    assert said == read_answers(project)
    assert said.answers.answers == SAFE
    assert said.findings == ()
    assert said.standing == "not signed: there are no keys"
    with open_ledger(project) as ledger:
        (event,) = ledger.events()
    assert event.kind == "audit.answered"
    assert event.subject == str(Envelope((project.root / RECORD).read_bytes(), "").digest)


def test_a_key_signs(signed):
    said = read_answers(signed)
    assert (said.signers, said.standing, said.findings) == (("alice",), "signed by alice", ())


def test_edited_afterwards_is_found(signed):
    path = signed.root / RECORD
    path.write_bytes(path.read_bytes().replace(b'"ada"', b'"eve"'))
    assert "edited after they were signed" in why(signed)


def test_a_longer_life_is_an_edit_as_well(signed):
    path = signed.root / RECORD
    said = read_answers(signed).answers
    path.write_bytes(path.read_bytes().replace(said.expires[:4].encode(), b"2031", 9))
    assert read_answers(signed).answers is None


def test_a_signature_taken_away_is_found(signed):
    (signed.root / SIGNATURE).unlink()
    assert "nobody signed them, and the project has keys" in why(signed)


def test_a_signature_by_a_stranger_counts_for_nobody(signed):
    content = answered({**SAFE, "who-may-add": Answer(choice="anyone")}, "eve", now()).content()
    stranger = fortify_scene.key("eve")
    (signed.root / RECORD).write_bytes(content)
    envelope = Envelope(content, audit_answers.KIND).with_signature(stranger)
    (signed.root / SIGNATURE).write_bytes(envelope.content())
    assert "no key of the project signed them" in why(signed)


def test_keys_that_are_gone_do_not_set_the_answers_free(signed, monkeypatch):
    for path in (signed.root / "dbom" / "keys").iterdir():
        path.unlink()
    assert "there are no keys" in why(signed)
    monkeypatch.setenv("BEZOAR_HOME", str(signed.root / "elsewhere"))
    assert "there are no keys to check that with" in why(signed)


def test_on_a_machine_that_trusts_no_key_they_count_for_nothing(signed, monkeypatch):
    monkeypatch.setenv("BEZOAR_HOME", str(signed.root / "elsewhere"))
    assert "nobody here said which key to trust" in why(signed)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 10_000, b'{"a":1,"a":2}'])
def test_what_is_no_record_is_found(project, data):
    (project.root / RECORD).parent.mkdir(parents=True)
    (project.root / RECORD).write_bytes(data)
    assert why(project).startswith("The answers do not count: ")


def test_a_link_is_not_followed(project, tmp_path):
    (tmp_path / "elsewhere.json").write_bytes(answered(SAFE, "eve", now()).content())
    (project.root / RECORD).parent.mkdir(parents=True)
    (project.root / RECORD).symlink_to(tmp_path / "elsewhere.json")
    assert "cannot be read" in why(project)


def test_what_has_expired_is_one_finding(project, monkeypatch):
    record_answers(project, SAFE, "ada", nobody, days=30)
    monkeypatch.setattr(audit_answers, "now", lambda: now() + timedelta(days=31))
    said = read_answers(project)
    (finding,) = said.findings
    assert "expired" in finding.message
    assert finding.evidence["questions"] == sorted(SAFE)


def test_what_nobody_answered_is_named(project):
    said = record_answers(project, {"who-may-add": SAFE["who-may-add"]}, "ada", nobody)
    (finding,) = said.findings
    assert finding.message.endswith("who-reviews: nobody answered this.")


def test_only_who_may_approve_may_sign(project):
    fortify_scene.with_key(project, roles=(Role.ADMIN, Role.APPROVER))
    record_answers(project, SAFE, "ada", nobody, key="alice")
    with pytest.raises(BezoarError):
        record_answers(project, SAFE, "ada", nobody, key="eve")
    with pytest.raises(UsageError):
        record_answers(project, {"who": SAFE["who-may-add"]}, "ada", nobody)
