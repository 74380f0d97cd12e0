"""BZ232: a step runs in an image that is named by a tag."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ232",
    name="image-by-tag",
    title="An image is named by a tag",
    severity=Severity.MEDIUM,
    why="A tag is moved without a word, and other code then reads the data and trains the"
    " model. Name it by its digest: IMAGE@sha256:….",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each image without a digest, in a pipeline that handles data."""
    for one in journey.followed:
        seen: set[tuple[str, str]] = set()
        for step in one.steps:
            image = step.image
            if image is None or image.pinned or "{" in image.name:
                continue
            key = step.place.name, image.name
            if key not in seen:
                seen.add(key)
                yield Finding(
                    RULE,
                    Place(PlaceKind.FILE, step.place.name, image.line or step.place.line),
                    f"{image.name} may be another image tomorrow",
                    evidence={
                        "image": image.name,
                        "step": step.name,
                        USED_IN: used_in(one, step.place.name),
                    },
                    next="bezoar rule BZ232",
                )
