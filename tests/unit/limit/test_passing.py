"""What counts for the first time goes on to other tools: once over retries and restarts."""

import pytest

from bezoar.core.errors import BezoarError
from bezoar.limit.baseline import known_baseline
from bezoar.limit.passing import PassingIntake
from bezoar.limit.predictions import batch_of

KNOWN = known_baseline("signs", {"stop": 0.9, "80": 0.1})


def batch(*names):
    return batch_of(0, [{"class": name} for name in names], ())


@pytest.fixture
def passed():
    return []


@pytest.fixture
def opened(tmp_path, passed):
    held = []

    def begin():
        while held:
            held.pop().close()
        held.append(PassingIntake(KNOWN, tmp_path / "s", lambda _: None, passed.append))
        return held[-1]

    yield begin
    while held:
        held.pop().close()


def test_a_retry_is_passed_on_once(opened, passed):
    intake = opened()
    one, two = batch("stop"), batch("80", "80")
    intake.take([intake.parcel(one, "a"), intake.parcel(one, "a"), intake.parcel(two, "b")])
    assert passed == [one, two]
    (receipt,) = intake.take([intake.parcel(two, "b")])
    assert receipt.again
    assert passed == [one, two]
    intake.take([intake.parcel(one), intake.parcel(one)])
    assert passed == [one, two, one, one], "without an id each is one of its own"


def test_a_restart_counts_what_the_journal_holds_and_passes_none_of_it_on(opened, passed):
    intake = opened()
    parcel = intake.parcel(batch("stop"), "a", ("log", {"offset": 7}))
    intake.take([parcel])
    passed.clear()
    again = opened()
    assert again.monitor.evidence.predictions == 1
    assert again.place == {"log": {"offset": 7}}
    again.take([again.parcel(batch("stop"), "a")])
    assert passed == []


def test_what_the_disk_does_not_take_is_not_passed_on(opened, passed, monkeypatch):
    intake = opened()

    def full(_):
        raise BezoarError("the disk is full")

    monkeypatch.setattr(intake._journal, "append", full)
    with pytest.raises(BezoarError, match="full"):
        intake.take([intake.parcel(batch("stop"))])
    assert passed == []
