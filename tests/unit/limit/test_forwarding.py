"""Predictions go on to other tools: what a tool does never reaches the monitor."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.adapters.predictions import SinkRefusedError
from bezoar.limit import forwarding
from bezoar.limit.baseline import estimate_baseline, known_baseline
from bezoar.limit.forwarding import UNKNOWN, Forwarding, Vocabulary
from bezoar.limit.predictions import Batch, batch_of

KNOWN = known_baseline("signs", {"stop": 0.9, "80": 0.1})


def batch(*classes):
    return batch_of(0, [{"class": name, "confidence": 0.5} for name in classes], ())


class Tool:
    """Keeps what it is sent; `fault` is raised while it is set."""

    def __init__(self):
        self.windows, self.fault, self.tries, self.closed = [], None, 0, False
        self.open = threading.Event()
        self.open.set()

    def send(self, window):
        self.tries += 1
        self.open.wait()
        if self.fault is not None:
            raise self.fault
        self.windows.append(window)

    def close(self):
        self.closed = True


@pytest.fixture
def tool():
    made = Tool()
    yield made
    made.open.set()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(forwarding, "_PAUSES_S", (0.01, 0.01))


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_each_prediction_arrives_once_and_numbered(tool):
    passing = Forwarding("tool", tool, KNOWN, every_s=0.01)
    passing.put(batch("stop", "80"))
    until(lambda: passing.sent == 2)
    passing.put(batch("80"))
    passing.put(batch("stop"))
    passing.close()
    assert [name for one in tool.windows for name in one.classes] == ["stop", "80", "80", "stop"]
    assert tool.windows[0].first == 0
    assert tool.windows[1].first == 2
    assert tool.closed
    assert (passing.sent, passing.lost, passing.unusable, passing.fault) == (4, 0, 0, "")


def test_only_names_of_the_baseline_go_out():
    rows = [
        {"class": "80", "camera": "front", "time": 5.0},
        {"class": "</script>", "camera": "<b>", "time": 6.0},
        {"class": "stop", "confidence": 2.0, "camera": "front"},
        {"class": None, "camera": "front"},
        None,
    ]
    trusted = [batch_of(0, [{"class": "80", "camera": "front"}, {"class": "a\nb"}], ("camera",))]
    known = estimate_baseline("signs", lambda: trusted, columns=("camera",))
    words = Vocabulary(known)
    before = time.time()
    window = words.window(batch_of(0, [*rows, {"class": "a\nb"}], ("camera",)), 7)
    assert window.classes == ["80", UNKNOWN, "a\\nb"]
    assert window.columns == {"camera": ["front", UNKNOWN, ""]}
    assert words.classes == ("80", "a\\nb", UNKNOWN)
    assert window.seconds[:2].tolist() == [5.0, 6.0]
    assert window.seconds[2] >= before, "what has no time came now"
    assert window.first == 7


def test_a_batch_without_the_column_is_of_the_empty_level():
    trusted = [batch_of(0, [{"class": "80", "camera": "front"}], ("camera",))]
    known = estimate_baseline("signs", lambda: trusted, columns=("camera",))
    window = Vocabulary(known).window(Batch(0, ["80"], np.array([0.5]), np.array([1.0])))
    assert window.columns == {"camera": [UNKNOWN]}


def test_a_tool_that_hangs_slows_nobody_and_what_it_misses_is_counted(tool):
    said = []
    passing = Forwarding("tool", tool, KNOWN, said.append, every_s=0.001, most_waiting=100)
    tool.open.clear()
    passing.put(batch(*["stop"] * 10))
    until(lambda: tool.tries == 1)
    many = batch(*["80"] * 50)
    began = time.monotonic()
    for _ in range(1000):
        passing.put(many)
    assert time.monotonic() - began < 5
    assert passing.lost == 49_900
    began = time.monotonic()
    passing.close(wait_s=0.05)
    assert time.monotonic() - began < 5
    assert passing.lost == 50_010, "what hangs in the tool is not known to have arrived"
    assert len(said) == 1
    assert said[0] == "tool: 50,010 predictions did not reach it (it does not answer)"


def test_of_too_many_the_oldest_are_lost(tool):
    passing = Forwarding("tool", tool, KNOWN, every_s=60, most_waiting=4)
    tool.open.clear()
    passing.put(batch("stop", "stop"))
    passing.put(batch("80", "80"))
    passing.put(batch("80", "80", "80", "80", "80"))
    tool.open.set()
    passing.close()
    assert passing.put_in == 9
    assert passing.sent + passing.lost == 9
    assert passing.lost >= 5, "a batch that is longer than the queue is lost whole"


def test_a_tool_that_is_down_is_asked_again_and_then_left_behind(tool):
    said = []
    passing = Forwarding("tool", tool, KNOWN, said.append, every_s=0.001)
    tool.fault = ConnectionError("no route\nto host")
    passing.put(batch("stop"))
    until(lambda: passing.lost == 1)
    assert tool.tries == 3
    until(lambda: said)
    assert said == ["tool: 1 predictions did not reach it (no route)"]
    tool.fault = None
    passing.put(batch("80", "80"))
    passing.close()
    assert [window.classes for window in tool.windows] == [["80", "80"]]
    assert tool.windows[0].first == 1, "a number is never used again: the tool may have had it"
    assert (passing.sent, passing.lost, passing.fault) == (2, 1, "")
    assert len(said) == 1, "no news"


def test_what_was_refused_for_good_is_not_sent_again(tool):
    passing = Forwarding("tool", tool, KNOWN, every_s=0.001)
    tool.fault = SinkRefusedError("the key is wrong\x1b[2J")
    passing.put(batch("stop"))
    until(lambda: passing.lost == 1)
    assert tool.tries == 1
    assert passing.fault == "the key is wrong\\x1b[2J"
    passing.close()


def test_neither_a_listener_nor_an_end_that_fails_stops_anything(tool):
    def failing(_):
        raise OSError

    passing = Forwarding("tool", tool, KNOWN, failing, every_s=0.001)
    tool.fault = ConnectionError()
    passing.put(batch("stop"))
    until(lambda: passing.lost == 1)
    assert passing.fault == "ConnectionError"
    tool.fault, tool.close = None, failing
    passing.put(batch("stop"))
    passing.close()
    assert passing.sent == 1
    passing.put(batch("stop"))
    assert passing.lost == 2, "after the end nothing is sent"
    passing.close()


@given(
    st.lists(
        st.lists(st.sampled_from(["stop", "80", "?", None]), max_size=6), min_size=1, max_size=8
    ),
    st.integers(1, 20),
)
def test_law_each_one_that_was_put_is_accounted_for(batches, most):
    tool = Tool()
    passing = Forwarding("tool", tool, KNOWN, every_s=60, most_waiting=most)
    for one in batches:
        passing.put(batch(*one))
    passing.close()
    assert passing.put_in == sum(map(len, batches))
    assert passing.sent == sum(map(len, tool.windows))
    assert passing.put_in == passing.sent + passing.lost + passing.unusable
