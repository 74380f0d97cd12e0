"""The pipelines that train: which of them validate first, and how, or why not."""

from collections.abc import Iterator

from bezoar.evaluate.four_answers import Trains
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.journey.journey import Journey
from bezoar.evaluate.pipelines.inline_secrets import hidden


def trains(journey: Journey) -> list[Trains]:
    """Return each pipeline that trains, and whether all that its training reads is validated."""
    return [_trains(one) for one in journey.followed if one.trains]


def _trains(one: Followed) -> Trains:
    missing = [way for training in one.trainings for way in training.unguarded]
    if not missing and one.given_up:
        return Trains(
            name=hidden(one.pipeline.name),
            place=str(one.pipeline.place),
            validated=False,
            production=one.pipeline.production,
            why=one.given_up,
        )
    if not missing:
        used = list(dict.fromkeys(_shown(act) for act in _validators(one)))
        return Trains(
            name=hidden(one.pipeline.name),
            place=str(one.pipeline.place),
            validated=True,
            production=one.pipeline.production,
            why=hidden(f"by {'; '.join(used[:3])}")
            if used
            else "it reads nothing that has to be validated",
        )
    first = missing[0]
    name = first.source.rpartition("|")[2]
    source = f"{name}: " if name else ""
    nearest = f" ({_shown(first.validator)})" if first.validator else ""
    return Trains(
        name=hidden(one.pipeline.name),
        place=str(one.pipeline.place),
        validated=False,
        production=one.pipeline.production,
        why=hidden(f"{source}{first.fault}{nearest}"),
    )


def _validators(one: Followed) -> Iterator[Act]:
    """Yield what stands before some training."""
    before = one.before_training
    for number, act in enumerate(one.acts):
        if act.role is Role.VALIDATE and before & 1 << number:
            yield act


def _shown(act: Act) -> str:
    return f"{act.name} in {act.place}"
