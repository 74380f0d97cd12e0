"""`Intake`: batches go in, and count once: over retries, restarts and kills.

A batch is in the journal before it counts, and is acknowledged after that. Now and then the whole
state is checkpointed and a new journal begun. The checkpoint names its journal, so that a crash
between the two leaves either the old pair or the new one.
"""

import fcntl
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.writing import write_whole
from bezoar.limit.baseline import Baseline
from bezoar.limit.incidents import Incidents
from bezoar.limit.journal import Journal
from bezoar.limit.kept_inputs import COLUMN, KeptInputs, Sent
from bezoar.limit.monitor import ClassAlert, Monitor, resumed
from bezoar.limit.parcel import BATCH, Parcel, Place, Receipt
from bezoar.limit.predictions import Batch
from bezoar.limit.rates import PER_FALSE_ALARM

Notify = Callable[[ClassAlert], object]
"""Is told of an alarm that begins or ends; what it returned from is never told again."""

REMEMBERED: Final = 20_000
"""Ids of batches that are known again: a retry may come so many batches later."""
LONGEST_ID: Final = 200
_CHECKPOINT_BYTES: Final = 16 << 20
_TOLD, _INPUTS = b"T", b"I"
_PREPARED, _COUNTS, _DROPPED = b"P", b"C", b"D"


@dataclass
class Patience:
    """When to try again what failed: after a second, and ever later, up to a minute."""

    _wait_s: float = 1.0
    _until: float = field(default=0.0)

    def over(self) -> bool:
        """Tell whether it is time."""
        return time.monotonic() >= self._until

    def wait(self) -> None:
        """Note that it failed."""
        self._until = time.monotonic() + self._wait_s
        self._wait_s = min(2 * self._wait_s, 60.0)


class Intake:
    """Takes batches in; what `take` returned from survives a kill.

    Law: the same batches, whatever their retries and restarts, leave the same evidence.

    Attributes:
        monitor: As it stands.
        incidents: The alarms that are on, and those that are to be told.
        folder: Where its state lies; one process at a time.
        place: How far each source was read, by name.
    """

    def __init__(
        self,
        baseline: Baseline,
        folder: Path,
        notify: Notify,
        *,
        per_false_alarm: float = PER_FALSE_ALARM,
        keep_inputs: int = 0,
    ) -> None:
        """Go on where the folder's state stands, or begin.

        Args:
            baseline: What predictions are compared with.
            folder: Where the state lies; made where it is missing.
            notify: Is told of alarms.
            per_false_alarm: Predictions to a false alarm, at least, on average.
            keep_inputs: How many inputs of each class are kept for who looks at an alarm.

        Raises:
            UsageError: If another process has the folder, or its promise is another one.
            BezoarError: If the state cannot be read, or belongs to another baseline.
        """
        self.folder, self._notify = folder, notify
        self.place: dict[str, dict[str, Any]] = {}
        self._ids: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._prepared: dict[str, Parcel] = {}
        self._generation = 0
        kept = KeptInputs(folder / "inputs", keep_inputs, len(baseline.classes))
        self.incidents = Incidents(kept if keep_inputs else None)
        self._patience = Patience()
        self._lock = _locked(folder)
        try:
            self.monitor = self._read(baseline, per_false_alarm)
            self._journal = Journal(self._journal_path())
            self._replay()
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Checkpoint, and let another process have the folder."""
        try:
            self.checkpoint()
        finally:
            self._journal.close()
            os.close(self._lock)

    def parcel(self, batch: Batch, name: str = "", place: Place | None = None) -> Parcel:
        """Return a batch as the journal holds it.

        Raises:
            UsageError: If the id is too long.
        """
        if len(name) > LONGEST_ID or not name.isprintable():
            raise UsageError(f"a batch's id has at most {LONGEST_ID} printable characters")
        which, confidences, rows = self.monitor.coded(batch)
        notes, inputs = self.monitor.signals.read(batch), self.incidents.inputs
        sent = None
        if inputs is not None and COLUMN in batch.columns:
            sent = inputs.read(which, batch.columns[COLUMN])
        return Parcel(name, which, confidences, rows, place, notes, sent)

    @property
    def columns(self) -> tuple[str, ...]:
        """What it wants to see of each prediction beside class, confidence and time."""
        wanted = self.monitor.columns
        kept = self.incidents.inputs is not None and COLUMN not in wanted
        return (*wanted, COLUMN) if kept else wanted

    def take(self, parcels: Sequence[Parcel]) -> list[Receipt]:
        """Take batches in, with one wait for the disk, and tell of the alarms that they bring.

        Raises:
            BezoarError: If the disk does not take them; then none of them counts.
        """
        fresh: dict[int, Parcel] = {}
        names: set[str] = set()
        for number, parcel in enumerate(parcels):
            if not parcel.id or (parcel.id not in self._ids and parcel.id not in names):
                fresh[number] = parcel
                names.add(parcel.id)
        if fresh:
            self._journal.append(
                [one for parcel in fresh.values() for one in self._records(parcel)]
            )
        receipts = [
            self._count(parcel) if number in fresh else Receipt(*self._ids[parcel.id], again=True)
            for number, parcel in enumerate(parcels)
        ]
        self.tell()
        if self._journal.size > _CHECKPOINT_BYTES:
            self.checkpoint()
        return receipts

    @property
    def prepared(self) -> dict[str, dict[str, Any]]:
        """What is on disk, and may count: how far each source was read with it, by its name."""
        places = (parcel.place for parcel in self._prepared.values())
        return dict(place for place in places if place is not None)

    def prepare(self, parcels: Sequence[Parcel]) -> None:
        """Put batches on disk that count only once `settle` says so; one of each source.

        Raises:
            BezoarError: If the disk does not take them.
        """
        self._journal.append([_PREPARED + parcel.as_record() for parcel in parcels])
        self._prepared.update((parcel.place[0], parcel) for parcel in parcels if parcel.place)

    def settle(self, decided: Mapping[str, bool]) -> list[Receipt]:
        """Let what was prepared count, or forget it; by the names of the sources.

        Raises:
            BezoarError: If the disk does not take it; then it stays open.
        """
        if not decided:
            return []
        tags = {True: _COUNTS, False: _DROPPED}
        self._journal.append([tags[one] + name.encode() for name, one in decided.items()])
        parcels = [(self._prepared.pop(name), one) for name, one in decided.items()]
        receipts = [self._count(parcel) for parcel, one in parcels if one]
        self.tell()
        if self._journal.size > _CHECKPOINT_BYTES:
            self.checkpoint()
        return receipts

    def tell(self) -> None:
        """Tell of the alarms that nobody was told of; those that cannot be told wait."""
        while self.untold and self._patience.over():
            try:
                self._notify(next(iter(self.incidents.untold)))
                self._journal.append([_TOLD])
            except BezoarError:
                self._patience.wait()
                return
            self.incidents.untold.told()
            self._patience = Patience()

    @property
    def untold(self) -> int:
        """How many alarms wait to be told."""
        return len(self.incidents.untold)

    def checkpoint(self) -> None:
        """Write the whole state, and begin a new journal.

        Raises:
            BezoarError: If it cannot be written; the old state and its journal still hold.
        """
        if not self._journal.size or self._prepared:
            return
        old = self._journal
        self._generation += 1
        head = {
            "schema_version": 1,
            "journal": self._generation,
            "ids": list(self._ids.items()),
            "place": self.place,
            "incidents": self.incidents.as_json(),
        }
        try:
            new = Journal(self._journal_path())
            write_whole(
                self.folder / "state", json.dumps(head).encode() + b"\n" + self.monitor.state()
            )
        except BezoarError:
            self._generation -= 1
            raise
        self._journal = new
        old.close()
        with suppress(OSError):
            old.path.unlink()

    def _count(self, parcel: Parcel) -> Receipt:
        before = self.monitor.evidence.predictions
        alerts = self.monitor.observe_codes(
            parcel.which, parcel.confidences, parcel.rows, parcel.notes
        )
        taken = self.monitor.evidence.predictions - before
        labels = len(parcel.notes.late) if parcel.notes else 0
        refused = len(parcel.which) - taken - labels
        if parcel.id:
            self._ids[parcel.id] = (taken, refused)
            if len(self._ids) > REMEMBERED:
                self._ids.popitem(last=False)
        if parcel.place:
            self.place[parcel.place[0]] = parcel.place[1]
        turns = self.incidents.took(alerts, self.monitor, parcel.sent)
        return Receipt(taken, refused, alerts=turns)

    def _records(self, parcel: Parcel) -> list[bytes]:
        """Return a batch as it goes into the journal; bytes of inputs go into their folder."""
        if self.incidents.inputs is None or parcel.sent is None or not parcel.sent.names:
            return [parcel.as_record()]
        self.incidents.inputs.write(parcel.sent)
        return [_INPUTS + parcel.sent.as_record(), parcel.as_record()]

    def _replay(self) -> None:
        """Count what the journal holds, and remember what nobody was told of."""
        sent: Sent | None = None
        for record in self._journal.records():
            if record[:1] == _TOLD:
                self.incidents.untold.told()
            elif record[:1] == _INPUTS:
                sent = Sent.parse(record[1:])
            else:
                self._again(record, sent)
                sent = None
        if self.incidents.inputs is not None:
            self.incidents.inputs.sweep()
        for path in self.folder.glob("journal-*"):  # a crash may have left the one before
            if path != self._journal.path:
                path.unlink()

    def _again(self, record: bytes, sent: Sent | None) -> None:
        """Do with a batch what was done with it before."""
        tag, rest = record[:1], record[1:]
        if tag == BATCH:
            self._count(replace(Parcel.parse(record), sent=sent))
        elif tag == _PREPARED:
            parcel = Parcel.parse(rest)
            self._prepared.update({parcel.place[0]: parcel} if parcel.place else {})
        elif tag in {_COUNTS, _DROPPED}:
            parcel = self._prepared.pop(rest.decode())
            if tag == _COUNTS:
                self._count(parcel)
        else:
            raise BezoarError(
                f"{self._journal.path} was written by another version of bezoar",
                next=f"mv {self.folder} {self.folder}.old; what it knew is lost",
            )

    def _read(self, baseline: Baseline, per_false_alarm: float) -> Monitor:
        path = self.folder / "state"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return Monitor(baseline, per_false_alarm, lean=True)
        except OSError as error:
            raise BezoarError(f"cannot read {path}: {error.strerror}", f"ls -l {path}") from None
        head, _, state = data.partition(b"\n")
        try:
            fields = json.loads(head)
            self._generation = int(fields["journal"])
            self._ids.update((str(name), (int(a), int(b))) for name, (a, b) in fields["ids"])
            self.place = dict(fields["place"])
            self.incidents.restore(fields.get("incidents") or {})
        except (ValueError, KeyError, TypeError) as error:
            raise BezoarError(
                f"{path} is damaged ({type(error).__name__})",
                next=f"mv {self.folder} {self.folder}.damaged; what it knew is lost",
            ) from None
        return resumed(baseline, state, per_false_alarm, lean=True)

    def _journal_path(self) -> Path:
        return self.folder / f"journal-{self._generation}"


def _locked(folder: Path) -> int:
    """Return the folder's lock."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BezoarError(f"cannot use {folder}: {error.strerror}", f"ls -ld {folder}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise UsageError(
            f"another monitor has its state in {folder}", next="give each replica its own --state"
        ) from None
    return lock
