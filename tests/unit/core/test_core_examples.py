"""The vocabulary by example: what a reader would guess, and forms that must never change."""

import pytest

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.event import Event
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Decision, Policy
from bezoar.core.rule import Rule, Stage
from bezoar.core.sample import unnamed_ids
from bezoar.core.severity import Confidence, Severity
from bezoar.core.source import Source

RULE = Rule("BZ501", "group", "A group stands out", Severity.HIGH, "Because.")
PLACE = Place(PlaceKind.CLASS, "stop")


def found(severity):
    return Outcome.of(RULE, [Finding(RULE, PLACE, "message", severity)])


def test_the_form_of_an_event_never_changes():
    event = Event(
        "laptop", 2, "2026-01-02T03:04:05.000006Z", "dbom.added", "signs@1", "ada",
        {"samples": 3, "name": "Stop \u202e"}, Digest.of(b"before"),
    )  # fmt: skip
    assert event.content() == (
        b'{"actor":"ada","detail":{"name":"Stop \\u202e","samples":3},"kind":"dbom.added",'
        b'"number":2,"previous":"sha256:'
        b'6db7d803e74f1ffa7d8f5adc0bf95b3e15bf4c8373fffadf546227cc6c6742cb",'
        b'"subject":"signs@1","time":"2026-01-02T03:04:05.000006Z","writer":"laptop"}'
    )
    assert event.sealed().digest == Digest.of(event.content())


def test_severities_are_ordered_and_read_by_name():
    assert Severity.INFO < Severity.LOW < Severity.MEDIUM < Severity.HIGH < Severity.CRITICAL
    assert Severity("high") is Severity.HIGH
    assert str(Confidence.LOW) == "low"
    with pytest.raises(ValueError, match="grave"):
        Severity("grave")


def test_exit_codes_of_errors():
    codes = [kind("why").exit_code for kind in (BezoarError, UsageError, NothingToInspectError)]
    assert codes == [3, 2, 4]


def test_places_read_well():
    assert str(Place(PlaceKind.FILE, "train.py", 12)) == "train.py:12"
    assert str(Place(PlaceKind.FILE, "train.py")) == "train.py"
    assert str(Place(PlaceKind.SAMPLE, "stop/a\n.png")) == "sample stop/a\\n.png"


def test_a_rule_knows_its_stage_and_its_page():
    assert RULE.stage is Stage.EXPOSE
    assert RULE.page == "docs/reference/rules.md#bz501"


def test_an_abbreviated_commit_is_no_pin_and_a_whole_one_is():
    assert not Source("https://example.org/x", "1a2b3c4").pinned
    assert Source("https://example.org/x", "1a2b3c4d" * 5).pinned


@pytest.mark.parametrize(
    ("outcomes", "decision"),
    [
        ([Outcome(RULE, Status.PASSED)], Decision.ADMIT),
        ([found(Severity.LOW)], Decision.ADMIT),
        ([found(Severity.MEDIUM)], Decision.QUARANTINE),
        ([found(Severity.CRITICAL)], Decision.REJECT),
        ([Outcome(RULE, Status.FAILED, reason="it broke")], Decision.UNDECIDED),
        ([Outcome(RULE, Status.SKIPPED, reason="no time")], Decision.ADMIT),
        ([found(Severity.HIGH), Outcome(RULE, Status.FAILED, reason="x")], Decision.QUARANTINE),
        ([], Decision.UNDECIDED),
    ],
)
def test_verdicts_of_the_default_policy(outcomes, decision):
    assert Policy().decide(outcomes).decision is decision


def test_a_verdict_names_its_reason():
    verdict = Policy(required=frozenset({"BZ502"})).decide([Outcome(RULE, Status.PASSED)])
    assert verdict.decided_by == ("BZ502 is required and did not run",)
    assert Policy().decide([found(Severity.HIGH)]).decided_by == (
        "BZ501 A group stands out: 1 finding, high",
    )


def test_rows_without_a_name_are_counted_among_their_equals():
    a, b = Digest.of(b"a"), Digest.of(b"b")
    assert unnamed_ids([a, b, a]) == [f"{a}#0", f"{b}#0", f"{a}#1"]
