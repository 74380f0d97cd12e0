"""BZ228: a model goes live and nothing judges it before."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.acts import Act, Role
from bezoar.evaluate.journey.following import Followed

RULE: Final = Rule(
    code="BZ228",
    name="promotion-without-gate",
    title="A model goes live without a gate",
    severity=Severity.HIGH,
    why="Whatever training brings goes live: nobody asks whether the model, and the data behind"
    " it, may.",
    taxonomy=("ATLAS:AML.T0020",),
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each promotion that nothing before it can stop."""
    for one in journey.followed:
        for act in one.acts:
            if act.role is Role.PROMOTE and not _is_gated(one, act):
                yield Finding(
                    RULE,
                    act.place,
                    f"{act.name} brings a model into production, and no gate comes before it",
                    evidence={"pipeline": one.pipeline.name},
                    next="bezoar release gate MODEL, before it",
                )
                break


def _is_gated(one: Followed, promotion: Act) -> bool:
    # In CI a condition mostly asks for a branch, which says nothing about the model.
    asks = not one.in_ci or "output" in promotion.condition
    if promotion.condition and asks and not promotion.after_failure:
        return True
    step = next((step for step in one.steps if step.name == promotion.step), None)
    if step is not None and any(
        "environment" in name or "approval" in name for name in step.settings
    ):
        return True
    return any(
        act.role is Role.GATE
        and act.stops
        and not promotion.after_failure
        and one.order.precedes(act, promotion)
        for act in one.acts
    )
