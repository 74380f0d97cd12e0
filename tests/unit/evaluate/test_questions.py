"""The questions of an audit: what may be answered, how it is written down, until when it counts."""

from datetime import UTC, datetime, timedelta

import pytest

from bezoar.core.errors import UsageError
from bezoar.evaluate.questions import (
    QUESTIONS,
    Answer,
    answered,
    from_toml,
    parse_answers,
    unanswered,
)

TODAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAFE = {one.name: Answer(choice=(one.choices.keys() - one.unsafe).pop()) for one in QUESTIONS}


def test_each_question_can_be_answered_well_and_badly():
    for question in QUESTIONS:
        assert question.unsafe < question.choices.keys()
        assert question.text.endswith("?")


def test_what_is_written_is_read_back():
    record = answered(
        {**SAFE, "who-may-add": Answer(choice="team", words="Ada, Ünal")}, "ada", TODAY
    )
    assert parse_answers(record.content()) == record
    assert (record.time, record.expires) == ("2026-03-01T12:00:00Z", "2026-08-28T12:00:00Z")


def test_bad_answers_are_named():
    record = answered({**SAFE, "who-may-add": Answer(choice="anyone")}, "ada", TODAY)
    assert [question.name for question, _ in record.unsafe()] == ["who-may-add"]


def test_an_answer_counts_until_its_day():
    record = answered(SAFE, "ada", TODAY, days=30)
    assert list(unanswered(record, TODAY + timedelta(days=29))) == []
    late = list(unanswered(record, TODAY + timedelta(days=30)))
    assert len(late) == len(QUESTIONS)
    assert late[0][1] == "the answer expired on 2026-03-31"


def test_what_is_missing_or_dated_ahead_does_not_count():
    record = answered({"who-may-add": Answer(choice="team")}, "ada", TODAY)
    assert {one.name for one, _ in unanswered(record, TODAY)} == SAFE.keys() - {"who-may-add"}
    ahead = answered(SAFE, "ada", TODAY + timedelta(days=3))
    assert len(list(unanswered(ahead, TODAY))) == len(QUESTIONS)


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({"who-may-dance": Answer(choice="team")}, 180),
        ({"who-may-add": Answer(choice="perhaps")}, 180),
        ({}, 0),
        ({}, 10**9),
        ({}, 3651),
    ],
)
def test_what_cannot_be_answered_is_refused(given, days):
    with pytest.raises(UsageError):
        answered(given, "ada", TODAY, days)


RECORD = answered(SAFE, "ada", TODAY).content()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        RECORD.replace(b'"ada"', b'""'),
        RECORD.replace(b'"schema_version":1', b'"schema_version":2'),
        RECORD.replace(b"2026-08", b"2026-13"),
        RECORD.replace(b"2026-08", b"2062-08"),
        RECORD.replace(b"2026-08", b"2025-08"),
        RECORD.replace(b'"by"', b'"by":"eve","by"'),
        RECORD.replace(b"{", b"{ ", 1),
        RECORD + b" " * 70_000,
    ],
    ids=range(12),
)
def test_what_is_no_record_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        parse_answers(data)


def test_answers_can_be_prepared():
    found = from_toml(b'who-may-add = "team: Ada, and Grace: both"\nwho-reviews = "nobody"\n')
    assert found == {
        "who-may-add": Answer(choice="team", words="Ada, and Grace: both"),
        "who-reviews": Answer(choice="nobody"),
    }


@pytest.mark.parametrize(
    "data", [b"\xff", b"=", b"a = 7", b"[a]\nb='c'", b'a = "?"', b'a = ""', b"a=" + b"[" * 10_000]
)
def test_what_are_no_answers_is_refused(data):
    with pytest.raises(UsageError, match="no answers"):
        from_toml(data)
