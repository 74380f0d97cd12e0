"""`Parcel`: a batch of predictions as the journal holds it, and `Receipt`: what became of one."""

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bezoar.core.arrays import Floats, Ints
from bezoar.limit.kept_inputs import Sent
from bezoar.limit.monitor import ClassAlert
from bezoar.limit.signals import Notes

BATCH: Final = b"N"
"""The byte that a record of a batch begins with."""
_SIZES: Final = struct.Struct("<HIII")

Place = tuple[str, dict[str, Any]]
"""How far a source was read: its name, and JSON values. It is kept with what was read."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch.

    Attributes:
        taken: Predictions in it that count.
        refused: Those that do not.
        again: True where it had been taken before, and nothing was counted twice.
        alerts: Alarms that it began or ended.
    """

    taken: int
    refused: int
    again: bool = False
    alerts: tuple[ClassAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch as the journal holds it: numbers.

    Attributes:
        id: By which a retry is known; empty: it never is.
        which: Class of each, (n,).
        confidences: Of each, (n,).
        rows: Stratum of each, (n,).
        place: How far its source was read with it.
        notes: What it says of inputs and labels.
        sent: Inputs that are to be kept.
    """

    id: str
    which: Ints
    confidences: Floats
    rows: Ints
    place: Place | None = None
    notes: Notes | None = None
    sent: Sent | None = None

    def as_record(self) -> bytes:
        """Return it as bytes."""
        name = self.id.encode()
        arrays = (self.which.astype("<i4"), self.rows.astype("<i4"), self.confidences.astype("<f8"))
        place = json.dumps(self.place).encode() if self.place else b""
        notes = self.notes.as_json().encode() if self.notes else b""
        head = _SIZES.pack(len(name), len(place), len(notes), len(self.which))
        return b"".join([BATCH, head, name, place, notes, *(one.tobytes() for one in arrays)])

    @classmethod
    def parse(cls, record: bytes) -> "Parcel":
        """Read it back."""
        length, placed, noted, size = _SIZES.unpack_from(record, 1)
        at = 1 + _SIZES.size
        name = record[at : at + length].decode()
        at += length
        place = json.loads(record[at : at + placed]) if placed else None
        at += placed
        notes = Notes.parse(record[at : at + noted]) if noted else None
        at += noted
        which = np.frombuffer(record, "<i4", size, at).astype(np.int64)
        rows = np.frombuffer(record, "<i4", size, at + 4 * size).astype(np.int64)
        confidences = np.frombuffer(record, "<f8", size, at + 8 * size)
        where = (place[0], place[1]) if place else None
        return cls(name, which, confidences, rows, where, notes)
