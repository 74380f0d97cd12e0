"""Another tool's report beside bezoar's own judgement, on the same predictions."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.adapters.evidently import DriftReport, drift_report
from bezoar.adapters.predictions import Window
from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.limit.baseline import Baseline
from bezoar.limit.forwarding import Vocabulary, together
from bezoar.limit.monitor import Monitor
from bezoar.limit.predictions import Batch, read_predictions
from bezoar.limit.replay import Replay, replay, stream_digest

SCHEMA_VERSION: Final = 1
MOST: Final = 2_000_000
"""Predictions on each side: Evidently holds all of them in memory."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two tools say of a stretch of predictions.

    Attributes:
        replay: What bezoar says.
        drift: What Evidently says.
        predictions: How many usable ones there are.
        trusted: How many they are compared with.
    """

    replay: Replay
    drift: DriftReport
    predictions: int
    trusted: int

    @property
    def found(self) -> bool:
        """Whether either of them found something."""
        return bool(self.replay.alerts) or any(one.drifted for one in self.drift.columns)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values; the page is a file of its own."""
        return {
            "schema_version": SCHEMA_VERSION,
            "predictions": self.predictions,
            "trusted": self.trusted,
            "bezoar": self.replay.as_json(),
            "evidently": {
                "version": self.drift.version,
                "columns": [one.as_json() for one in self.drift.columns],
            },
        }


def compare(stream: Path, reference: Path, monitor: Monitor) -> Comparison:
    """Return what bezoar and Evidently say of one stream.

    Args:
        stream: The predictions in question.
        reference: What the monitor's baseline was made from: bezoar keeps its shares, Evidently
            wants the predictions themselves.
        monitor: With nothing seen yet.

    Raises:
        UsageError: If the reference is another file than the baseline was made from, or there are
            too many predictions.
        NothingToInspectError: If there is no usable prediction on one side.
        BezoarError: If a file cannot be read, or Evidently is not there.
    """
    baseline = monitor.baseline
    if baseline.source and baseline.source != stream_digest(reference):
        raise UsageError(
            f"{reference} is not what the baseline was made from",
            next="name the file that was given to `bezoar monitor baseline --from`",
        )
    columns = baseline.strata.columns
    current = gathered(read_predictions(stream, columns), baseline, stream)
    trusted = gathered(read_predictions(reference, columns), baseline, reference)
    drift = drift_report(trusted, current)
    return Comparison(replay(stream, monitor), drift, len(current), len(trusted))


def gathered(batches: Iterable[Batch], baseline: Baseline, path: Path) -> Window:
    """Return a whole stream's usable predictions.

    Raises:
        UsageError: If they are too many.
        NothingToInspectError: If there is none.
    """
    vocabulary, windows, size = Vocabulary(baseline), [], 0
    for batch in batches:
        windows.append(vocabulary.window(batch))
        size += len(windows[-1])
        if size > MOST:
            raise UsageError(
                f"{path} has more than {MOST:,} predictions, which Evidently holds in memory",
                next="divide the stream; a sample would leave out what is rare",
            )
    if not size:
        raise NothingToInspectError(f"{path} holds no usable prediction", "head " + str(path))
    return together(windows)
