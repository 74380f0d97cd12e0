"""A second process, so that a drill uses two cores."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from bezoar.core.errors import BezoarError

_NICER = 5


def share_cores() -> None:
    """Let this process, and the one beside it, use half of the cores each.

    Without effect once a numerical library is loaded, or where the user has said how many.
    """
    cores = len(os.sched_getaffinity(0))
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // 2)))


@contextmanager
def process_beside() -> Iterator[Executor]:
    """Yield an executor with one process; it ends with the block, and with this process.

    Raises:
        BezoarError: If that process dies.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
    try:
        with pool:
            try:
                yield pool
            except BaseException:
                for process in list(pool._processes.values()):  # noqa: SLF001 - `terminate_workers` comes with Python 3.14
                    process.terminate()
                raise
    except BrokenProcessPool as error:
        raise BezoarError(
            "a process of the drill was ended from outside, perhaps for want of memory",
            next="free -h",
        ) from error


def _begin() -> None:
    """Give way to the parent, whose time counts; leave no orphan behind if it is killed."""
    os.nice(_NICER)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
