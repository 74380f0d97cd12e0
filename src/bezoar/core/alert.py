"""`Alert`: a statistic that crossed its line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bezoar.core.place import Place

_Observation_contra = TypeVar("_Observation_contra", contravariant=True)


class Statistic(Protocol[_Observation_contra]):
    """A number that follows a stream."""

    @property
    def name(self) -> str:
        """Its name for people."""
        ...

    @property
    def place(self) -> Place:
        """What it watches."""
        ...

    def values(self, stream: Iterable[_Observation_contra]) -> Iterator[float]:
        """Yield one value for each observation, from nothing but the stream up to it."""
        ...

    def false_alarm_rate(self, line: float) -> float:
        """Return the promised false alarms per observation at a line."""
        ...


@dataclass(frozen=True, slots=True)
class Alert:
    """A statistic that crossed its line.

    Attributes:
        statistic: Its name.
        value: The value that crossed.
        line: What it crossed.
        false_alarm_rate: Promised false alarms per observation while nothing is wrong.
        place: What it watches.
        index: Number of the observation, from 0.
    """

    statistic: str
    value: float
    line: float
    false_alarm_rate: float
    place: Place
    index: int


def watch(
    statistic: Statistic[_Observation_contra], stream: Iterable[_Observation_contra], line: float
) -> Iterator[Alert]:
    """Yield an alert each time the statistic comes up to the line from below it.

    Law: replaying a stream gives the same alerts.
    """
    rate = statistic.false_alarm_rate(line)
    above = False
    for index, value in enumerate(statistic.values(stream)):
        if value >= line and not above:
            yield Alert(statistic.name, value, line, rate, statistic.place, index)
        above = value >= line
