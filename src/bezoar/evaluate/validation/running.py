"""`validate`: every built-in check of a sample table, one outcome each."""

from collections.abc import Callable
from typing import Final

from bezoar.core.outcome import Outcome
from bezoar.core.rule import Rule
from bezoar.evaluate.validation.decoding import DECODE_FAILURE, decode_failures
from bezoar.evaluate.validation.duplicates import (
    CONFLICTING_LABELS,
    NEAR_DUPLICATE_LABELS,
    SPLIT_DUPLICATE,
    conflicting_labels,
    near_duplicate_labels,
    split_duplicates,
)
from bezoar.evaluate.validation.labels import (
    NEW_CLASS,
    UNEXPECTED_LABEL,
    VANISHED_CLASS,
    new_classes,
    unexpected_labels,
    vanished_classes,
)
from bezoar.evaluate.validation.order import ORDER_ANOMALY, order_anomalies
from bezoar.evaluate.validation.outliers import OUTLIER, outliers
from bezoar.evaluate.validation.shares import CLASS_SHARE_JUMP, share_jumps
from bezoar.evaluate.validation.subject import Subject

CHECKS: Final[dict[Rule, Callable[[Subject], Outcome]]] = {
    UNEXPECTED_LABEL: unexpected_labels,
    NEW_CLASS: new_classes,
    VANISHED_CLASS: vanished_classes,
    CLASS_SHARE_JUMP: share_jumps,
    OUTLIER: outliers,
    NEAR_DUPLICATE_LABELS: near_duplicate_labels,
    SPLIT_DUPLICATE: split_duplicates,
    DECODE_FAILURE: decode_failures,
    ORDER_ANOMALY: order_anomalies,
    CONFLICTING_LABELS: conflicting_labels,
}
"""Each built-in rule, and the check that it names."""


def validate(subject: Subject) -> tuple[Outcome, ...]:
    """Run every built-in check; an empty table has nothing to check."""
    return tuple(check(subject) for check in CHECKS.values())
