"""What is asked of a journey, one file for each rule."""

from importlib import import_module
from typing import Final

from bezoar.core.outcome import Outcome
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.pipelines import faults
from bezoar.evaluate.rules.once import once

RULES: Final = (
    "public_pull",
    "mutable_reference",
    "path_without_version",
    "path_without_hash",
    "path_without_validation",
    "no_dominating_validation",
    "write_between_check_and_use",
    "promotion_without_gate",
    "training_identity_writes_data",
    "untrusted_pull_request",
    "unverified_cache",
    "image_by_tag",
    "remote_code",
    "no_review_rule",
    "inline_secret",
    "validation_cannot_stop",
    "undecidable_value",
)
"""Modules of this package; each has `RULE` and `findings(journey)`."""


def outcomes_of(journey: Journey) -> tuple[Outcome, ...]:
    """Return the outcome of each rule, and of what kept definitions from being read."""
    modules = [import_module(f"{__name__}.{name}") for name in RULES]
    found = [Outcome.of(module.RULE, once(module.findings(journey))) for module in modules]
    told = [finding for pipeline in journey.pipelines for finding in pipeline.found]
    told += [
        faults.unreadable(one.pipeline.place.name, one.given_up, one.pipeline.place.line)
        for one in journey.followed
        if one.given_up
    ]
    unread = (faults.UNREADABLE_DEFINITION, faults.CYCLIC_DEFINITION, faults.MISSING_INCLUDE)
    found += [Outcome.of(rule, once(one for one in told if one.rule == rule)) for rule in unread]
    return tuple(found)
