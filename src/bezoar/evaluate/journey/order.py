"""`Order`: what comes before what in one pipeline, and whose failure keeps whom from running."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bezoar.evaluate.journey.act import Act
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.pipelines.definition import Step

_A_FEW: Final = 8
"""Steps that are waited for in the time of one question."""
_FEW: Final = 64
"""Bits that are taken out one by one: an operation on all for each of them costs less then."""


class Order:
    """What comes before what, as sets of bits: bit n is the n-th act.

    Thousands of acts then cost a few kilobytes each, and one question is one operation on them.
    """

    def __init__(self, steps: Sequence[Step], acts: Sequence[Act], effort: Effort) -> None:
        """Work out what comes before each step.

        Args:
            steps: In order: those that a step waits for come first, but where they form a circle.
            acts: What they do, in order.
            effort: What this may take.

        Raises:
            TooMuchError: If the steps wait for more than that.
        """
        self._number = {id(act): number for number, act in enumerate(acts)}
        self._own: dict[str, int] = {step.name: 0 for step in steps}
        for name, numbers in _by_step(acts).items():
            self._own[name] = bits_of(numbers)
        self._before: dict[str, int] = {}
        self._holding: dict[str, int] = {}
        for step in steps:
            effort.spend(1 + len(step.after) // _A_FEW)
            before = holding = 0
            for name in step.after:
                own = self._own.get(name, 0)
                before |= own | self._before.get(name, 0)
                holding |= own | self._holding.get(name, 0)
            self._before[step.name] = before
            self._holding[step.name] = 0 if step.runs_after_failure else holding

    def number(self, act: Act) -> int:
        """Return which act it is."""
        return self._number[id(act)]

    def before(self, act: Act) -> int:
        """Return the acts that have surely ended before an act begins."""
        return self._before.get(act.step, 0) | self._earlier(act)

    def holding(self, act: Act) -> int:
        """Return the acts before it whose step's failure keeps an act from running."""
        return self._holding.get(act.step, 0) | self._earlier(act)

    def precedes(self, first: Act, second: Act) -> bool:
        """Say whether an act has surely ended before another one begins."""
        return bool(self.before(second) & 1 << self.number(first))

    def _earlier(self, act: Act) -> int:
        """Return what the act's own step does before it."""
        return self._own.get(act.step, 0) & (1 << self.number(act)) - 1


def bits_of(numbers: Iterable[int]) -> int:
    """Return a set of numbers as bits."""
    found = bytearray()
    for number in numbers:
        at = number >> 3
        if at >= len(found):
            found.extend(bytes(at + 1 - len(found)))
        found[at] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def numbers_of(bits: int) -> Iterator[int]:
    """Yield the numbers in a set of bits, the lowest first."""
    if bits.bit_count() <= _FEW:
        while bits:
            yield lowest(bits)
            bits &= bits - 1
        return
    data = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    for at, byte in enumerate(data):
        yield from (8 * at + bit for bit in range(8) if byte >> bit & 1)


def lowest(bits: int) -> int:
    """Return the lowest number in a set of bits that is not empty."""
    return (bits & -bits).bit_length() - 1


def highest(bits: int) -> int:
    """Return the highest number in a set of bits that is not empty."""
    return bits.bit_length() - 1


def _by_step(acts: Iterable[Act]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, act in enumerate(acts):
        found.setdefault(act.step, []).append(number)
    return found
