"""The examination: every file in the sandbox, and nothing that a taken-over process says harms."""

import json
import os
import random

import pytest
from vet_corpus import HOSTILE, ORDINARY

from bezoar.core.outcome import Status
from bezoar.core.policy import Decision, Policy
from bezoar.core.severity import Severity
from bezoar.fortify.vetting import examination
from bezoar.fortify.vetting.examination import examine_files, isolation_outcome
from bezoar.fortify.vetting.files import delivered, take_stock
from bezoar.rules import RULES
from bezoar.sandbox import FailureKind, Isolation, TaskFailed
from bezoar.sandbox.isolation import MECHANISMS

FULL = Isolation(dict.fromkeys(MECHANISMS, True))


def spread(folder, files):
    """Write files, each in a folder of its own, and return the paths."""
    for number, (name, data) in enumerate(files):
        path = folder / f"{number:03}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tuple(delivered(folder)[1])


def by_code(found):
    return {outcome.rule.code: outcome for outcome in found.outcomes()}


def test_the_corpora_are_told_apart_in_the_sandbox(tmp_path):
    hostile, ordinary = tmp_path / "hostile", tmp_path / "ordinary"
    spread(hostile, [(name, data) for _, name, data in HOSTILE.values()])
    spread(ordinary, ORDINARY.items())
    found = examine_files(hostile, take_stock(hostile).names)
    assert (found.failure, found.files) == ("", len(HOSTILE))
    told = {f.place.name.partition("/")[0] for fs in found.findings.values() for f in fs}
    assert len(told) == len(HOSTILE)
    clean = examine_files(ordinary, take_stock(ordinary).names)
    assert clean.bytes == sum(map(len, ORDINARY.values()))
    assert Policy().decide(clean.outcomes()).decision is Decision.ADMIT


def test_a_file_is_looked_at_alone(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    found = examine_files(path, ("a.pkl",))
    (finding,) = by_code(found)["BZ311"].findings
    assert finding.place.name == "a.pkl"
    assert by_code(found)["BZ201"].status is Status.NOT_APPLICABLE


def test_names_that_are_no_text_are_looked_at(tmp_path):
    (tmp_path / os.fsdecode(b"\xff\xfe.bin")).write_bytes(b"\x7fELF\x02\x01\x01")
    found = examine_files(tmp_path, take_stock(tmp_path).names)
    (finding,) = by_code(found)["BZ312"].findings
    assert finding.place.name == "\\udcff\\udcfe.bin"


class Stream:
    """A process that tells what it is given to tell, and then breaks down or not."""

    def __init__(self, items, error=None):
        self.items, self.error, self.isolation = items, error, FULL

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __iter__(self):
        yield from self.items
        if self.error:
            raise self.error


def item(done, seen=(), **fields):
    return {"done": done, "bytes": 1, "pictures": 0, "seen": list(seen), "encoders": []} | fields


def crash():
    return TaskFailed(FailureKind.CRASHED, "task", "it ended by signal 11")


def test_a_file_that_takes_its_reader_down_is_named_and_the_others_are_looked_at(
    monkeypatch, tmp_path
):
    names = tuple(f"{i}" for i in range(200))
    asked = []

    def start(_task, arguments, **_):
        first, batch = arguments["start"], arguments["batch"]
        asked.append((first, batch))
        last = min(first + arguments["most"], len(names))
        ends = [*range(first + batch, last, batch), last]
        told = [item(end) for end in ends if not first <= 77 < last or end <= 77]
        return Stream(told, crash() if first <= 77 < last else None)

    monkeypatch.setattr(examination, "iterate_task", start)
    found = examine_files(tmp_path, names)
    assert (found.files, found.failure) == (200, "")
    (finding,) = found.findings["BZ330"]
    assert (finding.place.name, finding.severity) == ("77", Severity.HIGH)
    assert asked == [(0, 64), (64, 1), (78, 64)]


def test_a_process_that_keeps_ending_fails_every_rule(monkeypatch, tmp_path):
    monkeypatch.setattr(examination, "iterate_task", lambda *_, **__: Stream([], crash()))
    found = examine_files(tmp_path, tuple(f"{i}" for i in range(200)))
    assert "ended 21 times" in found.failure
    assert Policy().decide(found.outcomes()).decision is not Decision.ADMIT
    assert by_code(found)["BZ311"].status is Status.FAILED


def test_without_the_isolation_that_is_asked_for_nothing_is_looked_at(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise TaskFailed(FailureKind.NOT_ISOLATED, "task", "level 1 of 3")

    monkeypatch.setattr(examination, "iterate_task", refuse)
    found = examine_files(tmp_path, ("a",), minimum=3)
    assert {outcome.status for outcome in found.outcomes()} == {Status.FAILED}
    outcome = isolation_outcome(found.isolation, 3)
    assert outcome.status is Status.FAILED
    assert Policy().decide([outcome]).decision is Decision.UNDECIDED


LIES = {
    "no more files": [item(0)],
    "too many files": [item(99)],
    "no number": [item("1")],
    "no fields": [{"done": 1}],
    "no object": [[1]],
    "a rule that is none": [item(1, [["BZ999", "a", "m", "high", "high", {}]])],
    "a severity that is none": [item(1, [["BZ311", "a", "m", "huge", "high", {}]])],
    "less than a finding": [item(1, [["BZ311"]])],
    "a number as a severity": [item(1, [["BZ311", "a", "m", 3, "high", {}]])],
    "fewer bytes than none": [item(1, bytes=-1)],
    "nothing": [],
}


@pytest.mark.parametrize("told", LIES.values(), ids=LIES)
def test_what_makes_no_sense_is_not_believed(monkeypatch, tmp_path, told):
    monkeypatch.setattr(examination, "iterate_task", lambda *_, **__: Stream(told))
    found = examine_files(tmp_path, ("a", "b"))
    assert Policy().decide(found.outcomes()).decision is not Decision.ADMIT


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_process_says_is_no_error(monkeypatch, tmp_path, seed):
    draw = random.Random(seed)  # noqa: S311 - no secret
    text = json.dumps(item(1, [["BZ311", "a", "m", "high", "high", {"a": 1}]]))
    values = ["null", "[]", "{}", "-1", "1e5", '"x"', "true", "[[]]"]
    parts = text.split('"')
    parts[draw.randrange(len(parts))] = draw.choice(values)
    try:
        told = json.loads('"'.join(parts))
    except ValueError:
        told = draw.choice([json.loads(value) for value in values])
    monkeypatch.setattr(examination, "iterate_task", lambda *_, **__: Stream([told]))
    examine_files(tmp_path, ("a",))


def test_more_findings_than_are_kept_are_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(examination, "_MOST_FINDINGS", 3)
    seen = [["BZ325", f"{i}", "m", "low", "high", {}] for i in range(9)]
    monkeypatch.setattr(examination, "iterate_task", lambda *_, **__: Stream([item(1, seen)]))
    outcome = by_code(examine_files(tmp_path, ("a",)))["BZ325"]
    assert len(outcome.findings) == 4
    assert outcome.findings[-1].message == "6 more like these"


def test_each_rule_stands_in_the_list_of_all():
    assert {rule.code for rule in examination.RULES} <= RULES.keys()
    assert examination.ISOLATION.code in RULES
