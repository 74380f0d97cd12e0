"""`most_missing`: whose predictions fell while those of another class rose.

A backdoor moves predictions from one class to another: the pair says which sign the sticker is on.
For each class two stories are compared, by their likelihood for Poisson counts: what the alarmed
class has too much of is missing here, or nothing is. Beforehand the chances are even that it is
missing somewhere or nowhere. A class is named where afterwards its story is four times as likely as
all others together. Often that is so only some time after the alarm. It is for people: no promise
rests on it.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from bezoar.core.arrays import Floats
from bezoar.limit.evidence import RECENT, WATCHED, Evidence

_LEFT: Final = 0.05
"""Of a class's predictions, this share stays at least: no attack moves every one."""
_LIKELY: Final = 0.8


@dataclass(frozen=True, slots=True)
class Suspect:
    """A class that comes up too rarely while another comes up too often.

    Attributes:
        class_: By name.
        observed: How often it came up in that time.
        expected: How often it was expected to.
    """

    class_: str
    observed: int
    expected: float


def most_missing(
    evidence: Evidence, shares: Floats, classes: tuple[str, ...], which: int
) -> Suspect | None:
    """Return the class that most likely lost what an alarmed class won; None where none stands out.

    Args:
        evidence: As it stands where the alarm began.
        shares: Of each class in each stratum of the baseline, (H, K).
        classes: Their names; the empty one stands for all that the baseline does not know.
        which: Number of the alarmed class.
    """
    begin = _begin(evidence, which)
    # What the detector expects is the most that is normal; what is missing is less than the mean.
    mean = evidence.counts @ shares
    most = evidence.counts @ evidence.expected[:, ::WATCHED]
    ratios = mean / np.maximum(most, 1e-300)
    found: dict[int, tuple[int, float]] = {}
    gains: list[float] = []
    for number, name in enumerate(classes):
        if number == which or not name or mean[number] <= 0:
            continue
        since, observed, expected = _since(evidence, number, begin)
        found[number] = (observed, expected * float(ratios[number]))
        _, won, normal = _since(evidence, which, since)
        gains.append(_gain(*found[number], won - normal * ratios[which]))
    if not found:
        return None
    nowhere = math.log(len(found))
    highest = max(nowhere, *gains)
    likely = np.exp(np.array(gains) - highest)
    best = int(np.argmax(likely))
    if likely[best] < _LIKELY * (likely.sum() + math.exp(nowhere - highest)):
        return None
    number = list(found)[best]
    return Suspect(classes[number], *found[number])


def _begin(evidence: Evidence, which: int) -> float:
    """Return the prediction after which a class most likely began to come up too often."""
    when, then = _remembered(evidence, which)
    observed = np.arange(len(when) - 1, 0, -1)
    expected = np.maximum(then[-1] - then[:-1], 1e-12)
    gains = observed * np.log(np.maximum(observed / expected, 1.0)) - (observed - expected)
    return float(when[int(np.argmax(gains))]) if len(gains) else 0.0


def _gain(observed: int, expected: float, moved: float) -> float:
    """Return the logarithm of a likelihood ratio: so many predictions are missing, or none."""
    left = min(max(1 - moved / max(expected, 1e-12), _LEFT), 1.0)
    return observed * math.log(left) + expected * (1 - left)


def _since(evidence: Evidence, which: int, begin: float) -> tuple[float, int, float]:
    """Return a class's counts since a prediction, or since the oldest event that is remembered.

    Returns:
        Number of the prediction from which they are, how many there were, how many were expected.
    """
    when, then = _remembered(evidence, which)
    begin = max(begin, float(when[0]))
    total = evidence.predictions
    until = float(evidence.counts @ evidence.expected[:, which * WATCHED])
    before = float(np.interp(begin, np.append(when, total), np.append(then, until)))
    return begin, int((when > begin).sum()), max(until - before, 0.0)


def _remembered(evidence: Evidence, which: int) -> tuple[Floats, Floats]:
    """Return when a class's last events were, and how many were expected until each of them."""
    events = int(evidence.events[which])
    last = np.arange(max(events - RECENT, 0), events) % RECENT
    when, then = evidence.when[which, last], evidence.then[which, last]
    if events <= RECENT:  # all are remembered, back to where the stream began
        when, then = np.append(0.0, when), np.append(0.0, then)
    return when, then
