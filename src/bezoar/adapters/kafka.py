"""Messages of a Kafka topic through confluent-kafka, from a place that the caller keeps.

Where a consumer begins is said by whoever keeps what was made of the messages, since only there
the two can be kept together; Kafka's own offset serves a replica that never saw the partition.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from bezoar.core.errors import BezoarError

_AT_ONCE: Final = 1000
_WAIT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Part:
    """Messages of one partition, one after the other.

    Attributes:
        partition: Its number.
        values: What each holds.
        next: The offset after the last one.
    """

    partition: int
    values: list[bytes]
    next: int


class KafkaTopic:
    """A topic that is read by a group of consumers; each partition is one's at a time."""

    def __init__(
        self,
        topic: str,
        settings: Mapping[str, Any],
        place: Callable[[int], int],
    ) -> None:
        """Join the group.

        Args:
            topic: Its name.
            settings: librdkafka's: `bootstrap.servers`, `group.id`, what its security asks for.
            place: Returns the offset from which a partition is to be read here; 0: unknown.

        Raises:
            BezoarError: If confluent-kafka is not installed, or the settings are off.
        """
        try:
            import confluent_kafka  # noqa: PLC0415 - an extra
        except ImportError:
            message = "confluent-kafka is not installed"
            raise BezoarError(message, next="pip install 'bezoar[kafka]'") from None
        self._kafka, self._topic, self._place = confluent_kafka, topic, place
        fixed = {"enable.auto.commit": False, "auto.offset.reset": "earliest"}
        try:
            self._consumer = confluent_kafka.Consumer({**settings, **fixed})
            self._consumer.subscribe([topic], on_assign=self._assigned)
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
            if number is None or offset is None:  # no message of a broker lacks them
                continue
            held = parts.get(number)
            values = held.values if held else []
            values.append(message.value() or b"")
            parts[number] = Part(number, values, offset + 1)
        return list(parts.values())

    def commit(self, part: Part) -> None:
        """Tell the group how far a partition was read; what fails is said again with the next."""
        spot = self._kafka.TopicPartition(self._topic, part.partition, part.next)
        with suppress(self._kafka.KafkaException):
            self._consumer.commit(offsets=[spot], asynchronous=False)

    def _assigned(self, consumer: Any, partitions: list[Any]) -> None:
        """Begin where the place says, or the group, whichever is further."""
        try:
            known = consumer.committed(partitions, timeout=_WAIT_S)
        except self._kafka.KafkaException:
            known = partitions
        for partition, spot in zip(partitions, known, strict=True):
            here = self._place(partition.partition)
            if here > 0 or spot.offset >= 0:
                partition.offset = max(here, spot.offset)
        consumer.assign(partitions)
