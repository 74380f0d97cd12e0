"""A recorded stream, watched as if it were live: the same predictions give the same alerts."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bezoar.core.digest import Digest
from bezoar.core.errors import NothingToInspectError
from bezoar.datasets.hashing import FileHashes
from bezoar.limit.monitor import ClassAlert, Monitor
from bezoar.limit.predictions import Batch, read_predictions
from bezoar.limit.strata import HOURS_A_DAY, hours_of

if TYPE_CHECKING:
    from bezoar.core.arrays import Floats

SCHEMA_VERSION: Final = 1
_SURE: Final = 5.0
"""Standard deviations beyond chance from which hours count as different."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a stream gave.

    Attributes:
        monitor: As it stands after the last prediction.
        turns: Where alarms began and ended.
        seconds: Time of each turn since the epoch; NaN where the stream has none.
    """

    monitor: Monitor
    turns: tuple[ClassAlert, ...]
    seconds: tuple[float, ...]

    @property
    def alerts(self) -> tuple[ClassAlert, ...]:
        """Where an alarm began."""
        return tuple(turn for turn in self.turns if turn.began)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        alerts = []
        for turn, seconds in zip(self.turns, self.seconds, strict=True):
            if turn.began:
                alerts.append(_as_json(turn, seconds))
            else:
                last = next(one for one in reversed(alerts) if one["class"] == turn.class_)
                last["until"] = turn.alert.index
        return {
            "schema_version": SCHEMA_VERSION,
            "model": self.monitor.baseline.model,
            "baseline": str(self.monitor.baseline.digest),
            "predictions": self.monitor.evidence.predictions,
            "refused": dict(self.monitor.refused),
            "per_false_alarm": self.monitor.per_false_alarm,
            "alerts": alerts,
        }


def _as_json(turn: ClassAlert, seconds: float) -> dict[str, Any]:
    return {
        "class": turn.class_,
        "at": turn.alert.index,
        "time": None if math.isnan(seconds) else seconds,
        "observed": turn.observed,
        "predictions": turn.predictions,
        "expected": round(turn.expected, 3),
        "deviations": round(turn.deviations, 2),
        "evidence": turn.alert.value,
        "line": turn.alert.line,
        "message": turn.sentence,
        "until": None,
    }


def replay(path: Path, monitor: Monitor, seen: Callable[[int], None] = lambda _: None) -> Replay:
    """Watch a recorded stream.

    Args:
        path: Parquet, CSV or JSON lines.
        monitor: Goes on from where it stands.
        seen: Called with the number of predictions so far.

    Raises:
        NothingToInspectError: If it holds no prediction.
    """
    turns: list[ClassAlert] = []
    seconds: list[float] = []
    began = monitor.position
    for batch in read_predictions(path, monitor.columns):
        first = monitor.position
        for turn in monitor.observe_batch(batch):
            turns.append(turn)
            seconds.append(float(batch.seconds[turn.alert.index - first]))
        seen(monitor.position - began)
    if monitor.position == began:
        raise NothingToInspectError(f"{path} holds no prediction", "bezoar monitor replay --help")
    return Replay(monitor, tuple(turns), tuple(seconds))


def stream_digest(path: Path) -> str:
    """Return a file's SHA-256, read piece by piece; empty where it cannot be read."""
    file = path.resolve()  # a stream may well be a link
    (hashed,) = FileHashes(file.parent, [file.name]).results()
    return "" if hashed.error else str(Digest("sha256", hashed.sha256))


def hours_differ(stream: Iterable[Batch]) -> bool:
    """Tell whether classes come and go with the hour of the day, beyond chance.

    False where the times do not cover each hour.
    """
    counts: dict[str, Floats] = {}
    for batch in stream:
        hours = hours_of(batch.seconds)
        names = np.array([name or "" for name in batch.classes], object)
        for name in set(names.tolist()):
            found = np.bincount(hours[(names == name) & (hours >= 0)], minlength=HOURS_A_DAY)
            counts[name] = counts.get(name, np.zeros(HOURS_A_DAY)) + found
    if not counts:
        return False
    table = np.stack(list(counts.values()), axis=1)
    totals = table.sum(1)
    if (totals == 0).any():
        return False
    expected = totals[:, None] * table.sum(0) / totals.sum()
    statistic = float(((table - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    free = (HOURS_A_DAY - 1) * max(len(counts) - 1, 1)
    return statistic > free + _SURE * math.sqrt(2 * free)
