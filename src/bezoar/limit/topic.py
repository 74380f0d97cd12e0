"""Predictions of a Kafka topic, counted once by the replicas of a group together.

Offsets and evidence are committed together, in two phases: what came is in this replica's journal
first, then the group is told how far the partition was read, and only then it counts. A replica
that died in between asks the group when it is back: each note beside an offset says which replicas
had the partition, and from where on. What the dead one had not committed, another one has counted.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from bezoar.adapters.kafka import Committed, KafkaTopic, Part
from bezoar.core.errors import BezoarError
from bezoar.datasets.writing import write_whole
from bezoar.limit.intake import Intake
from bezoar.limit.parcel import Parcel, Receipt
from bezoar.limit.predictions import batch_of, parsed

_LONGEST: Final = 1 << 16
_REMEMBERED: Final = 40
"""How many owners of a partition a note names; Kafka takes 4,096 bytes."""

Owners = list[tuple[str, int]]
"""Who had a partition, and from which offset on, in order."""


def owners_of(note: str) -> Owners:
    """Return what a note says; none where it is another tool's."""
    try:
        return [(str(who), int(start)) for who, start in json.loads(note)]
    except (ValueError, TypeError, RecursionError):
        return []


def counts(me: str, first: int, until: int, known: Committed) -> bool:
    """Tell whether what a replica had read was committed by it, before others went on.

    Args:
        me: The replica.
        first: Offset of the first message.
        until: The one after the last message.
        known: How far the group is now.
    """
    owners = owners_of(known.note)
    mine = [k for k, (who, start) in enumerate(owners) if who == me and start <= first]
    if not mine:
        return False
    later = owners[mine[-1] + 1 :]
    return (later[0][1] if later else known.offset) >= until


class Topic:
    """Reads a topic whose messages are JSON objects: `class`, `confidence`, `time`, strata.

    Law: over kills and moves of partitions, each message counts in one replica's state, once.

    Attributes:
        name: Of the topic.
    """

    def __init__(self, name: str, settings: Mapping[str, Any], intake: Intake) -> None:
        """Join the group, and find out what became of what a kill had left open.

        Raises:
            BezoarError: If confluent-kafka is not installed, the settings are off, or the broker
                does not say how far the group is.
        """
        self.name, self._intake, self._me = name, intake, _replica(intake)
        self._owners: dict[int, Owners] = {}
        self._topic = KafkaTopic(name, settings, self._begin)
        self._resolve()

    def close(self) -> None:
        """Leave the group."""
        self._topic.__exit__()

    def step(self, wait_s: float = 1.0) -> list[Receipt]:
        """Take in what came; nothing where nothing did.

        Raises:
            BezoarError: If the broker cannot go on, or the state cannot be written.
        """
        parts = self._topic.poll(wait_s)
        if not parts:
            return []
        self._intake.prepare([self._parcel(part) for part in parts])
        sure = self._topic.commit({part.partition: self._commitment(part) for part in parts})
        found = self._intake.settle({self._key(number): True for number in sure})
        return found + self._resolve()

    def _parcel(self, part: Part) -> Parcel:
        rows = [parsed(value) if len(value) <= _LONGEST else None for value in part.values]
        place = (self._key(part.partition), {"offset": part.next, "first": part.first})
        return self._intake.parcel(batch_of(0, rows, self._intake.monitor.columns), place=place)

    def _commitment(self, part: Part) -> Committed:
        owners = self._owners.get(part.partition, [])
        if not owners or owners[-1][0] != self._me:
            owners = [*owners, (self._me, part.first)][-_REMEMBERED:]
        self._owners[part.partition] = owners
        return Committed(part.next, json.dumps(owners, separators=(",", ":")))

    def _resolve(self) -> list[Receipt]:
        """Find out what became of what is prepared: the group knows."""
        prefix = self._key("")
        keys = [key for key in self._intake.prepared if key.startswith(prefix)]
        if not keys:
            return []
        known = self._topic.committed([int(key.removeprefix(prefix)) for key in keys])
        decided = {}
        for key in keys:
            partition, place = int(key.removeprefix(prefix)), self._intake.prepared[key]
            said = known[partition]
            decided[key] = counts(self._me, int(place["first"]), int(place["offset"]), said)
            self._owners[partition] = owners_of(said.note)
            if not decided[key]:
                self._topic.back_to(partition, int(place["first"]))
        return self._intake.settle(decided)

    def _begin(self, partition: int, known: Committed) -> int:
        """Begin where the group is, or the state, whichever is further."""
        self._owners[partition] = owners_of(known.note)
        here = self._intake.place.get(self._key(partition), {}).get("offset", 0)
        return max(int(here), known.offset)

    def _key(self, partition: int | str) -> str:
        return f"kafka:{self.name}:{partition}"


def _replica(intake: Intake) -> str:
    """Return by which name the group knows this state; it stays with the state."""
    path = intake.folder / "replica"
    try:
        return path.read_text("ascii")[:32]
    except FileNotFoundError:
        write_whole(path, uuid4().hex[:16].encode())
        return _replica(intake)
    except (OSError, UnicodeDecodeError) as error:
        raise BezoarError(f"cannot read {path}: {error}", next=f"rm {path}") from None
