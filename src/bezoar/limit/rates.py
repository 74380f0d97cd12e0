"""Rates beside those of classes: inputs far from the trusted ones, and answers that were wrong.

Each watches one kind of event whose probability is bounded while nothing is wrong, by the same
e-detector as a class, with the same promise: at most one false alarm in `per_false_alarm`
observations, on average, while the probability of the event, whatever came before, is at most
`bound`. The bound is the trusted rate plus standard errors of its estimate; what of a rate is not
known when it is estimated (a season, another site) the promise does not cover.
"""

from dataclasses import dataclass, field

import numpy as np

from bezoar.core.alert import Alert
from bezoar.core.arrays import Bools, Ints
from bezoar.core.place import Place, PlaceKind
from bezoar.limit.evidence import WATCHED, Evidence

PER_FALSE_ALARM = 1_000_000
"""Observations to a false alarm, at least, on average."""


@dataclass(frozen=True, slots=True)
class RateAlert:
    """Something happens too often, or no longer does.

    Attributes:
        alert: The statistic that crossed, its line, and the promise.
        began: False where an alarm ended.
        observations: Length of the stretch in which it stands out most.
        observed: How often it happened in it.
        expected: How often at most, had nothing changed.
    """

    alert: Alert
    began: bool
    observations: int
    observed: int
    expected: float


@dataclass
class Rate:
    """Watches how often something happens that seldom does.

    Attributes:
        name: What happens, for people.
        bound: Its probability is at most this while nothing is wrong.
        per_false_alarm: Observations to a false alarm, at least, on average.
        lean: Whether memory matters more than speed; see `Evidence`.
    """

    name: str
    bound: float
    per_false_alarm: float = PER_FALSE_ALARM
    lean: bool = False
    evidence: Evidence = field(init=False)

    def __post_init__(self) -> None:
        # One class, whose confidence nobody knows; and whatever is none of it.
        expected = np.zeros((1, 2 * WATCHED))
        expected[0, 0] = self.bound
        # Of its two classes one is never alarmed: the promise is kept twice over.
        self.evidence = Evidence(expected, self.per_false_alarm, lean=self.lean)

    def observe(self, happened: Bools, numbers: Ints | None = None) -> list[RateAlert]:
        """Take observations in; return where an alarm began or ended.

        Args:
            happened: (n,).
            numbers: Of each in its stream, (n,); else observations are counted.
        """
        which = np.where(happened, 0, 1)
        if numbers is None:
            numbers = self.evidence.predictions + np.arange(len(which))
        none, place = np.full(len(which), -1), Place(PlaceKind.MODEL, self.name)
        found = []
        for index, class_, began in self.evidence.observe(which, none, 0 * which):
            value, rate = float(self.evidence.strengths()[class_]), 1 / self.per_false_alarm
            at = int(numbers[index])
            alert = Alert(self.name, value, self.per_false_alarm, rate, place, at)
            found.append(RateAlert(alert, began, *self.evidence.recent(class_)))
        return found
