"""`Writers`: who writes data that has something in common with a name, without asking them all."""

from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.evaluate.journey.act import Act
from bezoar.evaluate.journey.identity import overlap

_DEEPEST: Final = 64  # folders; a name of more is asked about one by one
_SIGNS: Final = frozenset("*?[")


class Writers:
    """Acts by what they write.

    Law: `of(name)` returns the acts that write what overlaps with it, in their order.
    """

    def __init__(self, acts: Iterable[Act]) -> None:
        """Note each name under itself and under each folder that it lies in."""
        self._acts = tuple(acts)
        self._named: dict[str, set[int]] = {}
        self._below: dict[str, set[int]] = {}
        self._odd: set[int] = set()
        for number, act in enumerate(self._acts):
            for name in act.writes:
                if _is_odd(name):
                    self._odd.add(number)
                    continue
                self._named.setdefault(name, set()).add(number)
                for folder in _folders(name):
                    self._below.setdefault(folder, set()).add(number)

    def of(self, name: str) -> list[Act]:
        """Return the acts that write what a name has in common with, in their order."""
        if _is_odd(name):
            numbers: Iterable[int] = range(len(self._acts))
        else:
            found = self._odd | self._named.get(name, set()) | self._below.get(name, set())
            numbers = sorted(found.union(*(self._named.get(one, ()) for one in _folders(name))))
        acts = (self._acts[number] for number in numbers)
        return [act for act in acts if any(overlap(name, one) for one in act.writes)]


def _is_odd(name: str) -> bool:
    return not name or name.count("/") > _DEEPEST or not _SIGNS.isdisjoint(name)


def _folders(name: str) -> Iterator[str]:
    at = name.rfind("/")
    while at >= 0:
        yield name[:at]
        at = name.rfind("/", 0, at)
