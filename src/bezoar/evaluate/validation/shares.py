"""BZ254: a class whose share of the data jumped since the approved version."""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.subject import NO_VERSION, Subject, at_class, not_applicable

CLASS_SHARE_JUMP: Final = Rule(
    code="BZ254",
    name="class-share-jump",
    title="Share of a class jumped",
    severity=Severity.MEDIUM,
    why="Samples were added to one class, or moved from one to another, more than chance and"
    " ordinary growth do.",
    taxonomy=("ATLAS:AML.T0020",),
)

ALARMS: Final = 0.001
"""Of two versions drawn from one source, the share of comparisons with any finding."""
RELATIVE: Final = 0.2
ABSOLUTE: Final = 0.02
_FEWEST: Final = 5


def share_jumps(subject: Subject) -> Outcome:
    """Compare each class's share with the version before.

    Two-sample test of proportions with continuity correction, two-sided, Bonferroni over the
    classes at `ALARMS`; and the share has to have changed by a fifth of itself or by two points of
    a hundred, so that a large table does not report what is significant but does not matter. Two
    versions that share samples differ less than two draws do: the rate is an upper bound.
    """
    if not subject.before:
        return not_applicable(CLASS_SHARE_JUMP, NO_VERSION)
    if not subject.counts:
        return not_applicable(CLASS_SHARE_JUMP, "there are no labels")
    jumps = _jumps(subject.before, subject.counts, subject.version)
    return Outcome.of(CLASS_SHARE_JUMP, list(jumps))


def _jumps(before: dict[str, int], after: dict[str, int], version: str) -> Iterator[Finding]:
    n, m = sum(before.values()), sum(after.values())
    both = sorted(before.keys() & after.keys())
    limit = NormalDist().inv_cdf(1 - ALARMS / (2 * max(1, len(both))))
    for label in both:
        old, new = before[label] / n, after[label] / m
        pooled = (before[label] + after[label]) / (n + m)
        change = abs(new - old)
        enough = pooled * min(n, m) >= _FEWEST
        matters = change >= min(RELATIVE * old, ABSOLUTE)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        corrected = max(0.0, change - (1 / n + 1 / m) / 2)
        if enough and matters and spread > 0 and corrected / spread >= limit:
            yield at_class(
                CLASS_SHARE_JUMP,
                label,
                f"{old:.2%} in {version}, {new:.2%} now"
                f" ({before[label]:,} and {after[label]:,} samples)",
                {"before": old, "after": new, "z": round(corrected / spread, 2)},
            )
