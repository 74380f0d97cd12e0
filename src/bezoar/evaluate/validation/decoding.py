"""BZ258: samples that could not be read."""

from typing import Final

import polars as pl

from bezoar.core.outcome import Outcome
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.validation.subject import DECODED, Subject, at_samples, not_applicable

DECODE_FAILURE: Final = Rule(
    code="BZ258",
    name="decode-failure",
    title="Sample that cannot be read",
    severity=Severity.MEDIUM,
    why="What cannot be decoded was not looked at by any other check, and a loader may skip it,"
    " stop at it, or read it as something else.",
)


def decode_failures(subject: Subject) -> Outcome:
    """Find the samples whose outcome says that they were not decoded."""
    if not subject.has("outcome"):
        return not_applicable(DECODE_FAILURE, "its rows were read as they are")
    failed = subject.table.filter(pl.col("outcome") != DECODED)
    told = (
        (path, f"{outcome}: {why or 'no reason known'}", {"outcome": outcome})
        for path, outcome, why in failed.select("path", "outcome", "outcome_why").iter_rows()
    )
    return Outcome.of(DECODE_FAILURE, at_samples(DECODE_FAILURE, told, len(failed)))
