"""Samples of one class that stand out together and all look like one other class."""

from dataclasses import replace

import numpy as np

from bezoar.core.arrays import Floats, Ints
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.expose.detectors.alarm import ENOUGH, Alarm, NotApplicableError, most_common
from bezoar.expose.evidence import NetworkEvidence
from bezoar.expose.kinship import kinship
from bezoar.expose.margins import Margins
from bezoar.expose.near_duplicates import components, distinct, picked
from bezoar.expose.whitening import Standout, pooled_covariance, standout

RULE = Rule(
    code="BZ501",
    name="source-specific-group",
    title="Samples stand out together and look like another class",
    severity=Severity.HIGH,
    why=(
        "A trigger that turns one class into another is trained in by a few samples of the one "
        "that carry the label of the other: they share the trigger, and without it they are "
        "what they were."
    ),
    taxonomy=("ATLAS:AML.T0020", "ATLAS:AML.T0043.004", "OWASP:LLM04:2025"),
)
_FEWEST = 5  # one track of frames is one picture, or a few
_MOST = 16  # beyond this many distinct pictures, more of them prove nothing more
_LARGEST_MARGIN = 10.0
_MOST_LINKED = 2000  # near-duplicates are linked pair by pair
_KIN_RANGE = (0.5, 3.0)
_CLASSES_FOR_A_LEVEL = 8
_USUAL_LEVEL = 40.0  # the third strongest class of clean GTSRB shows 50 to 120, of drawn signs 5
_USUAL_KINSHIP = 0.2  # groups of natural oddities reach this; stickered signs have .3 to .6


class GroupDetector:
    """A statistic per class: how far its group stands out, times how surely it is another class.

    The group's core are the members that look like one other class to the networks. The
    statistic is `separation x cohesion x median margin x root of (share of the core in the group
    x distinct pictures)`, the largest over the ways in which doubt was gathered. Pixels have the
    last word: the statistic is scaled by how much better the other class explains the group,
    between a half (a natural oddity, or classes that look alike anyway) and three. Where the
    classes of a set show next to nothing of the kind, what one of them shows counts up to three
    times as much.
    """

    rule = RULE
    exact = True
    threshold = 200.0
    candidate = 130.0

    def alarms(self, evidence: NetworkEvidence) -> list[Alarm]:
        """See `Detector`."""
        if not np.isfinite(evidence.features).all():
            raise NotApplicableError("the features are not all finite numbers")
        if len(np.unique(evidence.labels)) < 2:  # noqa: PLR2004 - there is no other class
            raise NotApplicableError("it compares classes, and there is only one")
        found = [alarm for doubt in evidence.doubts for alarm in _by_class(evidence, doubt)]
        quiet = _quiet(found, len(np.unique(evidence.labels)))
        strongest: dict[int, Alarm] = {}
        for raw in found:
            if quiet * raw.statistic * _KIN_RANGE[1] < self.candidate:
                continue
            statistic = quiet * raw.statistic * _kin(evidence, raw)
            best = strongest.get(raw.label)
            if statistic >= self.candidate and (best is None or statistic > best.statistic):
                strongest[raw.label] = replace(raw, statistic=statistic)
        return sorted(strongest.values(), key=lambda alarm: -alarm.statistic)


def _by_class(evidence: NetworkEvidence, doubt: Margins) -> list[Alarm]:
    """Return every class's group, its statistic not yet scaled."""
    pooled = pooled_covariance(evidence.features, evidence.labels, doubt.value)
    alarms = []
    for label in np.unique(evidence.labels):
        rows = np.flatnonzero(evidence.labels == label)
        if len(rows) < ENOUGH:
            continue
        group = standout(evidence.features[rows], doubt.value[rows], pooled)
        alarm = _alarm(evidence, doubt, int(label), rows, group) if group else None
        if alarm is not None:
            alarms.append(alarm)
    return alarms


def _quiet(found: list[Alarm], classes: int) -> float:
    """Return how much more a statistic counts in this set, 1 to 3.

    The third strongest class sets the level, so that two attacked ones do not hide each other;
    a handful of classes sets none.
    """
    if classes < _CLASSES_FOR_A_LEVEL:
        return 1.0
    strongest = {alarm.label: 0.0 for alarm in found}
    for alarm in found:
        strongest[alarm.label] = max(strongest[alarm.label], alarm.statistic)
    level = sorted([*strongest.values(), 0.0, 0.0, 0.0])[-3]
    return float(np.clip(_USUAL_LEVEL / max(level, 1e-9), 1.0, 3.0))


def _alarm(
    evidence: NetworkEvidence, doubt: Margins, label: int, rows: Ints, group: Standout
) -> Alarm | None:
    value, alternative = doubt.value[rows], doubt.alternative[rows]
    doubted = group.members & (value > 0)
    if not doubted.any():
        return None
    source = most_common(alternative[doubted])
    pure = group.among((value > 0) & (alternative == source), value > 0)
    if pure is None:
        return None
    pictures = _pictures(evidence.thumbs[rows[pure.core]])
    if pictures < _FEWEST:
        return None
    alike = float(pure.core.sum() / pure.members.sum())
    margin = min(float(np.median(value[pure.core])), _LARGEST_MARGIN)
    statistic = pure.separation * pure.cohesion * margin * np.sqrt(alike * pictures)
    mask, strength = np.zeros(len(evidence.labels), bool), np.zeros(len(evidence.labels))
    mask[rows[pure.members]], strength[rows] = True, pure.projection
    return Alarm(label, source, mask, strength, float(statistic))


def _kin(evidence: NetworkEvidence, alarm: Alarm) -> float:
    """Return the factor by which the pixels strengthen or weaken the statistic."""
    thumbs, labels = evidence.thumbs, evidence.labels
    own = thumbs[(labels == alarm.label) & ~alarm.members]
    other = thumbs[labels == alarm.resembles]
    group = thumbs[alarm.members]
    group = group[picked(group, _MOST_LINKED)]
    found = kinship(group, components(group), own, other)
    return float(np.clip(found / _USUAL_KINSHIP, *_KIN_RANGE))


def _pictures(thumbs: Floats) -> int:
    """Count distinct pictures up to `_MOST`; of a large group a part is enough to tell."""
    return min(distinct(thumbs[picked(thumbs, _MOST_LINKED)]), _MOST)
