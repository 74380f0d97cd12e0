"""Running what parses untrusted bytes: in a process of its own that can do next to nothing else.

    result = run_task("bezoar.datasets.unpack.task:unpack_below", {...}, reads=[archive],
                      writes=[folder])
    result.value, result.isolation.level

The task is a function of bezoar by name. It gets JSON and returns JSON, so nothing is pickled. Its
process sees the files that it is given and the interpreter's own, opens no socket, starts no
process, and ends with its parent. How much of that holds on this machine is measured by the child
on itself before the task begins (`Isolation`), not assumed. `docs/explanation/sandbox.md` says
what each level holds off.
"""

from bezoar.sandbox.failure import FailureKind, TaskFailed
from bezoar.sandbox.isolation import Isolation
from bezoar.sandbox.limits import Limits
from bezoar.sandbox.running import TaskResult, iterate_task, run_task
from bezoar.sandbox.stream import JsonObject, TaskStream

__all__ = [
    "FailureKind",
    "Isolation",
    "JsonObject",
    "Limits",
    "TaskFailed",
    "TaskResult",
    "TaskStream",
    "iterate_task",
    "run_task",
]
