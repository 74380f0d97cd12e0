"""BZ236: the validation's failure is ignored."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.evaluate.rules.ways import unguarded

RULE: Final = Rule(
    code="BZ236",
    name="validation-cannot-stop",
    title="The validation cannot stop the training",
    severity=Severity.HIGH,
    why="A check whose failure is ignored is a line in a log that nobody reads.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each training that this is true of."""
    yield from unguarded(RULE, journey, Fault.CANNOT_STOP)
