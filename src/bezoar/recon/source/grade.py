"""`grade`: from signals to one letter, by counting."""

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum
from typing import Final

from bezoar.recon.source.signal import Level, Signal, completed

_MOST_FAIR_FOR_A: Final = 4
_MOST_WEAK_FOR_B: Final = 1
_MOST_WEAK_FOR_C: Final = 3


class Grade(IntEnum):
    """How hard a source is to poison, as far as public metadata tells; ordered, best first."""

    A = 0
    B = 1
    C = 2
    D = 3
    F = 4

    def __str__(self) -> str:
        return self.name


def grade(signals: Iterable[Signal]) -> Grade:
    """Grade a source.

    An aspect is as good as the worst signal about it, and weak where that is poor or unknown. One
    bad aspect makes an F. Else the weak ones of the nine are counted: none gives an A (a B if more
    than four are merely fair), one a B, up to three a C, more a D.

    Laws: a worse signal, or one more, never improves the grade; an unknown one counts like a poor
    one.
    """
    worst: dict[str, Level] = {}
    for signal in completed(signals):
        worst[signal.aspect] = max(signal.level, worst.get(signal.aspect, Level.GOOD))
    levels = list(worst.values())
    weak = sum(level in (Level.POOR, Level.UNKNOWN) for level in levels)
    if Level.BAD in levels:
        return Grade.F
    if weak > _MOST_WEAK_FOR_C:
        return Grade.D
    if weak > _MOST_WEAK_FOR_B:
        return Grade.C
    if weak or levels.count(Level.FAIR) > _MOST_FAIR_FOR_A:
        return Grade.B
    return Grade.A


def at_best(signals: Iterable[Signal]) -> Grade:
    """Return the grade if all that is unknown turned out to be good."""
    return grade(
        replace(signal, level=Level.GOOD) if signal.level is Level.UNKNOWN else signal
        for signal in completed(signals)
    )
