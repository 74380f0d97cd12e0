"""Examining labelled images: detectors raise alarms, a second proxy seed confirms them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bezoar.core.arrays import Bools, Images, Ints
from bezoar.core.rule import Rule
from bezoar.expose.detectors import DETECTORS
from bezoar.expose.detectors.alarm import Alarm, Detector, NotApplicableError
from bezoar.expose.evidence import Evidence, Progress, gather, gather_against

_SAME = 0.5  # two alarms share at least this part of their members, or they are not the same


@dataclass(frozen=True, slots=True, eq=False)
class Confirmed:
    """An alarm that a second proxy seed raised again.

    Attributes:
        rule: What was looked for.
        alarm: The stronger of the two.
        statistic: Mean of the two statistics.
        threshold: The line that the mean crossed.
    """

    rule: Rule
    alarm: Alarm
    statistic: float
    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What examining labelled images gave.

    Attributes:
        evidence: Of the first proxy seed.
        confirmed: Strongest first, relative to its line.
        not_applicable: By rule code, why a detector could not look.
    """

    evidence: Evidence
    confirmed: tuple[Confirmed, ...]
    not_applicable: Mapping[str, str]

    @property
    def flagged(self) -> Bools:
        """Which samples stand behind a confirmed alarm, shape (n,)."""
        flagged = np.zeros(len(self.evidence.labels), bool)
        for confirmed in self.confirmed:
            flagged |= confirmed.alarm.members
        return flagged


def examine(
    images: Images,
    labels: Ints,
    classes: tuple[str, ...],
    *,
    seed: int,
    reference: tuple[Images, Ints] | None = None,
    progress: Progress = lambda _done, _total: None,
    detectors: Sequence[Detector] = DETECTORS,
) -> Examination:
    """Examine labelled images.

    An alarm stands only if networks trained from another seed raise it again for the same class
    and mostly the same samples, and the two together cross the detector's line. Candidates
    below the line are looked at again too, so that a first look that was unlucky loses nothing.

    Args:
        images: Shape (n, h, w, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: At least two.
        seed: Everything random is drawn from it.
        reference: Trusted images and labels; the proxy is then trained on them alone.
        progress: Called with (done, in all); a second look counts anew.
        detectors: What to look for.

    Returns:
        The confirmed alarms and the evidence.
    """
    look = partial(gather_against, reference) if reference else gather
    evidence = look(images, labels, classes, seed, progress)
    not_applicable: dict[str, str] = {}
    first = {}
    for detector in detectors:
        try:
            first[detector] = detector.alarms(evidence)
        except NotApplicableError as reason:
            not_applicable[detector.rule.code] = str(reason)
    confirmed: list[Confirmed] = []
    if any(first.values()):
        again = look(images, labels, classes, seed + 1, progress)
        for detector, alarms in first.items():
            confirmed += _confirmed(detector, alarms, detector.alarms(again) if alarms else [])
    confirmed.sort(key=lambda one: -one.statistic / one.threshold)
    return Examination(evidence, tuple(confirmed), not_applicable)


def _confirmed(detector: Detector, first: list[Alarm], second: list[Alarm]) -> list[Confirmed]:
    confirmed = []
    for one in first:
        for other in second:
            if one.label != other.label or one.overlap(other) < _SAME:
                continue
            statistic = (one.statistic + other.statistic) / 2
            if statistic >= detector.threshold:
                stronger = max(one, other, key=lambda alarm: alarm.statistic)
                confirmed.append(Confirmed(detector.rule, stronger, statistic, detector.threshold))
    return confirmed
