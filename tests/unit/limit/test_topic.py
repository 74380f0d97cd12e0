"""A Kafka topic, on librdkafka's own mock broker: one replica, several, killed and suspended."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from bezoar.adapters.kafka import Committed
from bezoar.core.errors import BezoarError
from bezoar.limit.baseline import known_baseline
from bezoar.limit.intake import Intake
from bezoar.limit.predictions import batch_of
from bezoar.limit.topic import Topic, counts, owners_of

kafka = pytest.importorskip("confluent_kafka")
NAMES = [f"{k:02d}" for k in range(50)]
BASELINE = known_baseline("signs", dict.fromkeys(NAMES, 0.02))
SESSION_MS = 4000  # the mock broker makes a new group wait three seconds


@pytest.fixture
def broker():
    """Yield a producer on a mock broker, and the broker's address."""
    producer = kafka.Producer({"test.mock.num.brokers": 1})
    (found,) = producer.list_topics(timeout=10).brokers.values()
    yield producer, f"{found.host}:{found.port}"
    producer.flush(5)


class Made:
    """Produces predictions, and knows how many of each class there are."""

    def __init__(self, producer):
        self.producer, self.count = producer, 0

    def more(self, count):
        for _ in range(count):
            body = json.dumps({"class": NAMES[self.count % 49], "confidence": 0.5})
            self.producer.produce("predictions", body, partition=self.count % 4)
            self.count += 1
        assert self.producer.flush(10) == 0

    def by_class(self):
        return [len(range(k, self.count, 49)) for k in range(49)]


def settings(address):
    return {
        "bootstrap.servers": address,
        "group.id": "g",
        "session.timeout.ms": SESSION_MS,
        "heartbeat.interval.ms": 200,
        "log_level": 0,
    }


def opened(folder):
    return Intake(BASELINE, folder, [].append, per_false_alarm=1e12)


def seen(*folders):
    """Return how often each class counts in the states of stopped replicas together."""
    total = 0
    for folder in folders:
        intake = opened(folder)
        assert not intake.prepared
        total = total + intake.monitor.evidence.events[:49]
        intake.close()
    return total.tolist()


def read(topic, intake, until, seconds=30):
    end = time.monotonic() + seconds
    while intake.monitor.position < until and time.monotonic() < end:
        topic.step(0.2)
    topic.step(0.2)
    return intake.monitor.position


def killed(intake):
    os.close(intake._lock)
    intake._journal.close()


def test_what_is_no_prediction_is_counted(broker, tmp_path):
    producer, address = broker
    Made(producer).more(10)
    for body in (b"\xff no JSON", b"x" * 100_000, b""):
        producer.produce("predictions", body, partition=0)
    producer.flush()
    intake = opened(tmp_path)
    topic = Topic("predictions", settings(address), intake)
    assert read(topic, intake, 13) == 13
    assert intake.monitor.refused["no class"] == 3
    topic.close()
    intake.close()


@pytest.mark.parametrize("told", [True, False])
def test_a_kill_around_the_commit_counts_once(broker, tmp_path, monkeypatch, told):
    producer, address = broker
    made = Made(producer)
    made.more(40)
    first = opened(tmp_path / "a")
    topic = Topic("predictions", settings(address), first)
    commit = topic._topic.commit

    def dies(parts):
        if told:
            commit(parts)
        raise KeyboardInterrupt

    monkeypatch.setattr(topic._topic, "commit", dies)
    with pytest.raises(KeyboardInterrupt):
        read(topic, first, 40)
    assert first.prepared
    assert first.monitor.position == 0
    topic.close()
    killed(first)
    after = opened(tmp_path / "a")
    assert after.prepared
    after.checkpoint()
    topic = Topic("predictions", settings(address), after)
    assert not after.prepared
    assert (after.monitor.position > 0) is told
    assert read(topic, after, 40) == 40
    topic.close()
    after.close()
    assert seen(tmp_path / "a") == made.by_class()


def test_an_answer_that_never_comes_is_asked_for(broker, tmp_path, monkeypatch):
    """The commit may or may not have reached the broker: the group is asked, and says."""
    producer, address = broker
    made = Made(producer)
    made.more(40)
    intake = opened(tmp_path / "a")
    topic = Topic("predictions", settings(address), intake)
    commit, calls = topic._topic.commit, []

    def deaf(parts):
        calls.append(parts)
        if len(calls) % 3 == 0:
            return commit(parts)
        if len(calls) % 3 == 1:
            commit(parts)
        return set()

    monkeypatch.setattr(topic._topic, "commit", deaf)
    read(topic, intake, 40)
    for _ in range(3):
        made.more(10)
        read(topic, intake, made.count)
    assert len(calls) > 3
    topic.close()
    intake.close()
    assert seen(tmp_path / "a") == made.by_class()


def test_a_broker_that_says_nothing_is_a_clean_error(tmp_path, monkeypatch):
    monkeypatch.setattr("bezoar.adapters.kafka._WAIT_S", 0.2)
    intake = opened(tmp_path)
    place = ("kafka:predictions:0", {"offset": 1, "first": 0})
    intake.prepare([intake.parcel(batch_of(0, [{"class": "01"}], ()), place=place)])
    with pytest.raises(BezoarError, match="Kafka"):
        Topic("predictions", settings("127.0.0.1:1"), intake)
    intake.close()


def test_notes_of_other_tools_say_nothing_and_ours_who_had_what():
    for note in ("", "x", "[1]", "{}", '[["a"]]', "[" * 5000, '[["a", "x"]]'):
        assert owners_of(note) == []
        assert not counts("a", 0, 10, Committed(10, note))
    note = json.dumps([["a", 0], ["b", 100], ["a", 200]])
    assert counts("a", 90, 100, Committed(250, note))
    assert not counts("a", 90, 110, Committed(250, note)), "the other one took these"
    assert counts("a", 200, 250, Committed(250, note))
    assert not counts("a", 240, 260, Committed(250, note))
    assert not counts("c", 0, 10, Committed(250, note))


@contextmanager
def replica(folder, name, address):
    """Yield `bezoar monitor consume` as a process; it is stopped as by Ctrl-C."""
    lines = [f"{key} = {value}" for key, value in settings(address).items()]
    (folder / "kafka.conf").write_text("\n".join(lines))
    command = [sys.executable, "-m", "bezoar", "monitor", "consume", "predictions"]
    command += ["--baseline", "b.json", "--state", name, "--broker", address, "--group", "g"]
    with subprocess.Popen(
        [*command, "--config", "kafka.conf", "--per-false-alarm", "1e12"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert any(re.search("reading predictions", line) for line in process.stderr)
            yield process
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)
            process.wait(30)
        finally:
            process.kill()


def group_at(address):
    """Return how far the group is, in all partitions."""
    asker = kafka.Consumer(settings(address))
    spots = [kafka.TopicPartition("predictions", number) for number in range(4)]
    found = sum(max(spot.offset, 0) for spot in asker.committed(spots, timeout=10))
    asker.close()
    return found


def wait(made, address, until=None, seconds=40):
    """Produce on, until the group has read so much."""
    end = time.monotonic() + seconds
    while group_at(address) < (until or made.count):
        assert time.monotonic() < end, "the group does not go on"
        if until:
            made.more(20)
        time.sleep(0.02)


def test_replicas_share_a_topic_and_one_is_killed_another_suspended(broker, tmp_path):
    """A rebalance when each comes and goes; kill -9; and one that comes back from the dead."""
    producer, address = broker
    (tmp_path / "bezoar.toml").write_text("")
    (tmp_path / "b.json").write_text(BASELINE.as_json())
    made = Made(producer)
    made.more(1000)
    with replica(tmp_path, "a", address) as first:
        wait(made, address, 1500)
        with replica(tmp_path, "b", address) as second:
            wait(made, address, group_at(address) + 1500)
            first.kill()
            first.wait()
            wait(made, address, group_at(address) + 1500)
            with replica(tmp_path, "a", address):
                wait(made, address, group_at(address) + 1500)
                second.send_signal(signal.SIGSTOP)
                # Half of the partitions stand still until it is given up.
                time.sleep(SESSION_MS / 1000 + 1)
                wait(made, address, group_at(address) + 1500)
                second.send_signal(signal.SIGCONT)
                wait(made, address, group_at(address) + 1500)
                wait(made, address)
    each = {name: sum(seen(tmp_path / name)) for name in ("a", "b")}
    assert min(each.values()) > 1000, each
    assert seen(tmp_path / "a", tmp_path / "b") == made.by_class()
