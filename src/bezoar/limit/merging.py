"""States of several replicas of one model, read together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bezoar.core.errors import BezoarError, UsageError
from bezoar.limit.baseline import Baseline
from bezoar.limit.intake import Intake
from bezoar.limit.monitor import ClassAlert, Monitor, resumed

SCHEMA_VERSION: Final = 1
_MOST_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """What replicas saw together.

    Attributes:
        monitor: Their evidence, added.
        events: How often each class came up, (K,).
        replicas: How many there were.
        unsettled: Folders with batches of which only Kafka knows whether they count.
    """

    monitor: Monitor
    events: np.ndarray[Any, np.dtype[np.int64]]
    replicas: int
    unsettled: tuple[Path, ...] = ()

    @property
    def alarmed(self) -> list[int]:
        """Numbers of the classes that are over the line, together or in one of them."""
        over = self.monitor.evidence.strengths() >= self.monitor.per_false_alarm
        return [*map(int, np.flatnonzero(over | self.monitor.evidence.alarmed))]

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        monitor = self.monitor
        strengths = monitor.evidence.strengths()
        expected = monitor.evidence.counts @ monitor.baseline.shares
        return {
            "schema_version": SCHEMA_VERSION,
            "model": monitor.baseline.model,
            "baseline": str(monitor.baseline.digest),
            "replicas": self.replicas,
            "predictions": monitor.evidence.predictions,
            "refused": dict(monitor.refused),
            "per_false_alarm": monitor.per_false_alarm,
            "alerts": [
                {
                    "class": monitor.baseline.classes[k],
                    "observed": int(self.events[k]),
                    "expected": round(float(expected[k]), 3),
                    "evidence": float(strengths[k]),
                }
                for k in self.alarmed
            ],
        }


def merge_states(paths: Sequence[Path], baseline: Baseline, per_false_alarm: float) -> Merged:
    """Add up what replicas saw.

    Args:
        paths: The folder of a replica that does not run, or a file: what `/v1/state` answered, or
            what `replay --state` left.
        baseline: What each of them was compared with.
        per_false_alarm: What each of them promises.

    Raises:
        UsageError: If one is missing, there twice, runs, or promises something else.
        BezoarError: If one cannot be read, or was compared with another baseline.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("a state is there twice", next="name each of them once")
    monitors, unsettled = [], []
    for path in paths:
        if path.is_dir():
            monitor, settled = _folder(path, baseline, per_false_alarm)
            unsettled += [] if settled else [path]
        else:
            monitor = resumed(baseline, _file(path), per_false_alarm, lean=True)
        monitors.append(monitor)
    events = np.sum([one.evidence.events for one in monitors], axis=0)
    return Merged(monitors[0].merged(monitors[1:]), events, len(monitors), tuple(unsettled))


def _folder(path: Path, baseline: Baseline, per_false_alarm: float) -> tuple[Monitor, bool]:
    if not any(path.glob("journal-*")) and not (path / "state").exists():
        raise UsageError(f"{path} holds no state of a monitor", next=f"ls {path}")
    intake = Intake(baseline, path, _untold, per_false_alarm=per_false_alarm)
    try:
        return intake.monitor, not intake.prepared
    finally:
        intake.close()


def _untold(_: ClassAlert) -> None:
    """Leave alarms to the replica whose they are."""
    raise BezoarError("a reading tells nobody", next="bezoar monitor --help")


def _file(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} is too long for a state", next="bezoar monitor merge --help")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}", next="bezoar monitor merge --help"
        ) from None
