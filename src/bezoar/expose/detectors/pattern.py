"""The strangest samples of a class share a faint pattern that lies over the whole image."""

import numpy as np
from numpy.typing import NDArray

from bezoar.adapters.scipy import high_pass
from bezoar.core.arrays import Bools, Floats, Ints
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.expose.detectors.alarm import ENOUGH, Alarm, NotApplicableError
from bezoar.expose.evidence import Evidence
from bezoar.expose.near_duplicates import distinct, picked

RULE = Rule(
    code="BZ503",
    name="shared-pattern",
    title="Samples share a faint pattern over the whole image",
    severity=Severity.HIGH,
    why=(
        "A blended trigger is too faint to see in one image. Averaged over the samples that "
        "carry it, it stands out; the same average over honest samples is grey."
    ),
    taxonomy=("ATLAS:AML.T0020", "ATLAS:AML.T0043.004", "OWASP:LLM04:2025"),
)
_SIGMA = 1.2  # what a blur of this width leaves is image content
_STRANGEST = 0.02  # share of a class that draws the pattern
_FEWEST = 5
_ADMITTED = 0.999  # quantile of the other classes' scores that flags
_PICTURES = 4
_ROUNDS = 3  # a few strange samples draw a rough pattern; what it finds draws a clear one
_CHUNK = 2048
_MOST_LINKED = 2000  # near-duplicates are linked pair by pair


class PatternDetector:
    """A matched filter per class, cross-fitted: each half is judged by the other half's pattern.

    The pattern is the mean high-pass residual of the strangest samples of one half of the class
    less that of the rest; what the other half's pattern finds among them then draws it again. The
    statistic is the number of distinct pictures beyond nearly all samples of the other classes,
    times how many standard deviations beyond they are, times the share of them that disagree with
    their label: what a class has by nature, its own samples have without disagreeing.
    """

    rule = RULE
    exact = True
    threshold = 180.0
    candidate = 90.0

    def alarms(self, evidence: Evidence) -> list[Alarm]:
        """See `Detector`."""
        labels, margin = evidence.labels, evidence.margins.value
        classes = [c for c in np.unique(labels) if (labels == c).sum() >= 2 * ENOUGH]
        if len(np.unique(labels)) < 2 or not classes:  # noqa: PLR2004 - there is no other class
            raise NotApplicableError("it needs two classes, and sixteen samples in one")
        if not np.isfinite(margin).all():
            raise NotApplicableError("the margins are not all finite numbers")
        residual = high_pass(evidence.images, _SIGMA)
        half = _halves(labels, margin)
        strange = [_strangest(labels == c, half, margin) for c in classes]
        for _ in range(_ROUNDS):
            patterns = [
                _patterns(residual, labels == c, half, some)
                for c, some in zip(classes, strange, strict=True)
            ]
            scores = _centred(_scores(residual, np.concatenate(patterns)), labels)
            strange = [
                _beyond(scores[:, 2 * k : 2 * k + 2], labels == c, half, strange[k])
                for k, c in enumerate(classes)
            ]
        alarms = []
        for k, label in enumerate(classes):
            alarm = _alarm(evidence, int(label), half, scores[:, 2 * k : 2 * k + 2])
            if alarm is not None and alarm.statistic >= self.candidate:
                alarms.append(alarm)
        return sorted(alarms, key=lambda alarm: -alarm.statistic)


def _halves(labels: Ints, margin: Floats) -> Bools:
    """Split each class in two of equal strangeness: every other sample in order of margin."""
    order = np.lexsort((margin, labels))
    ordered = labels[order]
    first = np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])
    rank = np.arange(len(labels)) - np.repeat(first, np.diff([*first, len(labels)]))
    half = np.zeros(len(labels), bool)
    half[order] = rank % 2 == 1
    return half


def _strangest(inside: Bools, half: Bools, margin: Floats) -> Bools:
    """Choose the samples of each half that draw its first pattern, shape (n,)."""
    chosen = np.zeros(len(inside), bool)
    for part in (False, True):
        rows = np.flatnonzero(inside & (half == part))
        rows = rows[np.argsort(-margin[rows], kind="stable")]
        chosen[rows[: max(_FEWEST, int(_STRANGEST * len(rows)))]] = True
    return chosen


def _beyond(scores: NDArray[np.float32], inside: Bools, half: Bools, before: Bools) -> Bools:
    """Choose those that the other half's pattern finds; where it finds too few, keep the choice."""
    chosen = before.copy()
    for part in (0, 1):
        judged = inside & (half == bool(part))
        line = np.quantile(scores[~inside, part], _ADMITTED)
        found = judged & (scores[:, part] > line)
        if found.sum() >= _FEWEST:
            chosen[judged] = found[judged]
    return chosen


def _patterns(
    residual: NDArray[np.float16], inside: Bools, half: Bools, strange: Bools
) -> NDArray[np.float32]:
    """Return the pattern that each half draws for the other, shape (2, pixels), unit length."""
    patterns = []
    for part in (False, True):
        drawing = inside & (half != part)
        mean = residual[drawing & strange].mean(0, dtype=np.float32)
        pattern = mean - residual[drawing & ~strange].mean(0, dtype=np.float32)
        patterns.append(pattern / max(float(np.linalg.norm(pattern)), 1e-9))
    return np.stack(patterns)


def _scores(residual: NDArray[np.float16], patterns: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = range(0, len(residual), _CHUNK)
    return np.concatenate([residual[i : i + _CHUNK].astype(np.float32) @ patterns.T for i in parts])


def _centred(scores: NDArray[np.float32], labels: Ints) -> NDArray[np.float32]:
    """Take each class's median out: what a whole class shares is its sign, not a trigger."""
    for label in np.unique(labels):
        rows = labels == label
        scores[rows] -= np.median(scores[rows], axis=0)
    return scores


def _alarm(
    evidence: Evidence, label: int, half: Bools, scores: NDArray[np.float32]
) -> Alarm | None:
    inside = evidence.labels == label
    members, height = np.zeros(len(inside), bool), np.zeros(len(inside))
    for part in (0, 1):
        null = scores[~inside, part]
        judged = inside & (half == bool(part))
        height[judged] = (scores[judged, part] - null.mean()) / max(float(null.std()), 1e-9)
        members |= judged & (scores[:, part] > np.quantile(null, _ADMITTED))
    thumbs = evidence.thumbs[members]
    pictures = distinct(thumbs[picked(thumbs, _MOST_LINKED)])
    if pictures < _PICTURES:
        return None
    doubted = float((evidence.margins.value[members] > 0).mean())
    statistic = pictures * float(np.median(height[members])) * doubted
    return Alarm(label, None, members, height, statistic)
