"""Predictions of a Kafka topic: how far each partition was read is kept with the evidence.

Within one replica each message counts once, over kills and restarts. A partition that moves to
another replica after a kill is read from what the group was told last: what the dead one had taken
in after that may be counted by both.
"""

from collections.abc import Mapping
from typing import Any

from bezoar.adapters.kafka import KafkaTopic
from bezoar.limit.intake import Intake, Receipt
from bezoar.limit.predictions import batch_of, parsed

_LONGEST = 1 << 16


class Topic:
    """Reads a topic whose messages are JSON objects: `class`, `confidence`, `time`, strata.

    Attributes:
        name: Of the topic.
    """

    def __init__(self, name: str, settings: Mapping[str, Any], intake: Intake) -> None:
        """Join the group.

        Raises:
            BezoarError: If confluent-kafka is not installed, or the settings are off.
        """
        self.name, self._intake = name, intake
        self._topic = KafkaTopic(name, settings, self._offset)

    def close(self) -> None:
        """Leave the group."""
        self._topic.__exit__()

    def step(self, wait_s: float = 1.0) -> list[Receipt]:
        """Take in what came; nothing where nothing did.

        Raises:
            BezoarError: If the broker cannot go on, or the state cannot be written.
        """
        found: list[Receipt] = []
        columns = self._intake.monitor.columns
        for part in self._topic.poll(wait_s):
            rows = [parsed(value) if len(value) <= _LONGEST else None for value in part.values]
            place = (self._key(part.partition), {"offset": part.next})
            parcel = self._intake.parcel(batch_of(0, rows, columns), place=place)
            found += self._intake.take([parcel])
            self._topic.commit(part)
        return found

    def _offset(self, partition: int) -> int:
        return int(self._intake.place.get(self._key(partition), {}).get("offset", 0))

    def _key(self, partition: int) -> str:
        return f"kafka:{self.name}:{partition}"
