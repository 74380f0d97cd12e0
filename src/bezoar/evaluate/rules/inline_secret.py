"""BZ235: a secret stands in a definition."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey

RULE: Final = Rule(
    code="BZ235",
    name="inline-secret",
    title="A secret stands in a definition",
    severity=Severity.HIGH,
    why="Whoever reads the repository has it, and can write where the pipeline can. Put it into"
    " the secret store, and change it: it was seen.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each secret; its name, never the secret."""
    seen: set[tuple[str, int]] = set()
    for pipeline in journey.pipelines:
        for step in pipeline.steps:
            for name, line in step.secrets:
                if (step.place.name, line) not in seen:
                    seen.add((step.place.name, line))
                    yield Finding(
                        RULE,
                        Place(PlaceKind.FILE, step.place.name, line),
                        f"{name} stands here as plain text",
                        evidence={"name": name},
                        next="bezoar rule BZ235",
                    )
