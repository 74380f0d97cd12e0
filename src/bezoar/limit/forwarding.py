"""`Forwarding`: predictions go on to a tool that can neither slow nor stop the monitor.

They wait in memory, in a bounded queue; one thread sends them. Whatever a tool does, `put` returns
at once; what it cannot take in time is lost to it, counted, and told. The monitor's own evidence
lies on disk and knows nothing of this.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bezoar.adapters.predictions import PredictionSink, SinkRefusedError, Window
from bezoar.core.place import printable
from bezoar.limit.baseline import OTHER, Baseline
from bezoar.limit.predictions import Batch
from bezoar.limit.strata import level_name

UNKNOWN: Final = "(unknown)"
"""What tools hear of a class or a level that the baseline has not."""
MOST_WAITING: Final = 200_000
"""Predictions that may wait; of more, the oldest are lost."""
AT_ONCE: Final = 50_000
_PAUSES_S: Final = (1.0, 5.0)
"""Between the tries of one window; after the last one it is lost."""
_TOLD_AGAIN_S: Final = 60.0
_LONGEST_FAULT: Final = 200


class Vocabulary:
    """The names that a baseline knows: nothing else goes to a tool."""

    def __init__(self, baseline: Baseline) -> None:
        """Take the names of a baseline."""
        strata = baseline.strata
        self._classes = {name: printable(name) for name in baseline.classes if name != OTHER}
        self._levels = {
            name: {level[k]: printable(level[k]) for level in strata.levels}
            for k, name in enumerate(strata.columns)
        }

    @property
    def classes(self) -> tuple[str, ...]:
        """Each class as a tool hears it."""
        return (*self._classes.values(), UNKNOWN)

    def window(self, batch: Batch, first: int = 0) -> Window:
        """Return what is usable of a batch; what has no time came now."""
        sure = batch.confidences
        named = np.array([name is not None for name in batch.classes], bool)
        usable = np.flatnonzero(named & (np.isnan(sure) | ((sure >= 0) & (sure <= 1))))
        rows = usable.tolist()
        seconds = batch.seconds[usable]
        known = self._classes
        return Window(
            first,
            [known.get(batch.classes[i] or OTHER, UNKNOWN) for i in rows],
            sure[usable],
            np.where(np.isfinite(seconds), seconds, time.time()),
            {name: self._column(batch, name, rows) for name in self._levels},
        )

    def _column(self, batch: Batch, name: str, rows: list[int]) -> list[str]:
        levels, values = self._levels[name], batch.columns.get(name)
        if values is None:
            return [levels.get("", UNKNOWN)] * len(rows)
        return [levels.get(level_name(values[i]), UNKNOWN) for i in rows]


@dataclass
class Forwarding:
    """Sends predictions on.

    Law: each one that was put is sent, lost, refused as unusable, or waits.

    Attributes:
        name: The tool, for people.
        sink: What takes them.
        baseline: Whose names are sent.
        told: Is told of losses, at most once a minute; by the thread that sends.
        every_s: Seconds between two windows, where there is no hurry.
        most_waiting: Predictions that may wait.
        put_in: How many came in.
        sent: How many the tool took.
        lost: How many it did not get.
        unusable: How many are no predictions.
        fault: Why it did not get the last ones; empty where it did.
    """

    name: str
    sink: PredictionSink
    baseline: Baseline
    told: Callable[[str], object] = lambda _: None
    every_s: float = 30.0
    most_waiting: int = MOST_WAITING
    put_in: int = 0
    sent: int = 0
    lost: int = 0
    unusable: int = 0
    fault: str = ""

    def __post_init__(self) -> None:
        self._vocabulary = Vocabulary(self.baseline)
        self._waiting: deque[Batch] = deque()
        self._size = 0
        self._lock = threading.Lock()
        self._wake, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._next = 0
        self._told_at, self._told_of = -_TOLD_AGAIN_S, 0

    def put(self, batch: Batch) -> None:
        """Let a batch be sent soon; returns at once, whatever the tool does."""
        names = self.baseline.strata.columns
        kept = {name: batch.columns[name] for name in names if name in batch.columns}
        batch = replace(batch, columns=kept)  # features may be large, and wait for nothing
        with self._lock:
            self.put_in += len(batch)
            if self._ended.is_set():
                self.lost += len(batch)
                return
            self._waiting.append(batch)
            self._size += len(batch)
            while self._size > self.most_waiting:
                self._drop(self._waiting.popleft())
            hurried = self._size >= min(AT_ONCE, self.most_waiting // 2)
            # Here and not before: a server may have forked since, and threads do not follow.
            if self._thread is None or not self._thread.is_alive():
                self._begin()
        if hurried:
            self._wake.set()

    def close(self, wait_s: float = 10.0) -> None:
        """Send what waits, for so long; what is left then is lost, and so is what hangs."""
        self._ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(wait_s)
            if self._thread.is_alive():
                self.fault = self.fault or "it does not answer"
        with self._lock:
            self._waiting.clear()
            self._size = 0
            self.lost = self.put_in - self.sent - self.unusable
        self._tell(last=True)

    def _begin(self) -> None:
        thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        with suppress(RuntimeError):  # no thread to be had: the next batch asks again
            thread.start()
            self._thread = thread

    def _drop(self, batch: Batch) -> None:
        self._size -= len(batch)
        self.lost += len(batch)

    def _run(self) -> None:
        while True:
            self._wake.wait(self.every_s)
            self._wake.clear()
            ended = self._ended.is_set()  # before the queue is looked at: nothing comes after it
            while batches := self._taken():
                self._send(batches)
                self._tell()
            if ended:
                with suppress(Exception):  # whatever its client raises: all is said
                    self.sink.close()
                return

    def _taken(self) -> list[Batch]:
        with self._lock:
            found: list[Batch] = []
            size = 0
            while self._waiting and (not found or size + len(self._waiting[0]) <= AT_ONCE):
                found.append(self._waiting.popleft())
                size += len(found[-1])
            self._size -= size
        return found

    def _send(self, batches: list[Batch]) -> None:
        size = sum(map(len, batches))
        try:
            window = together([self._vocabulary.window(batch) for batch in batches], self._next)
            self.unusable += size - len(window)
            size = len(window)
            self._next += size
            if size:
                self._tried(window)
        except Exception as error:  # noqa: BLE001 - a tool raises whatever its libraries do
            self.fault = _why(error)
            with self._lock:
                self.lost += size
        else:
            self.sent += size
            self.fault = ""

    def _tried(self, window: Window) -> None:
        for pause in _PAUSES_S:
            try:
                return self.sink.send(window)
            except SinkRefusedError:
                raise
            except Exception as error:  # noqa: BLE001 - the same
                self.fault = _why(error)
            if self._ended.wait(pause):
                break
        return self.sink.send(window)

    def _tell(self, *, last: bool = False) -> None:
        now = time.monotonic()
        if self.lost == self._told_of or not (last or now - self._told_at >= _TOLD_AGAIN_S):
            return
        self._told_at, self._told_of = now, self.lost
        why = self.fault or "it is slower than the predictions come"
        with suppress(Exception):  # whoever listens must not end the thread
            self.told(f"{self.name}: {self.lost:,} predictions did not reach it ({why})")


def together(windows: list[Window], first: int = 0) -> Window:
    """Return windows as one, in their order."""
    if len(windows) == 1:
        return replace(windows[0], first=first)
    return Window(
        first,
        [name for one in windows for name in one.classes],
        np.concatenate([one.confidences for one in windows]),
        np.concatenate([one.seconds for one in windows]),
        {name: [v for one in windows for v in one.columns[name]] for name in windows[0].columns},
    )


def _why(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    return printable(text)[:_LONGEST_FAULT]
