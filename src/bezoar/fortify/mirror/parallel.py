"""The same work on many things at once, in threads: what it waits for is a disk or a network."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

_AHEAD: Final = 16
"""Things that may be under way or done for each thread, so that a slow one stops nobody."""

_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")


def in_parallel(
    work: Callable[[_Thing], _Result], things: Iterable[_Thing], workers: int
) -> Iterator[_Result]:
    """Yield the result of the work on each thing, in their order.

    The first exception goes to the caller; what has not begun by then never begins.
    """
    waiting = iter(things)
    with ThreadPoolExecutor(workers, thread_name_prefix="mirror") as pool:
        begun = deque[Future[_Result]](
            pool.submit(work, thing) for thing in islice(waiting, workers * _AHEAD)
        )
        try:
            while begun:
                yield begun.popleft().result()
                begun.extend(pool.submit(work, thing) for thing in islice(waiting, 1))
        finally:
            for future in begun:
                future.cancel()
