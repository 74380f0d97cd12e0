"""BZ226: there is a validation, and data reaches training past it."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.evaluate.rules.ways import unguarded

RULE: Final = Rule(
    code="BZ226",
    name="no-dominating-validation",
    title="Data reaches training past the validation",
    severity=Severity.HIGH,
    why="A check that is skipped, looks at other data, or ends after training has begun, keeps"
    " nothing out.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each training that this is true of."""
    yield from unguarded(RULE, journey, Fault.ELSEWHERE)
