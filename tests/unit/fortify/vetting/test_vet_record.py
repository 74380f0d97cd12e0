"""The vet record: one spelling, and no edited record passes for one."""

import json

import pytest

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.policy import Policy
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.record import (
    FINDINGS_KEPT,
    DamagedRecordError,
    Fetched,
    RecordedIsolation,
    VetRecord,
    parse_vet_record,
    read_vet_record,
    record_path,
    recorded,
    write_vet_record,
)

RULE = Rule("BZ311", "x", "Something", Severity.HIGH, "Because.")
OTHER = Rule("BZ312", "y", "Another", Severity.LOW, "Because.")


def made(*outcomes):
    verdict = Policy().decide(outcomes)
    return VetRecord(
        spec="signs@1",
        fetched=Fetched(source="https://example.org/x.zip", sha256="00" * 32, size=7),
        root=str(Digest("merkle-sha256-v1", b"r" * 32)),
        manifest=str(Digest.of(b"m")),
        files=str(Digest.of(b"f")),
        tools={"bezoar": "0.1"},
        isolation=RecordedIsolation(level=3, mechanisms={"seccomp": True}),
        outcomes=recorded(outcomes),
        checked_files=2,
        checked_bytes=10,
        verdict=str(verdict.decision),
        decided_by=verdict.decided_by,
        started="2026-11-25T00:00:00Z",
        seconds=0.5,
    )


def found(rule, name="a.pkl", count=1):
    places = [Place(PlaceKind.FILE, f"{name}{i}") for i in range(count)]
    return Outcome.of(rule, [Finding(rule, place, "oh") for place in places])


def edited(record, **fields):
    return (json.dumps(json.loads(record.content()) | fields, indent=2, sort_keys=True)).encode()


def test_what_is_written_is_read_again(tmp_path):
    record = made(found(RULE), Outcome.of(OTHER, ()))
    path = record_path(tmp_path, record.spec)
    digest = write_vet_record(record, path)
    assert read_vet_record(path) == record
    assert digest == Digest.of(path.read_bytes())
    assert not record.admits
    assert record.deciding() == ("BZ311",)


def test_findings_are_counted_though_not_all_are_kept():
    record = made(found(RULE, count=FINDINGS_KEPT + 5))
    assert record.outcomes[0].found == FINDINGS_KEPT + 5
    assert len(record.outcomes[0].findings) == FINDINGS_KEPT


def test_a_name_that_no_table_holds_is_escaped():
    record = made(found(RULE, name="\udcff\0"))
    assert parse_vet_record(record.content()) == record
    assert "\\udcff" in record.outcomes[0].findings[0]["place"]["name"]


def test_the_decision_is_what_the_policy_gave():
    outcomes = (found(RULE), Outcome.of(OTHER, ()))
    assert made(*outcomes).decision == Policy().decide(outcomes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"spec": NaN}',
        b"\xff\xfe",
        b" " * ((1 << 24) + 1),
    ],
    ids=["empty", "list", "null", "braces", "brackets", "nan", "no text", "long"],
)
def test_what_is_no_record_is_refused(data, tmp_path):
    path = record_path(tmp_path, "signs@1")
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(DamagedRecordError) as error:
        read_vet_record(path)
    assert error.value.next == "bezoar vet signs@1"


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "admit", "decided_by": []},
        {"verdict": "quarantine", "decided_by": []},
        {"verdict": "fine"},
        {"schema_version": 2},
        {"extra": 1},
        {"root": "sha256:zz"},
        {"checked_files": -1},
        {"checked_files": True},
        {"seconds": "1"},
        {"isolation": {"level": 7, "mechanisms": {}}},
        {"outcomes": [{"rule": "BZ311"}]},
    ],
)
def test_a_field_that_is_off_is_refused(fields):
    record = made(Outcome(RULE, Status.FAILED, reason="no"))
    with pytest.raises(ValueError, match=":"):
        parse_vet_record(edited(record, **fields) + b"\n")


def test_another_spelling_is_refused():
    record = made(found(RULE))
    assert parse_vet_record(record.content()) == record
    for data in (
        record.content().rstrip(),
        record.content().replace(b'"spec"', b'"spec": "other@1", "spec"'),
        json.dumps(json.loads(record.content())).encode(),
    ):
        with pytest.raises(ValueError, match="somebody edited it"):
            parse_vet_record(data)


def test_a_record_belongs_to_its_file(tmp_path):
    path = record_path(tmp_path, "other@1")
    write_vet_record(made(found(RULE)), path)
    with pytest.raises(DamagedRecordError, match="it is about"):
        read_vet_record(path)


def test_an_absent_record_says_what_makes_one(tmp_path):
    with pytest.raises(DamagedRecordError) as error:
        read_vet_record(record_path(tmp_path, "signs@1"))
    assert error.value.next == "bezoar vet signs@1"
