"""Examining labelled images: detectors raise alarms, a second proxy seed confirms them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bezoar.core.arrays import Bools, Images, Ints
from bezoar.core.rule import Rule
from bezoar.expose.detectors import DETECTORS
from bezoar.expose.detectors.alarm import Alarm, Detector, NotApplicableError
from bezoar.expose.evidence import Evidence, Progress, gather, gather_against

Look = tuple[tuple[str, Alarm], ...]
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
        looks: Rule code and alarm of every candidate, for the first look and the second.
        confirmed: Strongest first, relative to its line.
        not_applicable: By rule code, why a detector could not look.
    """

    evidence: Evidence
    looks: tuple[Look, ...]
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
    first, not_applicable = _alarms(evidence, detectors)
    if not first:
        return Examination(evidence, ((),), (), not_applicable)
    second, _ = _alarms(look(images, labels, classes, seed + 1, progress), detectors)
    confirmed = [one for detector in detectors for one in _confirmed(detector, first, second)]
    confirmed.sort(key=lambda one: -one.statistic / one.threshold)
    return Examination(evidence, (first, second), tuple(confirmed), not_applicable)


def _alarms(evidence: Evidence, detectors: Sequence[Detector]) -> tuple[Look, dict[str, str]]:
    """Return the detectors' candidates, and why each of the others could not look."""
    look: list[tuple[str, Alarm]] = []
    not_applicable: dict[str, str] = {}
    for detector in detectors:
        try:
            look += [(detector.rule.code, alarm) for alarm in detector.alarms(evidence)]
        except NotApplicableError as reason:
            not_applicable[detector.rule.code] = str(reason)
    return tuple(look), not_applicable


def _confirmed(detector: Detector, first: Look, second: Look) -> list[Confirmed]:
    confirmed = []
    for one, other in itertools.product(first, second):
        if not one[0] == other[0] == detector.rule.code:
            continue
        pair = (one[1], other[1])
        if pair[0].label != pair[1].label or pair[0].overlap(pair[1]) < _SAME:
            continue
        statistic = sum(alarm.statistic for alarm in pair) / 2
        if statistic >= detector.threshold:
            stronger = max(pair, key=lambda alarm: alarm.statistic)
            confirmed.append(Confirmed(detector.rule, stronger, statistic, detector.threshold))
    return confirmed
