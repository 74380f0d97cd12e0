"""Strata: what a prediction is compared with. A night camera sees other signs than a day camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bezoar.core.arrays import Ints

_SECONDS: Final = 3600
HOURS_A_DAY: Final = 24
LONGEST: Final = 200
"""Characters of a level's name that count."""


@dataclass(frozen=True, slots=True)
class Strata:
    """Which columns divide the stream, and the levels that the baseline knows.

    The last stratum is for whatever the baseline has not seen.

    Attributes:
        hour: Whether the hour of the day (UTC) is one of them.
        columns: The other columns.
        levels: Known combinations of these columns, sorted; one empty one where there are none.
    """

    hour: bool = False
    columns: tuple[str, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ((),)

    def __len__(self) -> int:
        """Return the number of strata, with the one for what is not known."""
        return self.known + 1

    @property
    def known(self) -> int:
        """The number of strata that the baseline knows; hours of one level follow each other."""
        return len(self.levels) * (HOURS_A_DAY if self.hour else 1)

    def codes(self, seconds: Any, values: Mapping[str, Sequence[Any]], size: int) -> Ints:
        """Return the stratum of each of `size` predictions, (size,).

        Args:
            seconds: Time of each since the epoch, (size,); unused without hours.
            values: Each column's value of each.
            size: How many there are.
        """
        index = {level: i for i, level in enumerate(self.levels)}
        if self.columns:
            rows = zip(*(values.get(name, [""] * size) for name in self.columns), strict=True)
            level = np.array([index.get(tuple(map(level_name, row)), -1) for row in rows], np.int64)
        else:
            level = np.zeros(size, np.int64)
        if not self.hour:
            return np.where(level < 0, self.known, level)
        hours = hours_of(seconds)
        return np.where((level < 0) | (hours < 0), self.known, level * HOURS_A_DAY + hours)

    def code(self, seconds: float | None, values: Mapping[str, Any]) -> int:
        """Return the stratum of one prediction."""
        level = 0
        if self.columns:
            row = tuple(level_name(values.get(name, "")) for name in self.columns)
            if row not in self.levels:
                return self.known
            level = self.levels.index(row)
        if not self.hour:
            return level
        if seconds is None or not np.isfinite(seconds):
            return self.known
        return level * HOURS_A_DAY + int(seconds // _SECONDS % HOURS_A_DAY)


def level_name(value: Any) -> str:
    """Return a level as text, whatever it was: names come from outside."""
    return "" if value is None else str(value)[:LONGEST]


def hours_of(seconds: Any) -> Ints:
    """Return the hour of the day, (n,), and -1 where a time is no time."""
    times = np.asarray(seconds, np.float64)
    valid = np.isfinite(times)
    hours = np.where(valid, times, 0) // _SECONDS % HOURS_A_DAY
    return np.where(valid, hours, -1).astype(np.int64)
