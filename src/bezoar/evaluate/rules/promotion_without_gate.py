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
from bezoar.evaluate.journey.order import bits_of
from bezoar.evaluate.rules.once import USED_IN, used_in

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
        live = _Live(one)
        act = next((act for act in one.acts if live.goes(act) and not live.is_gated(act)), None)
        if act is not None:
            yield Finding(
                RULE,
                act.place,
                f"{act.name} brings a model into production, and no gate comes before it",
                evidence={USED_IN: used_in(one, act.place.name)},
                next="bezoar release gate MODEL",
            )


class _Live:
    """What brings a model into production in one pipeline."""

    def __init__(self, one: Followed) -> None:
        self._one = one
        self._steps = {step.name: step for step in one.steps}
        # What all steps share is when the pipeline runs, and judges nothing.
        self._shared = {act.condition for act in one.acts if act.role is Role.TRAIN}
        trainings = bits_of(number for number, act in enumerate(one.acts) if act.role is Role.TRAIN)
        self._gates = bits_of(
            number
            for number, act in enumerate(one.acts)
            if act.role is Role.GATE
            and act.stops
            # What came before all training has not seen the model.
            and (not trainings or one.order.before(act) & trainings)
        )

    def goes(self, act: Act) -> bool:
        """Say whether an act does: a registration that approves does, too."""
        if act.role is not Role.REGISTER:
            return act.role is Role.PROMOTE
        step = self._steps.get(act.step)
        return step is not None and any(
            "approval" in name.lower() and value.strip("\"'").lower() == "approved"
            for name, value in step.settings.items()
        )

    def is_gated(self, act: Act) -> bool:
        """Say whether something before an act can stop it."""
        if act.condition and act.condition not in self._shared and not act.after_failure:
            return True
        step = self._steps.get(act.step)
        if step is not None and any(_NAMED.search(name) for name in step.settings):
            return True
        order = self._one.order
        return bool(self._gates & order.before(act) & order.holding(act))
