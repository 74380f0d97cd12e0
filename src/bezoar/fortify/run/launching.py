"""`Launch`: starting a job confined, letting it begin or not, and waiting for its end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bezoar.core.errors import BezoarError
from bezoar.fortify.egress.attempts import Targets
from bezoar.fortify.egress.emit.environment import OFFLINE
from bezoar.fortify.egress.endpoints import Endpoint
from bezoar.fortify.run.channel import Channel
from bezoar.fortify.run.gate import Gate
from bezoar.fortify.run.inside import FORWARDED
from bezoar.fortify.run.level import Confinement, Level
from bezoar.sandbox import namespaces
from bezoar.sandbox.surroundings import modules

PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_DIRECT: Final = ("localhost", "127.0.0.1", "::1")
_WITHHELD: Final = ("SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "BEZOAR_PASSPHRASE")
"""What leads to programs outside, and what no job needs to know."""

_START: Final = (
    "import sys; sys.path[:] = {path!r}; from bezoar.fortify.run.inside import main; main()"
)
_FROM_TERMINAL: Final = 0x80  # SI_KERNEL
_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run, and what it may reach.

    Attributes:
        command: The program and its arguments.
        folder: Where it runs.
        variables: What its environment has beside the caller's.
        endpoints: What it may reach.
        targets: Where its process knocks before it begins.
        most: How far it is confined at most.
        timeout: Seconds to wait for an answer when it knocks.
    """

    command: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    endpoints: tuple[Endpoint, ...] = ()
    targets: Targets = field(default_factory=Targets)
    most: Level = Level.NAMESPACE
    timeout: float = 3.0

    def environment(self, outside: Mapping[str, str]) -> dict[str, str]:
        """Return its environment: the caller's, told to stay offline, less what leads outside."""
        kept = {name: value for name, value in outside.items() if name not in _WITHHELD}
        # A mirror on the machine itself is reached through the gate as well.
        direct = ",".join(name for name in _DIRECT if name not in {e.host for e in self.endpoints})
        return {**kept, **OFFLINE, "NO_PROXY": direct, "no_proxy": direct, **self.variables}


class Launch:
    """A job that was started, confined, and has not begun yet."""

    def __init__(self, job: Job) -> None:
        """Start it.

        Raises:
            BezoarError: If its process ends before it could tell how it is confined.
        """
        self.gate = Gate(job.endpoints)
        here, there = socket.socketpair()
        self._channel = Channel(here)
        command = [sys.executable, "-I", "-c", _START.format(path=modules())]
        with there:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, with this text
                [*command, str(there.fileno()), str(os.getpid())],
                pass_fds=[there.fileno()],
                cwd=job.folder,
            )
        self.confinement = self._confined(job)
        self.level = self.confinement.level(namespaces.network())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Without anybody who could let it begin, the job ends.
        self._channel.end.close()
        self._process.wait()

    def finish(self) -> int:
        """Let the job begin, pass signals on to it, and return its exit code when it has ended.

        It is the program's own code, or 128 and the number of the signal that ended it.
        """
        self.gate.forget()
        with _collected() as received:
            self._say({"begin": True})
            while self._process.poll() is None:
                if number := received():
                    self._say({"signal": number})
        return self._process.returncode if self._process.returncode >= 0 else 1

    def _say(self, value: Mapping[str, Any]) -> None:
        with suppress(OSError):
            self._channel.say(value)

    def _confined(self, job: Job) -> Confinement:
        self._say(
            {
                "command": job.command,
                "environment": job.environment(os.environ),
                "proxies": PROXIES if job.endpoints else (),
                "needed": [str(job.folder), sys.prefix, *job.variables.values()],
                "targets": asdict(job.targets),
                "most": int(job.most),
                "timeout": job.timeout,
            }
        )
        self._channel.hear()
        if listener := self._channel.listener():
            self.gate.serve(listener)
        report = self._channel.hear()
        if report is None:
            self._channel.end.close()
            self._process.wait()
            raise BezoarError("the job's process ended before it began", next="bezoar run --help")
        return Confinement.from_json(report)


@contextmanager
def _collected() -> Iterator[Callable[[], int]]:
    """Hold back signals that a job should get; yield what waits a moment for the next one.

    What a terminal sends it sends to the job as well, so that one is not passed on.
    """
    numbers = {*FORWARDED, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)

    def received() -> int:
        seen = signal.sigtimedwait(numbers, _PAUSE_S)
        if seen is None or seen.si_signo == signal.SIGCHLD or seen.si_code == _FROM_TERMINAL:
            return 0
        return seen.si_signo

    try:
        yield received
    finally:
        # What came too late for the job is nobody's: it must not end whoever records its end.
        while signal.sigtimedwait(numbers, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
