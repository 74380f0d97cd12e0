"""A task in a process of its own, as its parent sees it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bezoar.core.place import printable
from bezoar.sandbox import surroundings
from bezoar.sandbox.failure import FailureKind, TaskFailed
from bezoar.sandbox.isolation import Isolation
from bezoar.sandbox.job import Job
from bezoar.sandbox.listening import Ear, LimitReached
from bezoar.sandbox.messages import Kind, Message

JsonObject = dict[str, Any]

# No PYTHON* variable, no current folder, no site: the modules are those of the parent, by path.
# `-m bezoar.sandbox.child` would find bezoar only where it is installed for all of that.
_FLAGS: Final = ("-I", "-S", "-B", "-X", "utf8")
_START: Final = (
    "import json, sys; sys.path = json.loads(sys.argv.pop()); "
    "from bezoar.sandbox.child import main; main()"
)
_TOLD: Final = 500


class TaskStream:
    """What a task yields, item by item; ends its process on the way out.

    Attributes:
        isolation: How far the process is kept apart; known before the first item.
        value: What the task returned, once it is through.
    """

    def __init__(self, job: Job) -> None:
        """Start a job.

        Raises:
            TaskFailed: If it cannot be kept apart as far as it asks for, or does not start.
        """
        self._job, self.value = job, None
        self._folder = tempfile.TemporaryDirectory(prefix="bezoar-sandbox-")
        folder = Path(self._folder.name).resolve()
        job.write(folder / "job.json")
        (folder / "outside").write_text("This is out of reach.\n")
        self._process = _started(folder, job)
        self._ear = Ear(self._process, job.limits)
        self._lines = self._ear.lines()
        try:
            self.isolation = self._isolation()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[JsonObject]:
        while message := self._next():
            if message.kind is Kind.ITEM:
                yield message.content
            elif message.kind is Kind.VALUE:
                self.value = message.content
                return
            else:
                raise self._told(message.content)
        raise self._ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; nothing of it is left."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._ear.close()
        self._folder.cleanup()

    def failed(self, kind: FailureKind, why: str, then: str = "") -> TaskFailed:
        """Return the error that the task failed; `then` is the command that mends it."""
        return TaskFailed(kind, self._job.task, printable(why), printable(then))

    def _isolation(self) -> Isolation:
        message = self._next()
        if message is None or message.kind is not Kind.ISOLATION:
            raise self._ended()
        isolation = Isolation(message.content)
        if isolation.level < self._job.minimum:
            why = f"this machine reaches level {isolation.level}, not {self._job.minimum}; "
            why += f"missing: {', '.join(isolation.missing)}"
            raise self.failed(FailureKind.NOT_ISOLATED, why)
        return isolation

    def _next(self) -> Message | None:
        try:
            line = next(self._lines, None)
            return None if line is None else Message.parse(line)
        except LimitReached as limit:
            raise self.failed(limit.kind, str(limit)) from limit
        except ValueError as error:
            why = f"it answered something that is no answer: {error}"[:_TOLD]
            raise self.failed(FailureKind.CRASHED, why) from error

    def _told(self, content: Any) -> TaskFailed:
        """Read what the process says went wrong; it may be a lie, and is only shown."""
        said = content if isinstance(content, dict) else {}
        memory = said.get("kind") == FailureKind.OUT_OF_MEMORY
        kind = FailureKind.OUT_OF_MEMORY if memory else FailureKind.RAISED
        return self.failed(
            kind, str(said.get("why", ""))[:_TOLD], str(said.get("next", ""))[:_TOLD]
        )

    def _ended(self) -> TaskFailed:
        """Say how the process ended, which it did without an answer."""
        try:
            status = self._ear.status()
        except LimitReached as limit:
            return self.failed(limit.kind, str(limit))
        if status == -getattr(signal, "SIGXCPU", 0):
            why = f"more than {self._job.limits.cpu_seconds:,} seconds of processor time"
            return self.failed(FailureKind.TIMED_OUT, why)
        why = f"signal {-status} ended it" if status < 0 else f"it ended with status {status}"
        why += ", perhaps for want of memory" if status == -signal.SIGKILL else ""
        if said := self._ear.last_words():
            why += f"; its last words: {said}"
        return self.failed(FailureKind.CRASHED, why)


def _started(folder: Path, job: Job) -> subprocess.Popen[bytes]:
    command = [sys.executable, *_FLAGS, "-c", _START, str(folder), str(os.getpid())]
    temporary = job.writes[0] if job.writes else folder
    return subprocess.Popen(  # noqa: S603 - this interpreter, with this text
        [*command, json.dumps(surroundings.modules())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=surroundings.environment(folder, temporary),
        start_new_session=True,
    )
