"""Every service is told in its own words, whatever a stranger calls a class."""

from dataclasses import replace

import jsonschema
import pytest
from alert_services import CLOUDEVENT, PAGERDUTY, SLACK
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.errors import BezoarError
from bezoar.limit.alerts import cloudevents, pagerduty, plain, slack
from bezoar.limit.alerts.notice import (
    LONGEST_KEY,
    Notice,
    State,
    bounded,
    key_of,
    parse_notice,
    start_of,
)

KEY = "0123456789abcdef0123456789abcdef"
names = st.text(max_size=400) | st.sampled_from(["<!channel>", "a\nb", "*x*`y`", "\u202e", "\0"])


@st.composite
def notices(draw):
    name, model = draw(names), draw(names.filter(bool))
    return bounded(
        Notice(
            key_of(model, "production", name, 3),
            draw(st.sampled_from(State)),
            model,
            name,
            draw(names) or "x",
            "2026-11-25T08:00:00Z",
            14,
            1000,
            2.0,
            8.5,
            1e6,
            suspected=draw(names),
            between=draw(st.integers(0, 10**9)),
            samples=tuple(draw(st.lists(names, max_size=40))),
            command=f"bezoar rollback {model} --reason alarm",
        )
    )


@given(notices())
def test_slack_takes_it(notice):
    message = slack.slack(notice)
    jsonschema.validate(message, SLACK)
    acted_on = (
        {key: value for key, value in message.items() if key == "text"},
        [part for part in _parts(message["blocks"]) if part["type"] == "mrkdwn"],
    )
    assert "<" not in str(acted_on)


def _parts(blocks):
    for one in blocks:
        yield from [one["text"]] if "text" in one else one.get("fields") or one["elements"]


@given(notices())
def test_pagerduty_takes_it(notice):
    event = pagerduty.pagerduty(notice, KEY)
    jsonschema.validate(event, PAGERDUTY)
    assert event["event_action"] == ("resolve" if notice.state is State.RESOLVED else "trigger")


@given(notices())
def test_a_webhook_takes_it(notice):
    jsonschema.validate(cloudevents.cloudevent(notice), CLOUDEVENT)


@given(notices())
def test_a_person_reads_it(notice):
    assert "\n" not in plain.subject(notice)
    assert plain.body(notice).isprintable() is False or plain.body(notice)
    assert not set("\0\x1b\u202e") & set(plain.body(notice))


@given(notices())
def test_an_outbox_gives_back_what_it_took(notice):
    assert parse_notice(notice.spelled()) == notice


@given(names, names, st.integers(1, 10**9))
def test_keys_are_short_and_tell_alarms_apart(model, class_, number):
    key = key_of(model, "s", class_, number)
    assert len(key) <= 255
    assert key != key_of(model, "s", class_, number + 1)
    assert key != key_of(model, "s", class_ + "x", number)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"schema_version": 9}', "nan"])
def test_what_is_no_notice_is_told(text):
    with pytest.raises(BezoarError, match="cannot be read"):
        parse_notice(text)


@given(names.filter(bool), names)
def test_keys_of_one_class_begin_alike_and_are_short(model, class_):
    keys = [key_of(model, "production", class_, number) for number in (1, 9, 10, 123_456_789)]
    assert {start_of(key) for key in keys} == {start_of(keys[0])}
    assert start_of(keys[0])
    assert max(map(len, keys)) <= LONGEST_KEY
    assert len(set(keys)) == 4


def test_who_is_taken_for_whom_is_said_everywhere():
    notice = Notice(
        "signs:production:80:1",
        State.FIRING,
        "signs",
        "80",
        "It has deviated.",
        "2026-11-25T08:00:00Z",
        suspected="stop",
        suspected_observed=1,
        suspected_expected=10.04,
        between=7,
    )
    counts = "stop → 80 (stop: 1 against 10.0 expected)"
    assert notice.as_json()["pair"] == "stop → 80"
    assert f"suspected: {counts}\nalarms between: 7\n" in plain.body(notice)
    message = slack.slack(notice)
    assert message["text"].endswith("It has deviated. Suspected: stop → 80.")
    assert counts in str(message["blocks"])
    event = pagerduty.pagerduty(notice, KEY)
    assert event["payload"]["summary"] == "It has deviated. Suspected: stop → 80."
    assert event["payload"]["custom_details"]["pair"] == "stop → 80"
    later = replace(notice, state=State.UPDATED)
    assert plain.subject(later) == "[bezoar] ALARM signs: stop → 80"
    updated = pagerduty.pagerduty(later, KEY)
    assert [updated[name] for name in ("event_action", "dedup_key")] == ["trigger", notice.key]
    assert cloudevents.cloudevent(later)["type"] == "bezoar.monitor.alarm.updated"
