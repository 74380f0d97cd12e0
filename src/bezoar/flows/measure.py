"""`Measure`: how one stage stands, and what keeps it from its best."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bezoar.core.rule import Stage

Progress = Callable[[int, int], None]
"""Called with (done, total); total 0 = not known."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps a measure from its best value.

    Attributes:
        what: A dataset, a pipeline, a job.
        why: In a sentence.
        next: The command that mends it.
    """

    what: str
    why: str
    next: str


@dataclass(frozen=True, slots=True)
class Measure:
    """How one stage stands.

    Attributes:
        stage: Which one.
        name: What is measured, as a sentence without its value.
        value: A number or a yes or no; None where there is nothing to measure, or nobody can tell.
        unit: Of a number: `%`, `s`; empty for others.
        basis: What it was computed from, as `2 of 3`.
        missing: What keeps it from its best value.
        detail: More JSON values.
        without: What is said where there is no value.
    """

    stage: Stage
    name: str
    value: float | bool | None
    unit: str = ""
    basis: str = ""
    missing: tuple[Missing, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)
    without: str = "nothing to measure yet"
