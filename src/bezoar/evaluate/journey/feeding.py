"""Which acts of a pipeline feed a training: what they write is read by it, or on the way to it."""

from collections.abc import Iterator, Sequence

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.arguments import is_data
from bezoar.evaluate.journey.identity import extent


def feeding(acts: Sequence[Act]) -> frozenset[int]:
    """Return the numbers of the acts whose output, by its names, may reach a training.

    Args:
        acts: In order; what comes later feeds nothing that comes before.
    """
    wanted, around = set[str](), set[str]()
    found = set[int]()
    anything = False  # a training is after it of which nothing tells what it reads
    for number in range(len(acts) - 1, -1, -1):
        act = acts[number]
        feeds = any(
            one in wanted or one in around or not wanted.isdisjoint(_folders(one))
            for one in map(extent, act.writes)
        )
        feeds |= number in found  # through a pipe
        feeds |= anything and any(map(is_data, act.reads))
        anything |= act.role is Role.TRAIN and not act.reads
        if feeds or act.role is Role.TRAIN:
            found.add(number)
            if feeds and not act.reads and number and acts[number - 1].step == act.step:
                found.add(number - 1)
            for one in map(extent, act.reads):
                wanted.add(one)
                around.update(_folders(one))
    return frozenset(found)


def _folders(name: str) -> Iterator[str]:
    at = name.rfind("/")
    while at >= 0:
        yield name[:at]
        at = name.rfind("/", 0, at)
