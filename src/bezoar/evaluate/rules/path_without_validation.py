"""BZ225: data reaches training, and nothing validates it."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.unguarded import Fault
from bezoar.evaluate.rules.ways import unguarded

RULE: Final = Rule(
    code="BZ225",
    name="path-without-validation",
    title="Nothing validates what training reads",
    severity=Severity.HIGH,
    why="What nobody looks at before training is learned, poison and all.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each training that this is true of."""
    yield from unguarded(RULE, journey, Fault.NOTHING)
