"""`Monitor`: watches a model's predictions, and says when a class comes up too often."""

import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from bezoar.core.alert import Alert
from bezoar.core.arrays import Floats, Ints
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.place import Place, PlaceKind
from bezoar.limit.baseline import OTHER, Baseline
from bezoar.limit.evidence import Evidence
from bezoar.limit.predictions import Batch, as_confidence, as_seconds, class_name
from bezoar.limit.rates import PER_FALSE_ALARM, RateAlert
from bezoar.limit.shares import STANDARD_ERRORS
from bezoar.limit.signals import Notes, Signals
from bezoar.limit.suspect import Suspect, most_missing

LATE: Final = -2
"""The class of a row that is no prediction: a label that comes later."""
_WAITING: Final = 256
_STATISTIC: Final = "share of predictions"


@dataclass(frozen=True, slots=True)
class ClassAlert:
    """A class comes up too often, or no longer does.

    Attributes:
        alert: The statistic that crossed, its line, and the promise.
        class_: Which class; empty for those that the baseline does not know.
        predictions: Length of the stretch in which it stands out most.
        observed: How often it came up in it.
        expected: How often at most, had nothing changed.
        began: False where an alarm ended.
        suspect: The class that comes up too rarely in its place, where one stands out.
        samples: Inputs of the class that were kept, by name.
        rate: True where it is no class, but a rate beside them: inputs, or answers.
        between: Alarms of the class since the one told before, too many to be told of.
        again: True where an alarm that was told before is told with more evidence.
    """

    alert: Alert
    class_: str
    predictions: int
    observed: int
    expected: float
    began: bool = True
    suspect: Suspect | None = None
    samples: tuple[str, ...] = ()
    between: int = 0
    again: bool = False
    rate: bool = False

    @property
    def deviations(self) -> float:
        """Standard deviations from the baseline: for people; the promise rests on other grounds."""
        return (self.observed - self.expected) / math.sqrt(max(self.expected, 1e-9))

    @property
    def sentence(self) -> str:
        """What it says, with counts."""
        name = f"class {self.class_!r}" if self.class_ else "classes that the baseline has not"
        what = f"Prediction distribution for {name}"
        if self.rate:
            what = f"Rate of {self.class_.strip('()')}"
        if not self.began:
            return f"{what} is back to baseline."
        return (
            f"{what} has deviated by {self.deviations:.1f} standard"
            f" deviations from baseline: {self.observed:,} in {self.predictions:,} against"
            f" {self.expected:.1f} expected; at most one false alarm per"
            f" {round(1 / self.alert.false_alarm_rate):,} predictions."
        )


def _of_rate(one: RateAlert) -> ClassAlert:
    counts = (one.observations, one.observed, one.expected)
    return ClassAlert(one.alert, one.alert.statistic, *counts, one.began, rate=True)


@dataclass
class Monitor:
    """Watches a model's predictions.

    Law: the same predictions in other batches give the same alerts.

    Attributes:
        baseline: What they are compared with.
        per_false_alarm: Predictions to a false alarm, at least, on average.
        standard_errors: How far above its estimate a rate may lie and still be called normal.
        refused: How many observations were refused, by reason.
        lean: Whether memory matters more than speed; see `Evidence`.
    """

    baseline: Baseline
    per_false_alarm: float = PER_FALSE_ALARM
    standard_errors: float = STANDARD_ERRORS
    refused: Counter[str] = field(default_factory=Counter)
    lean: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        expected = self.baseline.expected(self.standard_errors)
        self.evidence = Evidence(expected, self.per_false_alarm, lean=self.lean)
        self.signals = Signals(self.baseline, self.per_false_alarm, lean=self.lean)
        self._index = self.baseline.index()
        self._other = self._index[OTHER]
        self._numbers: list[int] = []
        self._which: list[int] = []
        self._confidences: list[float] = []
        self._rows: list[int] = []
        self._next = 0

    @property
    def position(self) -> int:
        """The number of the next observation; refused ones count."""
        return self._next

    @property
    def columns(self) -> tuple[str, ...]:
        """What it wants to see of each prediction beside class, confidence and time."""
        return tuple(dict.fromkeys((*self.baseline.strata.columns, *self.signals.columns)))

    def begin_at(self, number: int) -> None:
        """Give the next observation this number: the stream did not begin here."""
        self._next = number

    def observe(
        self,
        class_: Any,
        confidence: float | None = None,
        *,
        time: float | str | None = None,
        **columns: Any,
    ) -> list[ClassAlert]:
        """Take one prediction in; what the wait for a small batch brings up is returned.

        Args:
            class_: What was predicted.
            confidence: How sure the model was, 0 to 1.
            time: When: seconds since the epoch or RFC 3339; needed where hours are strata.
            **columns: Values of the baseline's columns; `features`, `id` and `label` where the
                baseline knows inputs and labels.
        """
        number, self._next = self._next, self._next + 1
        which = self._index.get(class_) if type(class_) is str and class_ else None
        if which is None:
            name = class_name(class_)
            which = -1 if name is None else self._index.get(name, self._other)
        sure = as_confidence(confidence)
        known = self.baseline.strata
        row = 0
        if known.hour or known.columns:
            row = known.code(as_seconds(time), columns)
        self._numbers.append(number)
        self._which.append(which)
        self._confidences.append(sure)
        self._rows.append(row)
        alerts = self._beside(number, class_, columns) if columns and self.signals.columns else []
        if len(self._which) < _WAITING:
            return alerts
        return alerts + self.flush()

    def flush(self) -> list[ClassAlert]:
        """Count what waits, and return the alerts that it brings."""
        if not self._which:
            return []
        waiting = (self._numbers, self._which, self._confidences, self._rows)
        self._numbers, self._which, self._confidences, self._rows = [], [], [], []
        numbers, which, confidences, rows = map(np.array, waiting)
        return self._take(numbers, which, confidences, rows)

    def observe_batch(self, batch: Batch) -> list[ClassAlert]:
        """Take a batch in, as a file or a request holds it, and return the alerts."""
        return self.observe_codes(*self.coded(batch), self.signals.read(batch))

    def coded(self, batch: Batch) -> tuple[Ints, Floats, Ints]:
        """Return a batch as `observe_codes` takes it: classes, confidences, strata; each (n,)."""
        other = self._other
        which = np.array(
            [-1 if name is None else self._index.get(name, other) for name in batch.classes],
            np.int64,
        )
        rows = self.baseline.strata.codes(batch.seconds, batch.columns, len(batch))
        return which, batch.confidences, rows

    def label(self, name: str, truth: Any) -> list[ClassAlert]:
        """Take in what is true of a prediction that came with an id, and return the alerts."""
        columns: dict[str, list[Any]] = {"id": [name], "label": [truth]}
        unknown = np.full(1, np.nan)
        return self.observe_batch(Batch(0, [None], unknown, unknown, columns))

    def observe_codes(
        self,
        which: Ints,
        confidences: Floats | None = None,
        rows: Ints | None = None,
        notes: Notes | None = None,
    ) -> list[ClassAlert]:
        """Take predictions in as numbers: the fast way.

        Args:
            which: Number of each class in the baseline, (n,); -1 for what cannot be counted.
            confidences: (n,), NaN where there is none.
            rows: Number of each stratum, (n,).
            notes: What they say of inputs and labels.
        """
        alerts = self.flush()
        numbers = np.arange(self._next, self._next + len(which))
        self._next += len(which)
        if confidences is None:
            confidences = np.full(len(which), np.nan)
        if rows is None:
            rows = np.zeros(len(which), np.int64)
        if notes is None:
            return alerts + self._take(numbers, which, confidences, rows)
        if notes.late:
            which = which.copy()
            which[notes.late] = LATE
        alerts += self._take(numbers, which, confidences, rows)
        alerts += map(_of_rate, self.signals.observe(notes, numbers))
        return sorted(alerts, key=lambda one: one.alert.index)

    def _beside(self, number: int, class_: Any, columns: Mapping[str, Any]) -> list[ClassAlert]:
        """Take in what came with one prediction beside its class."""
        unknown = np.full(1, np.nan)
        sent = {name: [columns.get(name)] for name in self.signals.columns}
        notes = self.signals.read(Batch(0, [class_name(class_)], unknown, unknown, sent))
        if notes is None:
            return []
        return [*map(_of_rate, self.signals.observe(notes, np.array([number])))]

    def _take(
        self, numbers: Ints, which: Ints, confidences: Floats, rows: Ints
    ) -> list[ClassAlert]:
        bad = ~(np.isnan(confidences) | ((confidences >= 0) & (confidences <= 1)))
        lost = (which < 0) | (which >= len(self.baseline.classes))
        if lost.any() or bad.any():
            self.refused["no class"] += int((lost & (which != LATE)).sum())
            self.refused["no confidence"] += int((bad & ~lost).sum())
            kept = ~(lost | bad)
            numbers, which, rows = numbers[kept], which[kept], rows[kept]
            confidences = confidences[kept]
        above = self.baseline.levels(which, confidences, lean=self.lean)
        turns = self.evidence.observe(which, above, rows)
        return [self._alert(int(numbers[i]), c, began=began) for i, c, began in turns]

    def _alert(self, number: int, which: int, *, began: bool) -> ClassAlert:
        name = self.baseline.classes[which]
        place = Place(PlaceKind.CLASS, name or "(unknown)")
        value = float(self.evidence.strengths()[which])
        alert = Alert(
            _STATISTIC, value, self.per_false_alarm, 1 / self.per_false_alarm, place, number
        )
        suspect = self.suspect(which) if began else None
        return ClassAlert(alert, name, *self.evidence.recent(which), began, suspect)

    def number(self, class_: str) -> int:
        """Return a class's number in the baseline: that of all others where it is not known."""
        return self._index.get(class_, self._other)

    def suspect(self, which: int) -> Suspect | None:
        """Return the class that comes up too rarely in the place of another, as far as is known.

        Args:
            which: Number in the baseline of the one that comes up too often.
        """
        return most_missing(self.evidence, self.baseline.shares, self.baseline.classes, which)

    def merged(self, others: Iterable["Monitor"]) -> "Monitor":
        """Return what several replicas of one model saw together.

        Raises:
            BezoarError: If one of them was compared with another baseline.
        """
        promise = (self.per_false_alarm, self.standard_errors)
        together = Monitor(self.baseline, *promise, lean=self.lean)
        evidence, refused = self.evidence, Counter(self.refused)
        for other in others:
            try:
                evidence = evidence.added(other.evidence)
            except ValueError:
                raise BezoarError(
                    "the replicas were compared with different baselines",
                    next="give each replica the same --baseline",
                ) from None
            refused += other.refused
            together.signals.add(other.signals)
        together.signals.add(self.signals)
        together.evidence, together.refused = evidence, refused
        together.begin_at(evidence.predictions + refused.total())
        return together

    def state(self) -> bytes:
        """Return all that a restart needs to lose no evidence, as an .npz without objects."""
        self.flush()
        sink = io.BytesIO()
        np.savez(
            sink,
            baseline=np.frombuffer(self.baseline.digest.value, np.uint8),
            promise=np.array([self.per_false_alarm, self.standard_errors]),
            next=np.array([self._next, *(self.refused[why] for why in _REASONS)]),
            **self.evidence.parts(),
            **self.signals.state(),
        )
        return sink.getvalue()


_REASONS: Final = ("no class", "no confidence")


def resumed(
    baseline: Baseline,
    state: bytes,
    per_false_alarm: float | None = None,
    *,
    lean: bool = False,
) -> Monitor:
    """Return the monitor that a state was taken of.

    Args:
        baseline: The one that it began with.
        state: What `Monitor.state` returned.
        per_false_alarm: The promise that is asked for; None: whichever it began with.
        lean: Whether memory matters more than speed.

    Raises:
        UsageError: If it began with another promise: its evidence was gathered for that line.
        BezoarError: If it cannot be read, or belongs to another baseline.
    """
    try:
        with np.load(io.BytesIO(state), allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        if parts["baseline"].tobytes() != baseline.digest.value:
            raise BezoarError(
                "the monitor's state belongs to another baseline",
                next="bezoar monitor replay --baseline FILE, with the one it began with",
            )
        promise, numbers = parts["promise"].tolist(), parts["next"].tolist()
        if per_false_alarm not in (None, promise[0]):
            raise UsageError(
                f"the state promises one false alarm in {promise[0]:,.0f}, not in"
                f" {per_false_alarm:,.0f}",
                next=f"--per-false-alarm {promise[0]:.0f}, or begin anew with another --state",
            )
        monitor = Monitor(baseline, *promise, lean=lean)
        monitor.evidence = monitor.evidence.restored(parts)
        monitor.signals.restore(parts)
    except (ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile) as error:
        raise BezoarError(
            f"the monitor's state cannot be read ({type(error).__name__})",
            next="begin anew without --state; what it knew is lost",
        ) from None
    monitor.begin_at(int(numbers[0]))
    monitor.refused = Counter(dict(zip(_REASONS, map(int, numbers[1:]), strict=True)))
    return monitor
