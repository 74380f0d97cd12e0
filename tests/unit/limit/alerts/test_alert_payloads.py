"""Every service is told in its own words, whatever a stranger calls a class."""

import jsonschema
import pytest
from alert_services import CLOUDEVENT, PAGERDUTY, SLACK
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.errors import BezoarError
from bezoar.limit.alerts import cloudevents, pagerduty, plain, slack
from bezoar.limit.alerts.notice import (
    Alarms,
    Notice,
    State,
    bounded,
    key_of,
    most_missing,
    parse_notice,
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
    assert event["event_action"] == ("trigger" if notice.state is State.FIRING else "resolve")


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


def test_an_end_has_the_key_of_its_beginning():
    alarms = Alarms("signs", "production")
    first = alarms.key("80", began=True)
    assert alarms.key("80", began=False) == first
    assert alarms.key("80", began=True) != first


def test_the_class_that_is_missing_stands_out():
    expected = {"stop": 0.02, "80": 0.05, "yield": 0.93}
    counts = {"stop": 0, "80": 70, "yield": 930}
    assert most_missing(expected, counts, "80") == "stop"
    assert most_missing(expected, {"stop": 19, "80": 51, "yield": 930}, "80") == ""
    assert most_missing(expected, {}, "80") == ""
