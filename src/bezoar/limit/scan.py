"""`Scan`: evidence after each of many predictions at once, in NumPy.

The same numbers as the loop of `evidence`, without a compiler: for processes that have to be small,
and where numba is not installed. What an event makes of a mass `x` is `min(a * x + b, c)`. Two such
steps are one again, so a rate's events are joined in pairs, then in fours, and so on (the parallel
prefix of Hillis and Steele, "Data parallel algorithms", 1986). All its numbers are positive:
nothing cancels out.
"""

from typing import Final

import numpy as np

from bezoar.core.arrays import Bools, Floats, Ints
from bezoar.limit.evidence import (
    CALM,
    CEILING,
    HIGH,
    RATIO_WEIGHTS,
    RATIOS,
    WATCHED,
    Evidence,
    moves,
)

_MOST: Final = 1024
_MOST_NUMBERS: Final = 1 << 18
_HIGHEST: Final = 1e150
"""No mass comes near it, and the product of two such numbers is still one."""


def at_once(strata: int) -> int:
    """Return how many predictions one scan takes, so that it stays within a few MB."""
    return max(16, min(_MOST, _MOST_NUMBERS // strata))


class Scan:
    """What a few predictions make of some evidence, which changes only by `keep`."""

    def __init__(self, evidence: Evidence, classes: Ints, above: Ints, strata: Ints) -> None:
        """Work everything out.

        Args:
            evidence: As it stands before.
            classes: Class of each, (n,).
            above: How many of its class's cuts each confidence reaches, (n,); -1 to 3.
            strata: Stratum of each, (n,).
        """
        self._held, self._classes = evidence, classes
        passed = np.zeros((len(classes), len(evidence.counts)))
        passed[np.arange(len(classes)), strata] = 1.0
        self._counts = evidence.counts + np.cumsum(passed, axis=0)
        sides = np.arange(WATCHED)
        # The events of one prediction follow each other.
        self._at, side = np.nonzero(sides <= np.maximum(above, 0)[:, None])
        self._rates = classes[self._at] * WATCHED + side
        self._until = np.einsum("ij,ij->i", self._counts[self._at], evidence.by_rate[self._rates])
        self._masses = self._joined(strata)
        self._then = self._until[side == 0]
        self._began = evidence.events.copy(), evidence.counts.sum()

    def turns(self) -> list[tuple[int, int, bool]]:
        """Return where alarms begin (True) or end (False): number in the batch, and class."""
        held = self._held
        weights, lines = RATIO_WEIGHTS[self._rates % WATCHED], held.lines[self._rates]
        together = (self._masses * weights).sum(1)
        over, warm = np.zeros((2, len(self._classes)), bool)
        over[self._at[together >= lines]] = True
        warm[self._at[together > CALM * lines]] = True
        alarmed = held.alarmed[self._classes]
        turning = self._classes[np.where(alarmed, ~over & ~warm, over)]
        if not turning.size:
            return []
        found = []
        on = dict(zip(turning.tolist(), held.alarmed[turning].tolist(), strict=True))
        for i in np.flatnonzero(np.isin(self._classes, turning) & (over | ~warm)).tolist():
            which = int(self._classes[i])
            if on[which] != over[i] and (over[i] or self._calm(i)):
                on[which] = bool(over[i])
                found.append((i, which, on[which]))
        return found

    def _calm(self, i: int) -> bool:
        """Tell whether a class is calm in the cells, too, that a prediction is no event of."""
        # Those that it is an event of are below a lower line already.
        held, rates = self._held, self._classes[i] * WATCHED + np.arange(WATCHED)
        mass, seen = held.mass[rates], held.seen[rates]
        upto = int(np.searchsorted(self._at, i, "right"))
        for side, rate in enumerate(rates.tolist()):
            if (events := np.flatnonzero(self._rates[:upto] == rate)).size:
                mass[side], seen[side] = self._masses[events[-1]], self._until[events[-1]]
        passed = held.by_rate[rates] @ self._counts[i] - seen
        still = np.exp(-passed[:, None] * (np.array(RATIOS) - 1))
        high = (RATIO_WEIGHTS * (mass - held.rest[rates]) * still).sum(1)
        return bool((high <= HIGH * held.lines[rates]).all())

    def keep(self, count: int) -> None:
        """Let the evidence stand as it does after so many of the predictions."""
        if not count:
            return
        held, (events, total) = self._held, self._began
        upto = int(np.searchsorted(self._at, count))
        # Where a rate is there more than once, its last event stays: so NumPy assigns.
        held.mass[self._rates[:upto]] = self._masses[:upto]
        held.seen[self._rates[:upto]] = self._until[:upto]
        held.counts[:] = self._counts[count - 1]
        classes = self._classes[:count]
        place = (events[classes] + _rank(classes)) % held.when.shape[1]
        held.when[classes, place] = total + np.arange(1, count + 1)
        held.then[classes, place] = self._then[:count]
        held.events[:] = events + np.bincount(classes, minlength=len(events))

    def _joined(self, strata: Ints) -> Floats:
        """Return the masses after each event, (m, G)."""
        held = self._held
        order = np.argsort(self._rates, kind="stable")
        rates = self._rates[order]
        rank, until = _rank_sorted(rates), self._until[order]
        before = np.where(rank > 0, np.roll(until, 1), held.seen[rates])
        kept = np.exp(-(until - before)[:, None] * (np.array(RATIOS) - 1))
        rest, known = held.rest[rates], np.isfinite(held.lines[rates])[:, None]
        factor, gain = moves(held.by_rate[rates, strata[self._at[order]]], rest)
        a = np.where(known, kept * factor, 1.0)
        b = np.where(known, np.maximum(gain - rest * a, 0.0), 0.0)
        c = np.minimum(CEILING * held.lines[rates], _HIGHEST)[:, None] + 0 * b
        first = rank == 0
        b[first] = np.minimum(a[first] * held.mass[rates[first]] + b[first], c[first])
        a[first] = 0.0  # so that what stands before it, of another rate, has no part in it
        far, most = 1, int(rank.max())
        while far <= most:
            x, y = a[far:], b[far:]
            c[far:] = np.minimum(x * c[:-far] + y, c[far:])
            b[far:] = np.minimum(x * b[:-far] + y, _HIGHEST)
            a[far:] = np.minimum(x * a[:-far], _HIGHEST)
            far *= 2
        masses = np.empty_like(b)
        masses[order] = np.minimum(b, c)
        return masses


def _rank(values: Ints) -> Ints:
    """Return how many equal ones come before each, (n,)."""
    order = np.argsort(values, kind="stable")
    rank = np.empty_like(order)
    rank[order] = _rank_sorted(values[order])
    return rank


def _rank_sorted(values: Ints) -> Ints:
    """Return how many equal ones come before each of sorted values, (n,)."""
    numbers = np.arange(len(values))
    first: Bools = np.ones(len(values), bool)
    first[1:] = values[1:] != values[:-1]
    return numbers - np.maximum.accumulate(np.where(first, numbers, 0))
