"""Release: rollback, then forward = identity. Alert: replaying a stream gives the same alerts."""

import core_strategies as nouns
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.alert import watch
from bezoar.core.place import Place, PlaceKind
from bezoar.core.release import ReleaseHistory, ReleaseState

COUNT = 4


@st.composite
def histories(draw):
    """Draw a history by doing things at random; what is refused changes nothing."""
    history = ReleaseHistory()
    for number in range(COUNT):
        history = history.register(draw(nouns.releases(number)))
    moves = st.lists(st.sampled_from(["promote", "override", "rollback", "forward"]), max_size=12)
    for move in draw(moves):
        model = history.releases[draw(st.integers(0, COUNT - 1))].model
        try:
            if move in ("promote", "override"):
                history = history.promote(model, "an incident" if move == "override" else "")
            else:
                history = getattr(history, move)()
        except ValueError:
            continue
    return history


def states(history):
    return [history.state(release.model) for release in history.releases]


@given(histories())
def test_rollback_then_forward_is_the_identity(history):
    if history.live > 1:
        assert history.rollback().forward() == history
    else:
        with pytest.raises(ValueError, match="nothing was in production"):
            history.rollback()


@given(histories())
def test_forward_then_rollback_is_the_identity(history):
    if 0 < history.live < len(history.promotions):
        assert history.forward().rollback() == history


@given(histories())
def test_at_most_one_release_is_in_production(history):
    live = [state for state in states(history) if state is ReleaseState.PRODUCTION]
    assert len(live) == (history.production is not None) == (history.live > 0)


@given(histories())
def test_what_is_in_production_was_admitted_or_overridden_with_a_reason(history):
    for model, override in history.promotions:
        assert history[model].verdict.admits or override


@given(histories(), st.sampled_from(["", " ", "\n"]))
def test_a_release_that_is_not_admitted_needs_a_reason(history, blank):
    for release in history.releases:
        if not release.verdict.admits and release != history.production:
            with pytest.raises(ValueError, match="the verdict"):
                history.promote(release.model, blank)
            assert history.promote(release.model, "an incident").production == release


@given(histories())
def test_a_promotion_archives_what_was_in_production(history):
    before = history.production
    for release in history.releases:
        if release == before:
            with pytest.raises(ValueError, match="already"):
                history.promote(release.model, "again")
            continue
        after = history.promote(release.model, "a reason")
        assert after.production == release
        assert after.state(release.model) is ReleaseState.PRODUCTION
        if before:
            assert after.state(before.model) is ReleaseState.ARCHIVED
            assert after.rollback().production == before
        with pytest.raises(ValueError, match="nothing was rolled back"):
            after.forward()


@given(histories())
def test_a_model_is_registered_once_and_starts_in_staging(history):
    with pytest.raises(ValueError, match="registered already"):
        history.register(history.releases[0])
    with pytest.raises(KeyError):
        ReleaseHistory().promote(history.releases[0].model)
    fresh = ReleaseHistory().register(history.releases[0])
    assert states(fresh) == [ReleaseState.STAGING]


class Level:
    """The running sum of a stream, never below zero."""

    name = "level"
    place = Place(PlaceKind.CLASS, "stop")

    def values(self, stream):
        level = 0.0
        for step in stream:
            level = max(0.0, level + step)
            yield level

    def false_alarm_rate(self, line):
        return 1 / (1 + line)


streams = st.lists(st.floats(-5, 5))
lines = st.floats(0.5, 10)


@given(streams, lines)
def test_replaying_a_stream_gives_the_same_alerts(stream, line):
    statistic = Level()
    assert list(watch(statistic, stream, line)) == list(watch(statistic, iter(stream), line))


@given(streams, streams, lines)
def test_what_comes_later_changes_no_alert(stream, later, line):
    alerts = list(watch(Level(), stream, line))
    assert list(watch(Level(), stream + later, line))[: len(alerts)] == alerts


@given(streams, lines)
def test_an_alert_stands_where_the_line_was_crossed_from_below(stream, line):
    values = [0.0, *Level().values(stream)]
    crossings = [index for index in range(len(stream)) if values[index] < line <= values[index + 1]]
    alerts = list(watch(Level(), stream, line))
    assert [alert.index for alert in alerts] == crossings
    for alert in alerts:
        assert alert.value == values[alert.index + 1] >= alert.line == line
        assert alert.false_alarm_rate == 1 / (1 + line)
        assert alert.place.name == "stop"
