"""BZ223: data is fetched by a name that says no version."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.rules.cloned import clones
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ223",
    name="path-without-version",
    title="Data without a version",
    severity=Severity.MEDIUM,
    why="Where no version is named, the newest is taken, whoever made it. Name a commit or a"
    " release.",
    taxonomy=("ATLAS:AML.T0020",),
)
_VERSIONED: Final = ("git+", "hf://", "huggingface:", "dvc:")


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each fetch from what has versions that names none."""
    for one in journey.followed:
        seen: set[tuple[str, int]] = set()
        for arrival in journey.arriving(one):
            at = arrival.path, arrival.line
            loose = not (arrival.revision or arrival.pinned or arrival.verified or arrival.public)
            if not loose or not arrival.uri.startswith(_VERSIONED) or at in seen:
                continue
            seen.add(at)
            yield Finding(
                RULE,
                Place(PlaceKind.FILE, *at),
                f"{arrival.loader} takes whatever version of {arrival.uri} there is",
                evidence={"uri": arrival.uri, USED_IN: used_in(one, arrival.path)},
                next="bezoar rule BZ223",
            )
        for clone in clones(one):
            at = clone.act.place.name, clone.act.place.line or 0
            if not clone.revision and at not in seen:
                seen.add(at)
                yield Finding(
                    RULE,
                    clone.act.place,
                    f"git clone takes whatever commit of {clone.uri} is the newest",
                    evidence={"uri": clone.uri, USED_IN: used_in(one, at[0])},
                    next="bezoar rule BZ223",
                )
