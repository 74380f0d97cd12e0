"""What was put is sent, once, in order, whatever happens in between."""

import multiprocessing
import os
import signal
import sqlite3
import time
from dataclasses import replace

import pytest

import bezoar.limit.alerts.outbox as outbox_module
from bezoar.core.errors import BezoarError
from bezoar.limit.alerts.delivery import BusyError, Delivery, RefusedError
from bezoar.limit.alerts.notice import Notice, State
from bezoar.limit.alerts.outbox import Outbox

FIRST = Notice("signs:production:80:1", State.FIRING, "signs", "80", "x", "2026-11-25T08:00:00Z")
OVER = replace(FIRST, state=State.RESOLVED)


class Ear:
    """A sink that fails as told, then hears."""

    def __init__(self, *faults):
        self.faults, self.heard = list(faults), []

    def send(self, notice):
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        self.heard.append((notice.class_, str(notice.state)))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def scene(tmp_path):
    clock = Clock()

    def make(most=10, **sinks):
        return Delivery(Outbox(tmp_path / "o" / "outbox.sqlite"), sinks, most, clock), clock

    return make


def alarm(class_):
    return replace(FIRST, key=f"signs:production:{class_}:1", class_=class_)


def test_a_notice_is_put_once_and_heard_once(scene):
    ear = Ear()
    delivery, _ = scene(a=ear)
    for _ in range(3):
        delivery.put(FIRST)
        delivery.deliver()
    assert ear.heard == [("80", "firing")]


def test_an_end_waits_for_its_beginning(scene):
    ear = Ear(BusyError("later"))
    delivery, clock = scene(a=ear)
    delivery.put(FIRST)
    delivery.put(OVER)
    assert delivery.deliver() == 0
    clock.now += 3
    assert delivery.deliver() == 2
    assert ear.heard == [("80", "firing"), ("80", "resolved")]


def test_one_sink_does_not_wait_for_another(scene):
    slow, ear = Ear(*[BusyError("no")] * 9), Ear()
    delivery, _ = scene(slow=slow, good=ear)
    delivery.put(FIRST)
    assert delivery.deliver() == 1
    assert ear.heard


def test_tries_come_ever_later(scene):
    ear = Ear(*[BusyError("no")] * 4)
    delivery, clock = scene(a=ear)
    delivery.put(FIRST)
    waits = []
    for _ in range(4):
        delivery.deliver()
        began = clock.now
        while not delivery.outbox.claim(clock.now, "a"):
            clock.now += 1
        delivery.outbox._set(1, "due = ?", (clock.now,))
        waits.append(clock.now - began)
    assert waits == [2, 4, 8, 16]
    assert delivery.deliver() == 1


def test_a_service_says_when(scene):
    ear = Ear(BusyError("no", after_s=60))
    delivery, clock = scene(a=ear)
    delivery.put(FIRST)
    delivery.deliver()
    clock.now += 59
    assert delivery.deliver() == 0
    clock.now += 2
    assert delivery.deliver() == 1


def test_what_is_refused_is_kept_and_can_be_tried_again(scene):
    ear = Ear(RefusedError("the service answers 404"))
    delivery, clock = scene(a=ear)
    delivery.put(FIRST)
    delivery.deliver()
    clock.now += 10_000
    assert delivery.deliver() == 0
    (row,) = delivery.outbox.rows()
    assert (row.status, row.error) == ("refused", "the service answers 404")
    assert delivery.outbox.retry() == 1
    assert delivery.deliver() == 1


def test_a_fault_of_a_sink_ends_nothing(scene):
    ear = Ear(ZeroDivisionError("x"))
    delivery, clock = scene(a=ear)
    delivery.put(FIRST)
    delivery.deliver()
    clock.now += 5
    assert delivery.deliver() == 1


def test_a_storm_is_told_in_one_notice_and_ends_once(scene):
    ear = Ear()
    delivery, _ = scene(3, a=ear)
    classes = [f"c{number}" for number in range(20)]
    for class_ in classes[:3]:
        delivery.put(alarm(class_))
    delivery.deliver()
    for class_ in classes[3:]:
        delivery.put(alarm(class_))
    delivery.deliver()
    assert ear.heard == [("c0", "firing"), ("c1", "firing"), ("c2", "firing"), ("", "firing")]
    for class_ in classes[3:]:
        delivery.put(replace(alarm(class_), state=State.RESOLVED))
        delivery.deliver()
    delivery.deliver()
    assert ear.heard[4:] == [("", "resolved")]
    delivery.put(replace(alarm("c0"), state=State.RESOLVED))
    delivery.deliver()
    assert ear.heard[5:] == [("c0", "resolved")]


def _put_until_killed(path, ready):
    outbox = Outbox(path)
    for number in range(100_000):
        outbox.put(alarm(f"c{number}"), ["a"])
        ready.value = number + 1


def test_a_killed_process_loses_nothing_that_it_had_put(tmp_path):
    path = tmp_path / "outbox.sqlite"
    ready = multiprocessing.Value("i", 0)
    process = multiprocessing.get_context("fork").Process(
        target=_put_until_killed, args=(path, ready)
    )
    process.start()
    while ready.value < 20:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    put = {row.alarm for row in Outbox(path).rows()}
    assert {f"signs:production:c{number}:1" for number in range(ready.value)} <= put


def test_a_process_that_died_while_sending_sends_again(scene):
    delivery, clock = scene(a=Ear())
    delivery.put(FIRST)
    assert delivery.outbox.claim(clock.now, "a") is not None
    assert delivery.deliver() == 0
    clock.now += 121
    assert delivery.deliver() == 1


def test_a_damaged_row_and_a_damaged_file_are_told(scene):
    delivery, _ = scene(a=Ear())
    delivery.put(FIRST)
    with sqlite3.connect(delivery.outbox.path) as base:
        base.execute("UPDATE notices SET body = '{'")
    base.close()
    assert delivery.deliver() == 0
    assert delivery.outbox.rows()[0].status == "refused"
    delivery.outbox.path.write_bytes(b"no database" * 1000)
    with pytest.raises(BezoarError, match="cannot be used"):
        delivery.put(OVER)


def test_the_thread_sends_and_says_when_it_cannot(scene):
    ear = Ear()
    delivery, _ = scene(a=ear)
    delivery.start()
    delivery.put(FIRST)
    _until(lambda: ear.heard and delivery.outbox.rows()[0].status == "sent")
    delivery.outbox.path.write_bytes(b"no database" * 1000)
    delivery._wake.set()
    _until(lambda: delivery.error)
    delivery.end()


def _until(said):
    end = time.monotonic() + 20
    while not said():
        assert time.monotonic() < end
        time.sleep(0.01)


def turn(number, state=State.FIRING, class_="80"):
    said = f"{class_} for the time {number}"
    key = f"signs:production:{class_}:{number}"
    return replace(FIRST, key=key, class_=class_, state=state, sentence=said)


def flap(outbox, first, last, sinks=("a", "b"), class_="80"):
    for number in range(first, last + 1):
        for state in (State.FIRING, State.UPDATED, State.RESOLVED):
            outbox.put(turn(number, state, class_), list(sinks))


class Ears(Ear):
    def send(self, notice):
        if self.faults:
            raise self.faults[0]
        self.heard.append(notice)


def test_days_without_a_service_keep_the_first_and_the_latest_alarm_of_each_class(scene):
    down, well = Ears(BusyError("no route")), Ears()
    delivery, clock = scene(a=down, b=well)
    for number in range(1, 301):
        flap(delivery.outbox, number, number)
        flap(delivery.outbox, number, number, class_="80:1")
        delivery.deliver()
        clock.now += 3_600
    waiting = [row for row in delivery.outbox.rows(10_000) if row.sink == "a"]
    assert len(waiting) == 2 * 2 * 3, "two classes, two alarms of each, with all that was said"
    assert sum(one.class_ == "80" for one in well.heard) == 900, "who listens hears of each"
    down.faults.clear()
    clock.now += 10_000
    delivery.deliver()
    heard = [one for one in down.heard if one.class_ == "80"]
    said = [(one.sentence, str(one.state), one.between) for one in heard]
    states = ("firing", "updated", "resolved")
    assert said[:3] == [("80 for the time 1", state, 0) for state in states]
    assert said[3] == ("80 for the time 300", "firing", 298)
    assert [one.state for one in heard[4:]] == [State.UPDATED, State.RESOLVED]
    assert delivery.outbox.last("signs:production:80")[0] == 300


def test_an_alarm_that_is_on_is_never_let_go(scene):
    delivery, _ = scene(a=Ears(BusyError("no")))
    for number in range(1, 6):  # of five replicas: none is over
        delivery.put(turn(number))
    assert len(delivery.outbox.rows()) == 5


def test_what_was_let_go_while_it_was_sent_is_ended_too(scene):
    """A service that took the beginning must not have that incident open for ever."""
    delivery, clock = scene(a=Ears())
    outbox = delivery.outbox

    class Slow(Ears):
        def send(self, notice):
            super().send(notice)
            if notice.sentence == "80 for the time 2" and notice.state is State.FIRING:
                outbox.put(turn(3), ["a"])

    flap(outbox, 1, 2, sinks="a")
    first = outbox.claim(clock.now, "a")  # another process is at it
    delivery.sinks = {"a": Slow()}
    delivery.deliver()
    heard = [(one.key[-1], str(one.state)) for one in delivery.sinks["a"].heard]
    assert heard == [("2", "firing"), ("3", "firing"), ("2", "resolved")]
    assert first.notice.key.endswith(":1")


def test_what_is_done_with_is_forgotten_in_the_end(scene, monkeypatch):
    monkeypatch.setattr(outbox_module, "_KEPT", 50)
    delivery, _ = scene(a=Ears())
    for number in range(1, 101):
        flap(delivery.outbox, number, number, sinks="a")
        delivery.deliver()
    assert 45 <= len(delivery.outbox.rows()) <= 55
    assert delivery.outbox.last("signs:production:80")[0] == 100


def _flap_until_killed(path, ready):
    outbox = Outbox(path)
    begin = outbox.last("signs:production:80")[0] + 1
    for number in range(begin, 1_000_000):
        flap(outbox, number, number, sinks="a")
        ready.value = number


def test_kill_9_while_nobody_listens_keeps_first_and_latest(tmp_path):
    path = tmp_path / "outbox.sqlite"
    ready = multiprocessing.Value("i", 0)
    for _ in range(4):
        process = multiprocessing.get_context("fork").Process(
            target=_flap_until_killed, args=(path, ready)
        )
        begun = ready.value
        process.start()
        while ready.value < begun + 15:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    rows = Outbox(path).rows()
    # Three notices of the first and of the latest, and up to two of each that a kill left open.
    assert len(rows) <= 12
    numbers = [int(row.alarm.rpartition(":")[2]) for row in rows]
    assert numbers[0] == 1
    assert numbers[-1] >= ready.value >= 60


def test_an_outbox_of_before_the_numbers_goes_on_counting(scene):
    delivery, _ = scene(a=Ears())
    for number in (8, 9, 10):
        delivery.put(turn(number))
    with sqlite3.connect(delivery.outbox.path) as base:
        base.execute("DROP TABLE numbers")
    base.close()
    assert delivery.outbox.last("signs:production:80") == (10, "")
    assert delivery.outbox.last("signs:production:8") == (0, "")
