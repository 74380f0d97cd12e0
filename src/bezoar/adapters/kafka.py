"""Messages of a Kafka topic through confluent-kafka, from a place that the caller keeps.

A group's committed offset is the one thing that all its replicas agree about, so it decides what
was taken in by whom: whoever counts commits first, with a note that the next one can read. A
replica that was thought dead is refused by the broker when it commits.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from bezoar.core.errors import BezoarError

_AT_ONCE: Final = 1000
_WAIT_S: Final = 10.0
_FIXED: Final = {
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    # All partitions are given up before they are shared out anew: nobody holds an old one.
    "partition.assignment.strategy": "range,roundrobin",
    "group.protocol": "classic",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Messages of one partition, one after the other.

    Attributes:
        partition: Its number.
        values: What each holds.
        first: The offset of the first one.
        next: The offset after the last one.
    """

    partition: int
    values: list[bytes]
    first: int
    next: int


@dataclass(frozen=True, slots=True)
class Committed:
    """How far a group read a partition.

    Attributes:
        offset: The first one that nobody took in; -1 where the group never committed.
        note: What the one who committed wrote beside it.
    """

    offset: int = -1
    note: str = ""


class KafkaTopic:
    """A topic that is read by a group of consumers; each partition is one's at a time."""

    def __init__(
        self,
        topic: str,
        settings: Mapping[str, Any],
        begin: Callable[[int, Committed], int],
    ) -> None:
        """Join the group.

        Args:
            topic: Its name.
            settings: librdkafka's: `bootstrap.servers`, `group.id`, what its security asks for.
            begin: Returns the offset from which a partition that falls to this replica is to be
                read, given how far the group is; 0: from its beginning.

        Raises:
            BezoarError: If confluent-kafka is not installed, or the settings are off.
        """
        try:
            import confluent_kafka  # noqa: PLC0415 - an extra
        except ImportError:
            message = "confluent-kafka is not installed"
            raise BezoarError(message, next="pip install 'bezoar[kafka]'") from None
        self._kafka, self._topic, self._begin = confluent_kafka, topic, begin
        self._next: dict[int, int] = {}
        given = {"on_assign": self._assigned, "on_revoke": self._gone, "on_lost": self._gone}
        try:
            self._consumer = confluent_kafka.Consumer({**settings, **_FIXED})
            self._consumer.subscribe([topic], **given)
        except (confluent_kafka.KafkaException, ValueError, TypeError) as error:
            raise BezoarError(
                f"the settings for Kafka are off: {error}", next="see librdkafka's CONFIGURATION.md"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def poll(self, wait_s: float = 1.0) -> list[Part]:
        """Return messages as they come, by partition; none where none came in time.

        Raises:
            BezoarError: If the broker says that it cannot go on.
        """
        parts: dict[int, Part] = {}
        for message in self._consumer.consume(_AT_ONCE, wait_s):
            error = message.error()
            if error is not None:
                if error.fatal() or not error.retriable():
                    raise BezoarError(f"Kafka: {error.str()}", next="look at the broker's log")
                continue
            number, offset = message.partition(), message.offset()
            # One call may return what was fetched before partitions were shared out anew.
            if number is None or offset is None or offset < self._next.get(number, offset + 1):
                continue
            self._next[number] = offset + 1
            held = parts.get(number)
            values = held.values if held else []
            values.append(message.value() or b"")
            parts[number] = Part(number, values, held.first if held else offset, offset + 1)
        return list(parts.values())

    def commit(self, parts: Mapping[int, Committed]) -> set[int]:
        """Tell the group how far partitions were read, and return those of which it surely knows.

        The others may or may not be: `committed` says.
        """
        spots = [
            self._kafka.TopicPartition(self._topic, number, one.offset, one.note)
            for number, one in parts.items()
        ]
        try:
            done = self._consumer.commit(offsets=spots, asynchronous=False)
        except self._kafka.KafkaException:
            return set()
        return {spot.partition for spot in done or () if spot.error is None}

    def committed(self, partitions: Iterable[int]) -> dict[int, Committed]:
        """Return how far the group is.

        Raises:
            BezoarError: If the broker does not say.
        """
        asked = [self._kafka.TopicPartition(self._topic, number) for number in partitions]
        try:
            spots = self._consumer.committed(asked, timeout=_WAIT_S)
        except self._kafka.KafkaException as error:
            raise _silent(error) from None
        for spot in spots:
            if spot.error is not None:
                raise _silent(spot.error)
        return {one.partition: Committed(max(one.offset, -1), one.metadata or "") for one in spots}

    def back_to(self, partition: int, offset: int) -> None:
        """Read a partition again from an offset, where it is still this replica's.

        Raises:
            BezoarError: If that cannot be done.
        """
        if partition not in self._next:
            return
        try:
            self._consumer.seek(self._kafka.TopicPartition(self._topic, partition, offset))
        except self._kafka.KafkaException as error:
            raise _silent(error) from None
        self._next[partition] = offset

    def _assigned(self, consumer: Any, partitions: list[Any]) -> None:
        known = self.committed([partition.partition for partition in partitions])
        for partition in partitions:
            number = partition.partition
            self._next[number] = self._begin(number, known[number])
            if self._next[number] > 0:
                partition.offset = self._next[number]
        consumer.assign(partitions)

    def _gone(self, *_: Any) -> None:
        self._next.clear()


def _silent(error: Any) -> BezoarError:
    return BezoarError(f"Kafka: {error}", next="look at the broker's log, and start it again")
