"""`Followed`: one pipeline, followed from its beginning to its end."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final

from bezoar.core.place import Place
from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.acts import acts_of
from bezoar.evaluate.journey.effort import Effort, TooMuchError
from bezoar.evaluate.journey.guards import Guards
from bezoar.evaluate.journey.library import Library, in_order
from bezoar.evaluate.journey.order import Order
from bezoar.evaluate.journey.unguarded import Unguarded
from bezoar.evaluate.pipelines.definition import Pipeline, Step

CI_FORMATS: Final = frozenset({"github-actions", "gitlab-ci", "azure-pipelines", "circleci"})


@dataclass(frozen=True, slots=True)
class Training:
    """A training, and the ways that data takes to it past every validator.

    Attributes:
        pipeline: The pipeline that is judged.
        act: The training.
        unguarded: The ways; empty where all that it reads was validated.
        judged: False where there are too many ways to follow them: nothing is known of it.
    """

    pipeline: Pipeline
    act: Act
    unguarded: tuple[Unguarded, ...]
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Followed:
    """One pipeline, followed from its beginning to its end.

    Attributes:
        pipeline: As its definition says.
        steps: In the order in which they run.
        acts: What they do, scripts and targets that they run included.
        order: What comes before what.
        trainings: What trains.
        given_up: Why it was not followed to its end; empty where it was.
        by_step: What each step does.
        users: Where the definition runs each file that something is done in.
    """

    pipeline: Pipeline
    steps: tuple[Step, ...]
    acts: tuple[Act, ...]
    order: Order
    trainings: tuple[Training, ...]
    given_up: str = ""
    by_step: Mapping[str, Sequence[Act]] = field(default_factory=dict)
    users: Mapping[str, Iterable[Place]] = field(default_factory=dict)

    @property
    def trains(self) -> bool:
        """Whether it trains anything."""
        return bool(self.trainings)

    @property
    def before_training(self) -> int:
        """What has surely ended before some training begins, as bits."""
        return reduce(or_, (self.order.before(one.act) for one in self.trainings), 0)

    @property
    def in_ci(self) -> bool:
        """Whether it runs in continuous integration."""
        return self.pipeline.format in CI_FORMATS

    @property
    def files(self) -> frozenset[str]:
        """The files that it is made of."""
        return frozenset({self.pipeline.place.name, *(act.place.name for act in self.acts)})

    @property
    def runs(self) -> frozenset[str]:
        """The files that it runs, as far as they can be told."""
        named = {posixpath.normpath(path) for step in self.steps for path in step.scripts}
        return self.files | named


def follow(pipeline: Pipeline, library: Library) -> Followed:
    """Follow one pipeline, with the scripts and targets that it runs.

    What takes more than a definition may is given up, and said to be.
    """
    steps = tuple(in_order(pipeline.steps))
    effort = Effort()
    try:
        acts = tuple(act for step in steps for act in acts_of(pipeline, step, library, effort))
        order = Order(steps, acts, effort)
    except TooMuchError:
        why = f"its {len(steps):,} steps do more than can be followed"
        return Followed(pipeline, steps, (), Order((), (), Effort()), (), why)
    trainings = tuple(_trainings(pipeline, acts, order, effort))
    missing = [one for one in trainings if not one.judged]
    why = f"too many ways lead to its trainings: {len(missing):,} of {len(trainings):,} not judged"
    by_step: dict[str, list[Act]] = {}
    users: dict[str, dict[Place, None]] = {}
    for act in acts:
        by_step.setdefault(act.step, []).append(act)
        if act.at is not None:
            users.setdefault(act.place.name, {})[act.at] = None
    given_up = why if missing else ""
    return Followed(pipeline, steps, acts, order, trainings, given_up, by_step, users)


def _trainings(
    pipeline: Pipeline, acts: Sequence[Act], order: Order, effort: Effort
) -> Iterator[Training]:
    waiting = _last_of_each_step(act for act in acts if act.role is Role.TRAIN)
    try:
        guards = Guards(acts, order, effort) if waiting else None
        while guards and waiting:
            yield Training(pipeline, waiting[0], tuple(guards.unguarded(waiting[0])))
            waiting.pop(0)
    except TooMuchError:
        yield from (Training(pipeline, act, (), judged=False) for act in waiting)


def _last_of_each_step(acts: Iterable[Act]) -> list[Act]:
    """Return one training for each step: the last, which all that it reads has reached."""
    return list({act.step: act for act in acts}.values())
