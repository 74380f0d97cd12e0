"""BZ228: a model goes live and nothing judges it before."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.act import Act, Role
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


_NAMED: Final = re.compile(r"(?:^|\.)environment(?:$|\.name$)|manual_?approval", re.IGNORECASE)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each promotion that nothing before it can stop."""
    for one in journey.followed:
        for act in one.acts:
            if _goes_live(one, act) and not _is_gated(one, act):
                yield Finding(
                    RULE,
                    act.place,
                    f"{act.name} brings a model into production, and no gate comes before it",
                    evidence={"pipeline": one.pipeline.name},
                    next="bezoar release gate MODEL",
                )
                break


def _is_gated(one: Followed, promotion: Act) -> bool:
    # What all steps share is when the pipeline runs, and judges nothing.
    shared = {act.condition for act in one.acts if act.role is Role.TRAIN}
    if promotion.condition and promotion.condition not in shared and not promotion.after_failure:
        return True
    step = next((step for step in one.steps if step.name == promotion.step), None)
    if step is not None and any(_NAMED.search(name) for name in step.settings):
        return True
    return any(
        act.role is Role.GATE
        and act.stops
        and one.order.precedes(act, promotion)
        and one.order.keeps_back(act, promotion)
        for act in one.acts
    )


def _goes_live(one: Followed, act: Act) -> bool:
    """Say whether an act puts a model into production: a registration that approves does, too."""
    if act.role is not Role.REGISTER:
        return act.role is Role.PROMOTE
    step = next((step for step in one.steps if step.name == act.step), None)
    values = step.settings.items() if step is not None else ()
    return any(
        "approval" in name.lower() and value.strip("\"'").lower() == "approved"
        for name, value in values
    )
