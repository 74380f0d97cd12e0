"""Examining labelled images: detectors raise alarms, other looks confirm them."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from bezoar.core.arrays import Bools, Images, Ints
from bezoar.core.errors import BezoarError
from bezoar.core.rule import Rule
from bezoar.expose.detectors import NETWORK_DETECTORS, SHAPE_DETECTORS
from bezoar.expose.detectors.alarm import Alarm, Detector, NotApplicableError
from bezoar.expose.evidence import Evidence, Progress
from bezoar.expose.gradients import VIEWS
from bezoar.expose.judge import JudgeKind
from bezoar.expose.shapes import gather_shapes, held_out_error

Look = tuple[tuple[str, Alarm], ...]
_LOOKS = 3
_SAME = 2 / 3  # two alarms share at least this part of the smaller one, or are not the same
_KNOWS = 0.4  # outlines that misplace more held-out samples do not tell the classes apart


@dataclass(frozen=True, slots=True)
class Judge:
    """Whoever judges: gathers evidence in several ways, and has its detectors.

    Attributes:
        kind: Its name.
        gather: Called with the number of the look, from 0, and `progress`.
        looks: How many there are at most.
        detectors: What to look for in its evidence.
    """

    kind: JudgeKind
    gather: Callable[[int, Progress], Evidence]
    looks: int
    detectors: Sequence[Detector[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Confirmed:
    """An alarm that two looks raised.

    Attributes:
        rule: What was looked for.
        alarm: The stronger of the two, with the members of both.
        statistic: Mean of the two statistics.
        threshold: The line that the mean crosses to be an alarm by itself.
    """

    rule: Rule
    alarm: Alarm
    statistic: float
    threshold: float

    @property
    def crossed(self) -> bool:
        """Whether it is an alarm by itself."""
        return self.statistic >= self.threshold


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What examining labelled images gave.

    Attributes:
        judge: Who judged.
        evidence: Of the first look.
        looks: For each look, rule code and alarm of every candidate.
        confirmed: Strongest first, relative to its line.
        not_applicable: By rule code, why a detector could not look.
    """

    judge: JudgeKind
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
    judge: JudgeKind = JudgeKind.AUTO,
    progress: Progress = lambda _done, _total: None,
) -> Examination:
    """Examine labelled images.

    An alarm stands only if another look raises it again for the same class and mostly the same
    samples, and the two together cross the detector's line: outlines are looked at in another
    way, networks are trained from another seed. Candidates below the line are looked at again
    too; where one network is sure and the other saw nothing, a third one decides.

    Args:
        images: Shape (n, h, w, 3), uint8.
        labels: Shape (n,): index into `classes`.
        classes: At least two.
        seed: Everything random is drawn from it; outlines need none.
        reference: Trusted images and labels: what the judge learns from first; networks learn from
            them alone.
        judge: Who judges.
        progress: Called with (done, in all); a second look counts anew.

    Returns:
        The confirmed alarms and the evidence.
    """
    if judge is JudgeKind.AUTO:
        error = held_out_error(*(reference or (images, labels)), len(classes))
        judge = JudgeKind.SHAPES if error <= _KNOWS else JudgeKind.NETWORKS
    choose = shapes if judge is JudgeKind.SHAPES else networks
    return examine_with(choose(images, labels, classes, seed, reference), progress)


def shapes(
    images: Images,
    labels: Ints,
    classes: tuple[str, ...],
    _seed: int,
    reference: tuple[Images, Ints] | None = None,
) -> Judge:
    """Return the judge of outlines, which looks in another way each time."""

    def look(number: int, progress: Progress) -> Evidence:
        progress(number, len(VIEWS))
        return gather_shapes(images, labels, classes, VIEWS[number], reference)

    return Judge(JudgeKind.SHAPES, look, len(VIEWS), SHAPE_DETECTORS)


def networks(
    images: Images,
    labels: Ints,
    classes: tuple[str, ...],
    seed: int,
    reference: tuple[Images, Ints] | None = None,
) -> Judge:
    """Return the judge that trains networks, from another seed for each look.

    Raises:
        BezoarError: If what trains them is not installed.
    """
    if find_spec("torch") is None or find_spec("sklearn") is None:
        raise BezoarError(
            "outlines do not tell these classes apart, and what trains networks is not installed",
            next="pip install 'bezoar[expose]'",
        )
    from bezoar.expose.networks import gather, gather_against  # noqa: PLC0415 - imports torch

    train = partial(gather_against, reference) if reference else gather

    def look(number: int, progress: Progress) -> Evidence:
        return train(images, labels, classes, seed + number, progress)

    return Judge(JudgeKind.NETWORKS, look, _LOOKS, NETWORK_DETECTORS)


def examine_with(judge: Judge, progress: Progress = lambda _done, _total: None) -> Examination:
    """Let one judge look until every alarm is confirmed or dropped."""
    evidence = judge.gather(0, progress)
    first, not_applicable = _alarms(evidence, judge.detectors)
    looks, confirmed = [first], list[Confirmed]()
    while first and len(looks) < judge.looks:
        again = judge.gather(len(looks), progress)
        looks.append(_alarms(again, judge.detectors)[0])
        confirmed = _confirmed(looks, judge.detectors)
        if not _open_question(looks, confirmed, judge.detectors):
            break
    return Examination(judge.kind, evidence, tuple(looks), tuple(confirmed), not_applicable)


def _alarms(evidence: Evidence, detectors: Sequence[Detector[Any]]) -> tuple[Look, dict[str, str]]:
    """Return the detectors' candidates, and why each of the others could not look."""
    look: list[tuple[str, Alarm]] = []
    not_applicable: dict[str, str] = {}
    for detector in detectors:
        try:
            look += [(detector.rule.code, alarm) for alarm in detector.alarms(evidence)]
        except NotApplicableError as reason:
            not_applicable[detector.rule.code] = str(reason)
    return tuple(look), not_applicable


def _confirmed(looks: Sequence[Look], detectors: Sequence[Detector[Any]]) -> list[Confirmed]:
    """Pair the alarms of different looks; keep the strongest pair of each class and rule.

    Where the strangest samples of the whole set alarm a class, a candidate of that class is
    enough to tell which of its samples are meant, and so is an alarm that one look alone raised.
    """
    rules = {detector.rule.code: detector for detector in detectors}
    pairs = [
        Confirmed(rules[code].rule, _joined(alarm, twin), statistic, rules[code].threshold)
        for one, other in itertools.combinations(looks, 2)
        for (code, alarm), (again, twin) in itertools.product(one, other)
        if code == again and _same(alarm, twin)
        for statistic in [(alarm.statistic + twin.statistic) / 2]
    ]
    alarmed = {one.alarm.label for one in pairs if one.crossed and not rules[one.rule.code].exact}
    strongest: dict[tuple[str, int], Confirmed] = {}
    for pair in pairs + _alone(looks, rules, pairs, alarmed):
        if pair.crossed or pair.alarm.label in alarmed:
            key = (pair.rule.code, pair.alarm.label)
            strongest[key] = max(strongest.get(key, pair), pair, key=lambda one: one.statistic)
    exact = {code for code, detector in rules.items() if detector.exact}
    narrowed = [_narrowed(one, strongest.values(), exact) for one in strongest.values()]
    return sorted(narrowed, key=lambda one: -one.statistic / one.threshold)


def _alone(
    looks: Sequence[Look],
    rules: Mapping[str, Detector[Any]],
    pairs: Sequence[Confirmed],
    alarmed: AbstractSet[int],
) -> list[Confirmed]:
    """Return alarms of alarmed classes that tell exactly, and that another look did not raise."""
    paired = {(pair.rule.code, pair.alarm.label) for pair in pairs}
    return [
        Confirmed(rules[code].rule, alarm, alarm.statistic, rules[code].threshold)
        for look in looks
        for code, alarm in look
        if rules[code].exact and alarm.statistic >= rules[code].threshold
        if alarm.label in alarmed and (code, alarm.label) not in paired
    ]


def _narrowed(one: Confirmed, others: Iterable[Confirmed], exact: AbstractSet[str]) -> Confirmed:
    """Let what is roughly told give way where another alarm tells the same class exactly."""
    if one.rule.code in exact:
        return one
    told = [
        other.alarm.members
        for other in others
        if other.crossed and other.rule.code in exact and other.alarm.label == one.alarm.label
    ]
    members = one.alarm.members & np.logical_or.reduce(told) if told else one.alarm.members
    return replace(one, alarm=replace(one.alarm, members=members)) if members.any() else one


def _joined(one: Alarm, other: Alarm) -> Alarm:
    """Return the stronger alarm with the members of both: what one look left out is poison, too."""
    stronger = max(one, other, key=lambda alarm: alarm.statistic)
    strength = (one.strength + other.strength) / 2
    return replace(stronger, members=one.members | other.members, strength=strength)


def _open_question(
    looks: Sequence[Look], confirmed: Sequence[Confirmed], detectors: Sequence[Detector[Any]]
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
