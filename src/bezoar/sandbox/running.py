"""Running a task of bezoar's in a process of its own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bezoar.core.errors import UsageError
from bezoar.core.place import printable
from bezoar.sandbox import surroundings
from bezoar.sandbox.failure import FailureKind
from bezoar.sandbox.isolation import Isolation
from bezoar.sandbox.job import Job
from bezoar.sandbox.limits import Limits
from bezoar.sandbox.stream import TaskStream

_TASK = re.compile(r"bezoar(\.\w+)+:\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a task returned.

    Attributes:
        value: JSON values, perhaps written by whoever took the process over: check them.
        isolation: How far it was kept apart.
    """

    value: Any
    isolation: Isolation


def run_task(
    task: str,
    arguments: Mapping[str, Any],
    *,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    minimum: int = 0,
) -> TaskResult:
    """Run a function of bezoar in a process that can do next to nothing else.

    The process ends with the thread that waits for it.

    Args:
        task: `bezoar.package.module:function`, which takes and returns JSON values.
        arguments: What it is called with, by name.
        reads: Files and folders that it may read; each exists.
        writes: Folders that it may write below; each exists.
        limits: How much it may use up.
        minimum: The level of isolation without which it does not begin.

    Raises:
        TaskFailed: If it does not return.
        UsageError: If the task is none of bezoar's, or a place does not exist.
    """
    job = _job(
        task=task, arguments=arguments, reads=reads, writes=writes, limits=limits, minimum=minimum
    )
    with TaskStream(job) as stream:
        for _ in stream:
            raise stream.failed(FailureKind.CRASHED, "it spoke out of turn")
        return TaskResult(stream.value, stream.isolation)


def iterate_task(
    task: str,
    arguments: Mapping[str, Any],
    *,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    minimum: int = 0,
) -> TaskStream:
    """Run a generator function as `run_task` runs a function; iterate over what it yields.

        with iterate_task(...) as stream:
            for item in stream:
                ...

    The process waits while nobody asks for the next item; it is ended with the block.
    """
    job = _job(
        task=task, arguments=arguments, reads=reads, writes=writes, limits=limits, minimum=minimum
    )
    return TaskStream(replace(job, streams=True))


def _job(
    *,
    task: str,
    arguments: Mapping[str, Any],
    reads: Sequence[Path],
    writes: Sequence[Path],
    limits: Limits,
    minimum: int,
) -> Job:
    if not _TASK.fullmatch(task):
        raise UsageError(f"not a task of bezoar: {printable(task)}")
    seen = [*map(Path, surroundings.readable()), *map(_existing, reads)]
    return Job(task, arguments, seen, [*map(_existing, writes)], limits, minimum, streams=False)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"{path} does not exist", next=f"ls -ld {path.parent}")
    return path.resolve()
