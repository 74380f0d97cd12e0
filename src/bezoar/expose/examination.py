"""Examining labelled images: detectors raise alarms, other proxy seeds confirm them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bezoar.adapters.torch.training import one_thread
from bezoar.core.arrays import Bools, Images, Ints
from bezoar.core.rule import Rule
from bezoar.expose.detectors import DETECTORS
from bezoar.expose.detectors.alarm import Alarm, Detector, NotApplicableError
from bezoar.expose.evidence import Evidence, Progress, gather, gather_against

Look = tuple[tuple[str, Alarm], ...]
_LOOKS = 3
_SAME = 0.5  # two alarms share at least this part of their members, or they are not the same


@dataclass(frozen=True, slots=True, eq=False)
class Confirmed:
    """An alarm that two proxy seeds raised.

    Attributes:
        rule: What was looked for.
        alarm: The stronger of the two, with the members of both.
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
        looks: For each proxy seed, rule code and alarm of every candidate.
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


@one_thread()
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
    below the line are looked at again too; where one look is sure and the other saw nothing, a
    third one decides.

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
    looks, confirmed = [first], []
    while first and len(looks) < _LOOKS:
        again = look(images, labels, classes, seed + len(looks), progress)
        looks.append(_alarms(again, detectors)[0])
        confirmed = _confirmed(looks, detectors)
        if not _open_question(looks, confirmed, detectors):
            break
    return Examination(evidence, tuple(looks), tuple(confirmed), not_applicable)


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


def _confirmed(looks: Sequence[Look], detectors: Sequence[Detector]) -> list[Confirmed]:
    """Pair the alarms of different looks; keep the strongest pair of each class and rule."""
    strongest: dict[tuple[str, int], Confirmed] = {}
    rules = {detector.rule.code: detector for detector in detectors}
    for one, other in itertools.combinations(looks, 2):
        for (code, alarm), (again, twin) in itertools.product(one, other):
            statistic, line = (alarm.statistic + twin.statistic) / 2, rules[code].threshold
            if code != again or not _same(alarm, twin) or statistic < line:
                continue
            pair = Confirmed(rules[code].rule, _joined(alarm, twin), statistic, line)
            key = (code, alarm.label)
            strongest[key] = max(strongest.get(key, pair), pair, key=lambda one: one.statistic)
    return sorted(strongest.values(), key=lambda one: -one.statistic / one.threshold)


def _joined(one: Alarm, other: Alarm) -> Alarm:
    """Return the stronger alarm with the members of both: what one look left out is poison, too."""
    stronger = max(one, other, key=lambda alarm: alarm.statistic)
    strength = (one.strength + other.strength) / 2
    return replace(stronger, members=one.members | other.members, strength=strength)


def _open_question(
    looks: Sequence[Look], confirmed: Sequence[Confirmed], detectors: Sequence[Detector]
) -> bool:
    """Tell whether a look raised an alarm by itself that is not confirmed."""
    settled = {(one.rule.code, one.alarm.label) for one in confirmed}
    lines = {detector.rule.code: detector.threshold for detector in detectors}
    return any(
        alarm.statistic >= lines[code] and (code, alarm.label) not in settled
        for look in looks
        for code, alarm in look
    )


def _same(one: Alarm, other: Alarm) -> bool:
    return one.label == other.label and one.overlap(other) >= _SAME
