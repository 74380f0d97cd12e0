"""BZ230: people whom nobody trusts reach a step that matters."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.pipelines.definition import Step, Trigger
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ230",
    name="untrusted-pull-request",
    title="A pull request reaches data or secrets",
    severity=Severity.HIGH,
    why="Anybody may open a pull request: what it can run with the rights of the base, anybody"
    " can. Run it on the base's own code alone, or without data and secrets.",
    taxonomy=("ATLAS:AML.T0020",),
)
_MATTERS: Final = frozenset({Role.PROMOTE, Role.REGISTER})


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each pipeline in which a stranger's code meets data or secrets."""
    for one in journey.followed:
        for step in one.steps:
            triggers = step.triggers or one.pipeline.triggers
            if Trigger.PULL_REQUEST_TARGET in triggers and not step.trusted:
                yield _finding(
                    one, step, "runs what a pull request sends, with the rights of the base"
                )
                break
            if Trigger.PULL_REQUEST in triggers and (act := _act_that_matters(one, step)):
                what = f"can be reached by a pull request, and {act.name} changes what is live"
                yield _finding(one, step, what)
                break


def _act_that_matters(one: Followed, step: Step) -> Act | None:
    for act in one.by_step.get(step.name, ()):
        if act.condition:
            continue
        remote = [
            name for name in act.writes if name.startswith(("s3://", "gs://", "az://", "abfs"))
        ]
        if act.role in _MATTERS or remote:
            return act
    return None


def _finding(one: Followed, step: Step, what: str) -> Finding:
    return Finding(
        RULE,
        step.place,
        f"step {step.name!r} {what}",
        evidence={"step": step.name, USED_IN: used_in(one, step.place.name)},
        next="bezoar rule BZ230",
    )
