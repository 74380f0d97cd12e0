"""The process of a task: it locks itself in, measures how far, and only then begins.

Started by `stream`, with the name of a folder that says what to do. The order matters: namespaces
first, because Landlock and seccomp refuse them; the task's module is imported last, because a
library that starts threads while it is imported would leave them outside.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from bezoar.core.errors import BezoarError
from bezoar.sandbox import kernel, landlock, namespaces, probes, seccomp
from bezoar.sandbox.failure import FailureKind
from bezoar.sandbox.isolation import Isolation
from bezoar.sandbox.job import Job
from bezoar.sandbox.messages import Kind, Message

_LONGEST: Final = 2_000


def locked(job: Job, parent: int, outside: Path) -> Isolation:
    """Lock this process in, and measure how far that went.

    Args:
        job: What it is to do.
        parent: The number of the process that waits for it.
        outside: A file that is to be out of reach, in a folder that is to be, too.
    """
    measure = probes.Measure(outside, job.limits)
    steps: tuple[Callable[[], None], ...] = (
        lambda: kernel.die_with(parent),
        lambda: probes.limit(job.limits),
        kernel.forgo_privileges,
        lambda: namespaces.leave(job.limits.threads),
        lambda: landlock.restrict(job.reads, [*job.writes, Path(os.devnull)]),
        kernel.drop_capabilities,
        lambda: seccomp.restrict(os.getpid()),
    )
    for step in steps:
        try:
            step()
        except ProcessLookupError:
            os._exit(1)
        except (OSError, ValueError, AttributeError, ImportError):
            # A kernel without it, or a platform whose C library has no such call: whether it
            # holds is measured below, whatever the reason.
            continue
    return measure.isolation()


def messages(job: Job, parent: int, outside: Path) -> Iterator[Message]:
    """Lock this process in and do the job."""
    isolation = locked(job, parent, outside)
    yield Message(Kind.ISOLATION, dict(isolation.mechanisms))
    if isolation.level < job.minimum:
        return
    module, _, name = job.task.partition(":")
    returned = getattr(importlib.import_module(module), name)(**job.arguments)
    if job.streams:
        yield from (Message(Kind.ITEM, item) for item in returned)
        returned = None
    yield Message(Kind.VALUE, returned)


def main() -> None:
    """Do the job that lies in the folder on the command line, for the process named after it."""
    folder, parent = Path(sys.argv[1]), int(sys.argv[2])
    # What the task prints must not be taken for what it returns.
    with open(os.dup(1), "wb") as answer:  # noqa: PTH123 - a descriptor
        os.dup2(2, 1)
        try:
            for message in messages(Job.read(folder / "job.json"), parent, folder / "outside"):
                _tell(answer, message)
        except MemoryError:
            _fail(answer, FailureKind.OUT_OF_MEMORY, "its memory was used up")
        except BezoarError as error:
            _fail(answer, FailureKind.RAISED, error.message, error.next)
        except Exception as error:  # noqa: BLE001 - whatever a hostile file brings about is told
            _fail(answer, FailureKind.RAISED, f"{type(error).__name__}: {error}")
    # Threads of libraries are not waited for.
    os._exit(0)


def _tell(answer: BinaryIO, message: Message) -> None:
    answer.write(message.line())
    answer.flush()


def _fail(answer: BinaryIO, kind: FailureKind, why: str, then: str = "") -> None:
    content = {"kind": str(kind), "why": why[:_LONGEST], "next": then[:_LONGEST]}
    with suppress(OSError):
        _tell(answer, Message(Kind.FAILED, content))
