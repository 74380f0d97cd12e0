"""BZ229: who trains may also write what it trains on."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.pipelines.definition import Access
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ229",
    name="training-identity-writes-data",
    title="The training may write its own data",
    severity=Severity.MEDIUM,
    why="Whoever takes over a training job can then poison the data of all later ones. Give it"
    " an identity that may only read.",
    taxonomy=("ATLAS:AML.T0020",),
)
_OWN: Final = frozenset({"repository", "contents", "packages", "id-token"})


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each training whose identity may write a store of data."""
    for one in journey.followed:
        trainings = {training.act.step for training in one.trainings}
        read = _stores_that_others_fill(one)
        for step in one.steps:
            stores = [
                store
                for store, access in step.access.items()
                if access is Access.WRITE and store not in _OWN and store in read
            ]
            if step.name in trainings and stores:
                yield Finding(
                    RULE,
                    step.place,
                    f"{step.identity or one.pipeline.identity or 'the training'} trains, and may"
                    f" write {stores[0]}",
                    evidence={
                        "stores": stores[:5],
                        "step": step.name,
                        USED_IN: used_in(one, step.place.name),
                    },
                    next="bezoar rule BZ229",
                )


def _stores_that_others_fill(one: Followed) -> set[str]:
    """Return the stores that steps other than trainings use: there the data lies."""
    trainings = {training.act.step for training in one.trainings}
    return {store for step in one.steps if step.name not in trainings for store in step.access} | {
        store
        for step in one.steps
        if step.name in trainings
        for store in step.access
        if any(ref.name.startswith(store) for ref in step.reads)
    }
