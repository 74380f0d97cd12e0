"""`Evidence`: how sure we are, after each prediction, that a class comes up too often.

A Shiryaev-Roberts mixture e-detector (Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric
framework for sequential change detection", 2023). For each watched rate and each ratio `r` by which
it may have risen, a mass of evidence grows by one for each prediction. Without an event it is
multiplied by `n = exp(-(r - 1) * p)`, at an event by `(1 - (1 - p) * n) / p`, which is about `r`:
one in expectation where the event's probability is `p`, and at most one where it is less. So the
mass, less the predictions so far, has no drift upwards, and by optional stopping the mean number of
predictions to a false alarm is at least the line: no calibration, whatever the order of the strata,
and for dependent streams, too.

Between its events a mass follows a formula, so a prediction costs the same for ten classes or for
a thousand: only the rates that it is an event of are touched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bezoar.adapters.numba import compiled
from bezoar.core.arrays import Bools, Floats, Ints

RATIOS: Final = (1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
"""By how much a rate may have risen; the loop below knows them by their powers."""

WATCHED: Final = 4
"""Rates of each class: all its predictions, and those at or above each of three confidence cuts."""

WEIGHTS: Final = (0.2, 0.15, 0.4, 0.25)
"""How a class's false alarms are divided among its rates: a trigger makes a network sure."""

RATIO_WEIGHTS: Final = np.array(
    [[0.2, 0.25, 0.15, 0.1, 0.15, 0.15], *[[0.03, 0.07, 0.15, 0.2, 0.15, 0.4]] * 3]
)
"""How a rate's are divided among the ratios, (4, 6).

A small rise takes most predictions to notice, and gains most by weight. Among the confident a rise
is never small: the few of them that were there before are what the many are compared with.
"""

RECENT: Final = 64
"""Events of each class that are remembered, for the sentence that people read."""

CALM: Final = 1e-3
"""Of its line: an alarm ends at an event after which its rates are below it,"""
HIGH: Final = 0.1
"""and those of the class that it is no event of are below this."""
CEILING: Final = 10.0
"""Of its line: no mass grows beyond it."""
_LEAST: Final = 1e-12


PARTS: Final = ("counts", "seen", "mass", "alarmed", "when", "then", "events")


@dataclass
class Evidence:
    """The state of a detector; two of them, fed from parts of one stream, can be added.

    Attributes:
        expected: The rate's probability in each stratum under the null, (H, 4K).
        per_false_alarm: Predictions to a false alarm, at least, on average, in all classes.
        counts: Predictions in each stratum so far, (H,).
        seen: Expected events of each rate until its last one, (4K,).
        mass: Evidence for each rate and ratio at its last event, (4K, 6).
        alarmed: Which classes are over the line, (K,).
        when: Number of the prediction of each class's last events, in a ring, (K, 64).
        then: Expected events of the class until each of them, (K, 64).
        events: Predictions of each class so far, (K,).
        lean: Whether memory matters more than speed: a compiler takes 130 MB, and is forty times
            as fast.
    """

    expected: Floats
    per_false_alarm: float = 1e6
    counts: Floats = field(default_factory=lambda: np.zeros(0))
    seen: Floats = field(default_factory=lambda: np.zeros(0))
    mass: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    alarmed: Bools = field(default_factory=lambda: np.zeros(0, bool))
    when: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    then: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    events: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    lean: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        strata, rates = self.expected.shape
        if not self.counts.size:
            self.counts, self.seen = np.zeros(strata), np.zeros(rates)
            self.mass = np.zeros((rates, len(RATIOS)))
            classes = rates // WATCHED
            self.alarmed, self.events = np.zeros(classes, bool), np.zeros(classes, np.int64)
            self.when, self.then = np.zeros((2, classes, RECENT))
        steps = np.array(RATIOS) - 1
        # The loop asks for one rate in all strata: these lie side by side.
        self.by_rate = np.ascontiguousarray(self.expected.T)
        # What a mass tends to where nothing happens. An event multiplies what is over that.
        highest = np.maximum(self.expected.max(0), _LEAST)
        self.rest = 1 / (steps * highest[:, None])
        self._loop = None if self.lean else compiled(_advance)
        if self._loop:
            self._moves = moves(self.expected, self.rest)
        self._parts = np.tile(RATIO_WEIGHTS, (rates // WATCHED, 1))
        self.lines = self._lines_of(rates // WATCHED)

    @property
    def predictions(self) -> int:
        """How many predictions were seen."""
        return int(self.counts.sum())

    def observe(self, classes: Ints, above: Ints, strata: Ints) -> Iterator[tuple[int, int, bool]]:
        """Take predictions in, pausing where an alarm begins or ends.

        Args:
            classes: Class of each, (n,) of 0 to K - 1.
            above: How many of its class's cuts each confidence reaches, 0 to 3; -1: no confidence.
            strata: Stratum of each, (n,) of 0 to H - 1.

        Yields:
            Index in this batch, class, and whether an alarm began (True) or ended (False), while
            this object stands as it did at that prediction.
        """
        arrays = [np.ascontiguousarray(one, np.int64) for one in (classes, above, strata)]
        if self._loop is None:
            yield from self._scanned(*arrays)
            return
        turn = np.zeros(2, np.int64)
        begin = 0
        while begin < len(classes):
            used, turned = self._loop(
                *(one[begin:] for one in arrays),
                *(self.by_rate, *self._moves, self.rest, self.lines, RATIO_WEIGHTS),
                *(self.counts, self.seen, self.mass, self.alarmed),
                *(self.when, self.then, self.events, turn),
            )
            begin += used
            if turned:
                yield begin - 1, int(turn[0]), bool(turn[1])

    def _scanned(self, classes: Ints, above: Ints, strata: Ints) -> Iterator[tuple[int, int, bool]]:
        """Do the same without a compiler."""
        from bezoar.limit.scan import Scan, at_once  # noqa: PLC0415 - it scans this class

        step = at_once(len(self.counts))
        for begin in range(0, len(classes), step):
            part = slice(begin, begin + step)
            scan = Scan(self, classes[part], above[part], strata[part])
            for index, which, began in scan.turns():
                scan.keep(index + 1)
                self.alarmed[which] = began
                yield begin + index, which, began
            scan.keep(len(classes[part]))

    def strengths(self) -> Floats:
        """Return each class's evidence now, (K,): predictions per false alarm at such a line."""
        parts = (self.masses() * self._parts).sum(1) / self.lines
        return np.asarray(parts.reshape(-1, WATCHED).max(1) * self.per_false_alarm)

    def recent(self, which: int) -> tuple[int, int, float]:
        """Return the stretch of the recent past in which a class stands out most.

        Returns:
            Predictions in it, those of the class, and how many of these were expected.
        """
        kept = int(min(self.events[which], RECENT))
        last = np.arange(self.events[which] - kept, self.events[which]) % RECENT
        when, then = self.when[which, last], self.then[which, last]
        if kept < 2:  # noqa: PLR2004 - a stretch has two ends
            return self.predictions, kept, float(self.counts @ self.expected[:, which * WATCHED])
        observed = np.arange(kept - 1, 0, -1)
        expected = np.maximum(then[-1] - then[:-1], 1e-12)
        best = int(np.argmax((observed - expected) / np.sqrt(expected)))
        return int(when[-1] - when[best]), int(observed[best]), float(expected[best])

    def added(self, other: "Evidence") -> "Evidence":
        """Return the evidence of two detectors of one null together: masses add.

        Law: the sum's predictions per false alarm are counted over both streams.
        """
        if not np.array_equal(self.expected, other.expected):
            raise ValueError("evidence against another baseline")
        mine, theirs = self.masses(), other.masses()
        counts = self.counts + other.counts
        newer = self if self.predictions >= other.predictions else other
        return Evidence(
            self.expected,
            self.per_false_alarm,
            counts,
            counts @ self.expected,
            mine + theirs,
            self.alarmed | other.alarmed,
            newer.when.copy(),
            newer.then.copy(),
            newer.events.copy(),
            lean=self.lean,
        )

    def parts(self) -> dict[str, Any]:
        """Return the arrays that change, by name: what a restart needs."""
        return {name: getattr(self, name) for name in PARTS}

    def restored(self, parts: Mapping[str, Any]) -> "Evidence":
        """Return the evidence that parts were taken of; this one is against the same null.

        Raises:
            KeyError: If a part is missing.
            ValueError: If one has another size.
        """
        held = [np.asarray(parts[name]).astype(getattr(self, name).dtype) for name in PARTS]
        if any(a.shape != getattr(self, n).shape for a, n in zip(held, PARTS, strict=True)):
            raise ValueError("wrong sizes")
        return Evidence(self.expected, self.per_false_alarm, *held, lean=self.lean)

    def masses(self) -> Floats:
        """Return each mass as it is now, rather than at its rate's last event, (4K, 6)."""
        passed = (self.counts @ self.expected - self.seen)[:, None]
        kept = np.exp(-passed * (np.array(RATIOS) - 1))
        return np.asarray(self.mass * kept + (1 - kept) * self.rest)

    def _lines_of(self, classes: int) -> Floats:
        """Return the weighted sum of masses at which a rate alarms, (4K,)."""
        # A rate that nothing is known of watches nothing, and leaves its part to the others.
        known = self.expected.max(0) > 0
        weights = np.where(known, np.tile(WEIGHTS, classes), 0.0).reshape(classes, WATCHED)
        weights /= np.maximum(weights.sum(1, keepdims=True), 1e-300)
        with np.errstate(divide="ignore"):
            return np.asarray(self.per_false_alarm * classes / weights.ravel())


def moves(expected: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """Return what an event multiplies a mass by, beside the time that passed, and what it adds.

    Args:
        expected: Probabilities of the event, (..., n).
        rest: What the masses tend to, (n, 6).

    Returns:
        Two arrays, (..., n, 6).
    """
    p = np.maximum(expected, _LEAST)[..., None]
    steps = -p * (np.array(RATIOS) - 1)
    none = np.exp(steps)
    event = -np.expm1(steps) / p + none  # = (1 - (1 - p) * none) / p
    return event / none, rest * (event + 1 - none)


def _advance(  # noqa: C901, PLR0912, PLR0917 - one loop, as it is compiled
    classes: Any,
    above: Any,
    strata: Any,
    by_rate: Any,
    factor: Any,
    gain: Any,
    rest: Any,
    lines: Any,
    weights: Any,
    counts: Any,
    seen: Any,
    mass: Any,
    alarmed: Any,
    when: Any,
    then: Any,
    events: Any,
    turn: Any,
) -> tuple[int, bool]:
    """Take predictions in until an alarm begins or ends; return how many, and whether it did."""
    total = counts.sum()
    kept = np.zeros(weights.shape[1])
    for i in range(classes.shape[0]):
        stratum, which = strata[i], classes[i]
        counts[stratum] += 1.0
        total += 1.0
        over, calm = False, True
        for side in range(WATCHED):
            if side > max(above[i], 0):
                break
            rate = which * WATCHED + side
            until = 0.0
            for j in range(counts.shape[0]):
                until += counts[j] * by_rate[rate, j]
            passed = until - seen[rate]
            seen[rate] = until
            if side == 0:
                then[which, events[which] % RECENT] = until
            if lines[rate] == np.inf:
                continue
            # exp(-(r - 1) * passed) of all ratios by multiplication: 0.5, 1, 2, 4, 9, 19.
            kept[0] = np.exp(-0.5 * passed)
            kept[1] = kept[0] * kept[0]
            kept[2] = kept[1] * kept[1]
            kept[3] = kept[2] * kept[2]
            eighth = kept[3] * kept[3]
            kept[4] = eighth * kept[1]
            kept[5] = eighth * eighth * kept[2] * kept[1]
            together = 0.0
            for g in range(kept.shape[0]):
                grown = (mass[rate, g] - rest[rate, g]) * kept[g] * factor[stratum, rate, g]
                grown += gain[stratum, rate, g]
                # Or an alarm would outlive its cause by as much as the cause lasted.
                mass[rate, g] = min(grown, CEILING * lines[rate])
                together += weights[side, g] * mass[rate, g]
            if together >= lines[rate]:
                over = True
            if together > CALM * lines[rate]:
                calm = False
        if alarmed[which] and calm:
            # What this prediction is no event of may be why the class is alarmed.
            for side in range(max(above[i], 0) + 1, WATCHED):
                rate = which * WATCHED + side
                until = 0.0
                for j in range(counts.shape[0]):
                    until += counts[j] * by_rate[rate, j]
                together = 0.0
                for g in range(kept.shape[0]):
                    still = np.exp((1.0 - RATIOS[g]) * (until - seen[rate]))
                    together += weights[side, g] * (mass[rate, g] - rest[rate, g]) * still
                if together > HIGH * lines[rate]:
                    calm = False
        when[which, events[which] % RECENT] = total
        events[which] += 1
        if over != alarmed[which] and (over or calm):
            alarmed[which] = over
            turn[0], turn[1] = which, over
            return i + 1, True
    return classes.shape[0], False
