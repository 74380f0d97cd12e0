"""The rules on reading, and one outcome for each of them."""

from collections.abc import Iterable
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.rule import Rule
from bezoar.core.sample import Dataset
from bezoar.datasets.containers import SPECIAL_FILE, UNREADABLE_CONTAINER, UNSAFE_NAME
from bezoar.datasets.label_table import LISTING_MISMATCH
from bezoar.datasets.labelling import LABELS_DISAGREE, UNLABELLED
from bezoar.datasets.tree import NOT_AN_IMAGE
from bezoar.datasets.unreadable import (
    EMPTY_FILE,
    EXTENSION_MISMATCH,
    OVERSIZED_IMAGE,
    UNREADABLE_IMAGE,
)

DECODING_RULES: Final = (UNREADABLE_IMAGE, EMPTY_FILE, EXTENSION_MISMATCH, OVERSIZED_IMAGE)
"""What decoding a sample finds."""

LISTING_RULES: Final = (
    LABELS_DISAGREE,
    LISTING_MISMATCH,
    UNSAFE_NAME,
    UNREADABLE_CONTAINER,
    NOT_AN_IMAGE,
    UNLABELLED,
    SPECIAL_FILE,
)
"""What opening a dataset finds."""


def listing_outcomes(dataset: Dataset) -> tuple[Outcome, ...]:
    """Return one outcome for each rule on listing the samples."""
    return _outcomes(LISTING_RULES, getattr(dataset, "checked", ()), dataset.problems)


def reading_outcomes(dataset: Dataset, findings: Iterable[Finding]) -> tuple[Outcome, ...]:
    """Return one outcome for each rule on reading.

    Args:
        dataset: What was read; its `problems` count too.
        findings: What was found while each sample was decoded.
    """
    checked = (*DECODING_RULES, *getattr(dataset, "checked", ()))
    rules = (*DECODING_RULES, *LISTING_RULES)
    return _outcomes(rules, checked, (*dataset.problems, *findings))


def _outcomes(
    rules: Iterable[Rule], checked: Iterable[Rule], findings: Iterable[Finding]
) -> tuple[Outcome, ...]:
    found: dict[Rule, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    ran = {*checked, *found}
    return tuple(
        Outcome.of(rule, found.get(rule, ()))
        if rule in ran
        else Outcome(rule, Status.NOT_APPLICABLE, reason="this layout leaves no room for it")
        for rule in dict.fromkeys((*rules, *found))
    )
