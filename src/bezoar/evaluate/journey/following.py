"""`Followed`: one pipeline, followed from its beginning to its end."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.acts import acts_of
from bezoar.evaluate.journey.guards import Guards, Order, Unguarded
from bezoar.evaluate.journey.library import Library, in_order
from bezoar.evaluate.pipelines.definition import Pipeline, Step

CI_FORMATS: Final = frozenset({"github-actions", "gitlab-ci", "azure-pipelines", "circleci"})


@dataclass(frozen=True, slots=True)
class Training:
    """A training, and the ways that data takes to it past every validator.

    Attributes:
        pipeline: The pipeline that is judged.
        act: The training.
        unguarded: The ways; empty where all that it reads was validated.
    """

    pipeline: Pipeline
    act: Act
    unguarded: tuple[Unguarded, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """One pipeline, followed from its beginning to its end.

    Attributes:
        pipeline: As its definition says.
        steps: In the order in which they run.
        acts: What they do, scripts and targets that they run included.
        order: What comes before what.
        trainings: What trains.
    """

    pipeline: Pipeline
    steps: tuple[Step, ...]
    acts: tuple[Act, ...]
    order: Order
    trainings: tuple[Training, ...]

    @property
    def trains(self) -> bool:
        """Whether it trains anything."""
        return bool(self.trainings)

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
    """Follow one pipeline, with the scripts and targets that it runs."""
    steps = in_order(pipeline.steps)
    acts = tuple(act for step in steps for act in acts_of(pipeline, step, library))
    order = Order(steps, acts)
    guards = Guards(acts, order)
    trainings = tuple(
        Training(pipeline, act, tuple(guards.unguarded(act)))
        for act in _last_of_each_step(act for act in acts if act.role is Role.TRAIN)
    )
    return Followed(pipeline, tuple(steps), acts, order, trainings)


def _last_of_each_step(acts: Iterable[Act]) -> Sequence[Act]:
    """Return one training for each step: the last, which all that it reads has reached."""
    return list({act.step: act for act in acts}.values())
