"""BZ231: what comes from a cache is believed."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.act import Role
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.journey.overlapping import Overlapping
from bezoar.evaluate.pipelines.definition import Step
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ231",
    name="unverified-cache",
    title="A cache of data nobody verifies",
    severity=Severity.MEDIUM,
    why="Who can write a cache once can poison every later run that finds its key. Put a digest"
    " of the data into the key, or verify what came out.",
    taxonomy=("ATLAS:AML.T0020",),
)
_MOST_SHOWN: Final = 10


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each pipeline with caches of data whose keys hold no digest of it."""
    for one in journey.followed:
        steps = list(_cached(one))
        if steps:
            more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
            yield Finding(
                RULE,
                steps[0].place,
                f"step {steps[0].name!r}{more} may take its output from a cache whose key does not"
                " hold a digest of it",
                evidence={
                    "steps": [step.name for step in steps[:_MOST_SHOWN]],
                    USED_IN: used_in(one, steps[0].place.name),
                },
                next="bezoar rule BZ231",
            )


def _cached(one: Followed) -> Iterator[Step]:
    """Yield the steps of a pipeline that trains which bring data in, or take it from a cache."""
    waited_for = one.before_training
    data = Overlapping([[name for t in one.trainings for name in t.act.reads]])
    for step in one.steps if one.trains else ():
        acts = one.by_step.get(step.name, ())
        fetched = any(
            act.role in (Role.FETCH, Role.TRANSFORM) or (act.role is Role.OTHER and act.reads)
            for act in acts
        )
        if not step.cached or step.cache_key_pins or not fetched:
            continue
        held = {name for act in acts for name in act.writes}
        upstream = waited_for & 1 << one.order.number(acts[-1])
        if upstream or any(data.of(name) for name in held):
            yield step
