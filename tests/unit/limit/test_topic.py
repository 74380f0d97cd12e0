"""A Kafka topic, on librdkafka's own mock broker."""

import json
import os
import time

import pytest

from bezoar.limit.baseline import known_baseline
from bezoar.limit.intake import Intake
from bezoar.limit.topic import Topic

kafka = pytest.importorskip("confluent_kafka")
BASELINE = known_baseline("signs", {"stop": 0.9, "80": 0.1})


@pytest.fixture
def broker():
    """Yield a producer on a mock broker, and the broker's address."""
    producer = kafka.Producer({"test.mock.num.brokers": 1})
    (found,) = producer.list_topics(timeout=10).brokers.values()
    yield producer, f"{found.host}:{found.port}"
    producer.flush(5)


def produce(producer, count, value=None, partition=0):
    for _ in range(count):
        body = json.dumps({"class": "stop", "confidence": 0.5}).encode() if value is None else value
        producer.produce("predictions", body, partition=partition)
    assert producer.flush(10) == 0


def settings(address):
    return {"bootstrap.servers": address, "group.id": "g", "session.timeout.ms": 6000}


def read(topic, intake, until, seconds=30):
    end = time.monotonic() + seconds
    while intake.monitor.position < until and time.monotonic() < end:
        topic.step(0.2)
    topic.step(0.2)
    return intake.monitor.position


def test_messages_count_once_over_a_kill(broker, tmp_path, monkeypatch):
    producer, address = broker
    produce(producer, 30)
    produce(producer, 1, b"\xff no JSON")
    produce(producer, 1, b"x" * 100_000)
    first = Intake(BASELINE, tmp_path, [].append)
    topic = Topic("predictions", settings(address), first)
    # It dies before Kafka hears how far it came: what counts is the place beside the evidence.
    monkeypatch.setattr(topic._topic, "commit", lambda _: None)
    assert read(topic, first, 32) == 32
    assert first.monitor.refused["no class"] == 2
    topic.close()
    os.close(first._lock)
    first._journal.close()
    produce(producer, 5)
    after = Intake(BASELINE, tmp_path, [].append)
    topic = Topic("predictions", settings(address), after)
    assert read(topic, after, 37) == 37
    topic.close()
    after.close()


def test_another_replica_goes_on_where_the_group_is(broker, tmp_path):
    producer, address = broker
    produce(producer, 10)
    counts = []
    for name in ("a", "b"):
        intake = Intake(BASELINE, tmp_path / name, [].append)
        topic = Topic("predictions", settings(address), intake)
        counts.append(read(topic, intake, 10))
        topic.close()
        intake.close()
        produce(producer, 10)
    assert counts == [10, 10]
