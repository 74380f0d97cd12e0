"""`Overlapping`: which lists of names have something in common with a name, without asking all."""

from collections.abc import Iterable, Iterator

from bezoar.evaluate.journey.identity import extent
from bezoar.evaluate.journey.order import bits_of


class Overlapping:
    """Lists of names, found by what overlaps with them.

    Law: bit n of `of(name)` is set where the n-th list holds a name that overlaps with it.
    """

    def __init__(self, listed: Iterable[Iterable[str]]) -> None:
        """Note each name under itself and under each folder that it lies in."""
        self._named: dict[str, list[int]] = {}
        self._below: dict[str, list[int]] = {}
        self._asked: dict[str, int] = {}
        for number, names in enumerate(listed):
            for name in map(extent, names):
                self._named.setdefault(name, []).append(number)
                for folder in _folders(name):
                    self._below.setdefault(folder, []).append(number)

    def of(self, name: str) -> int:
        """Return the lists that have something in common with a name, as bits."""
        within = extent(name)
        if within not in self._asked:
            found = bits_of([*self._named.get(within, ()), *self._below.get(within, ())])
            for folder in _folders(within):
                found |= bits_of(self._named.get(folder, ()))
            self._asked[within] = found
        return self._asked[within]


def _folders(name: str) -> Iterator[str]:
    at = name.rfind("/")
    while at >= 0:
        yield name[:at]
        at = name.rfind("/", 0, at)
