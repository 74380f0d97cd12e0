"""Ways that data takes to a training past every validator, as findings: one for each training."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place
from bezoar.core.rule import Rule
from bezoar.core.severity import Confidence
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.journey.unguarded import GRAVEST, Fault, Unguarded
from bezoar.evaluate.rules.once import USED_IN

_MOST_SHOWN: Final = 5


def unguarded(rule: Rule, journey: Journey, fault: Fault) -> Iterator[Finding]:
    """Yield a finding for each training whose gravest fault this is.

    Args:
        rule: What is found.
        journey: Where.
        fault: The fault.
    """
    for one in journey.followed:
        for training in one.trainings:
            ways = training.unguarded
            # Its steps are fixed: there is no place in it for a check of the data.
            if one.pipeline.format == "mlflow-recipe" and fault is Fault.NOTHING:
                continue
            gravest = min((way.fault for way in ways), key=GRAVEST.index, default=None)
            if gravest is fault:
                yield _finding(rule, one, [way for way in ways if way.fault is fault])


def _finding(rule: Rule, one: Followed, ways: list[Unguarded]) -> Finding:
    first = ways[0]
    data = first.source.rpartition("|")[2] or "what it reads"
    message = f"training with {first.training.name} reads {data}: {first.fault}"
    at = first.training.defined
    if first.writer is not None:
        message += f" ({first.writer.name}, line {first.writer.place.line})"
        at = first.writer.defined
    elif first.validator is not None:
        message += f" ({first.validator.name}, {first.validator.place})"
        at = first.validator.defined if first.fault is Fault.CANNOT_STOP else at
    evidence = {
        "data": [way.source.rpartition("|")[2] for way in ways[:_MOST_SHOWN]],
        "way": [f"{act.name} ({act.place})" for act in first.way[:_MOST_SHOWN]],
        USED_IN: [_where(one, first.training.defined)],
    }
    sure = Confidence.HIGH if first.source else Confidence.MEDIUM
    nexts = "bezoar validate DATA --suite FILE"
    return Finding(rule, at, message, confidence=sure, evidence=evidence, next=nexts)


def _where(one: Followed, place: Place) -> str:
    """Return where a training is run; of what another file defines, which pipeline does that."""
    return str(place if place.name == one.pipeline.place.name else one.pipeline.place)
