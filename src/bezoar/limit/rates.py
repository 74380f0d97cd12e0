"""Rates beside those of classes: inputs far from the trusted ones, and answers that were wrong.

Each watches one kind of event whose probability is bounded while nothing is wrong, by the same
e-detector as a class, with the same promise: at most one false alarm in `per_false_alarm`
observations, on average, while the probability of the event, whatever came before, is at most
`bound`. The bound is the trusted rate plus standard errors of its estimate; what of a rate is not
known when it is estimated (a season, another site) the promise does not cover.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bezoar.core.alert import Alert
from bezoar.core.arrays import Bools, Floats
from bezoar.core.errors import BezoarError
from bezoar.core.place import Place, PlaceKind
from bezoar.limit.baseline import STANDARD_ERRORS
from bezoar.limit.evidence import WATCHED, Evidence
from bezoar.limit.monitor import PER_FALSE_ALARM
from bezoar.limit.predictions import class_name

FAR: Final = 0.99
"""Of trusted inputs, this share lies nearer than what counts as far."""
_LEAST: Final = 200
_PRIOR: Final = 0.5
_HIGHEST: Final = 0.999
MOST_OPEN: Final = 100_000
"""Predictions whose label is still waited for; older ones are given up, and counted."""


def bound_of(events: int, total: int, standard_errors: float = STANDARD_ERRORS) -> float:
    """Return the highest rate that still counts as normal.

    Args:
        events: How many there were in the trusted stretch.
        total: Of how many.
        standard_errors: How far above its estimate a rate may lie.
    """
    seen = events + _PRIOR
    return min(seen / max(total, 1) * math.exp(standard_errors / math.sqrt(seen)), _HIGHEST)


@dataclass
class Rate:
    """Watches how often something happens that seldom does.

    Attributes:
        name: What happens, for people.
        bound: Its probability is at most this while nothing is wrong.
        per_false_alarm: Observations to a false alarm, at least, on average.
    """

    name: str
    bound: float
    per_false_alarm: float = PER_FALSE_ALARM
    evidence: Evidence = field(init=False)

    def __post_init__(self) -> None:
        # One class, whose confidence nobody knows; and whatever is none of it.
        expected = np.zeros((1, 2 * WATCHED))
        expected[0, 0] = self.bound
        # Of its two classes one is never alarmed: the promise is kept twice over.
        self.evidence = Evidence(expected, self.per_false_alarm)

    def observe(self, happened: Bools) -> list[tuple[Alert, bool]]:
        """Take observations in, (n,); return where an alarm began (True) or ended (False)."""
        which = np.where(happened, 0, 1)
        none, began = np.full(len(which), -1), self.evidence.predictions
        place = Place(PlaceKind.MODEL, self.name)
        found = []
        for index, class_, begins in self.evidence.observe(which, none, 0 * which):
            value = float(self.evidence.strengths()[class_])
            rate = 1 / self.per_false_alarm
            alert = Alert(self.name, value, self.per_false_alarm, rate, place, began + index)
            found.append((alert, begins))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What trusted inputs look like by their features, and how far another one lies from them.

    The score is the largest distance of a feature from its median, in units of its spread (the
    median absolute deviation): robust, and linear in the number of features.

    Attributes:
        middle: Median of each feature, (d,).
        spread: Of each feature, (d,), over zero.
        far: The score from which an input counts as far.
        bound: The share of inputs that are far is at most this while nothing is wrong.
    """

    middle: Floats
    spread: Floats
    far: float
    bound: float

    def scores(self, features: Floats) -> Floats:
        """Return each input's score, (n,), higher is more unusual; infinite where it is no number.

        Args:
            features: (n, d).
        """
        with np.errstate(invalid="ignore", over="ignore"):
            scores = (np.abs(features - self.middle) / self.spread).max(1)
        return np.where(np.isfinite(features).all(1), scores, np.inf)

    def watch(self, per_false_alarm: float = PER_FALSE_ALARM) -> Rate:
        """Return what watches how often inputs are far: input drift."""
        return Rate("inputs far from the trusted ones", self.bound, per_false_alarm)


def learn_inputs(features: Floats) -> Inputs:
    """Return what trusted inputs look like: learned, lined and rated on a third of them each.

    Args:
        features: (n, d), of inputs in no particular order.

    Raises:
        BezoarError: If they are too few, or not all finite.
    """
    if features.ndim != 2 or len(features) < _LEAST or not np.isfinite(features).all():  # noqa: PLR2004
        raise BezoarError(
            f"want at least {_LEAST} rows of finite features", next="send more trusted inputs"
        )
    order = np.random.default_rng(0).permutation(len(features))
    thirds = np.array_split(features[order], 3)
    middle = np.median(thirds[0], axis=0)
    spread = np.median(np.abs(thirds[0] - middle), axis=0)
    spread = np.where(spread > 0, spread, np.maximum(thirds[0].std(0), 1e-9))
    draft = Inputs(middle, spread, 0.0, 0.0)
    far = float(np.quantile(draft.scores(thirds[1]), FAR))
    above = int((draft.scores(thirds[2]) > far).sum())
    return Inputs(middle, spread, far, bound_of(above, len(thirds[2])))


@dataclass
class Labels:
    """Watches agreement with labels that come later, by id: concept drift.

    Attributes:
        rate: Of answers that were wrong.
        unknown: Labels whose prediction nobody remembers, or that came twice.
        given_up: Predictions whose label never came.
    """

    rate: Rate
    unknown: int = 0
    given_up: int = 0
    _open: OrderedDict[str, str] = field(default_factory=OrderedDict, repr=False)

    def predicted(self, name: str, class_: Any) -> None:
        """Remember what was predicted under an id; the same id again does not replace it."""
        found = class_name(class_)
        if found is None or name in self._open:
            return
        self._open[name] = found
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
            self.given_up += 1

    def labelled(self, pairs: Sequence[tuple[str, Any]]) -> list[tuple[Alert, bool]]:
        """Take labels in as they come; return where an alarm began (True) or ended (False).

        Args:
            pairs: Id and true class of each.
        """
        wrong = []
        for name, truth in pairs:
            answered = self._open.pop(name, None)
            if answered is None:
                self.unknown += 1
            else:
                wrong.append(answered != class_name(truth))
        return self.rate.observe(np.array(wrong, bool)) if wrong else []
