"""BZ227: data is written after it was validated and before it is used."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.evaluate.rules.ways import unguarded

RULE: Final = Rule(
    code="BZ227",
    name="write-between-check-and-use",
    title="Data is written between check and use",
    severity=Severity.HIGH,
    why="What is written after the check was not checked: the data that trained is not the data"
    " that was validated.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each training that this is true of."""
    yield from unguarded(RULE, journey, Fault.WRITTEN_SINCE)
