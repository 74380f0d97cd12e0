"""Running git on a stranger's repository: nothing of theirs runs, nothing of ours is told."""

import os
import resource
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from bezoar.adapters.web.errors import UnreachableError
from bezoar.core.errors import BezoarError
from bezoar.core.place import printable

# Hooks, filters and monitors are never run: a bare repository has no work tree to run them for,
# and these say so once more.
_CONFIG: Final = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=",
    "protocol.allow=never",
    "protocol.ext.allow=never",
    "http.followRedirects=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "credential.interactive=never",
)
_NEEDED: Final = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
_LONGEST_COMPLAINT: Final = 300
_MOST_OUTPUT: Final = 1 << 28
_MEMORY: Final = (resource.RLIMIT_DATA, 4 << 30)


@dataclass(frozen=True, slots=True)
class Git:
    """git, for one repository of its own.

    Attributes:
        folder: The bare repository.
        protocol: The only protocol that is spoken: `https`, `http` or `file`.
        most_bytes: Of one file that git writes.
        seconds: For one command.
        credentials: The person's own configuration is read, with what helps to their passwords.
        options: More configuration, as `key=value`.
    """

    folder: Path
    protocol: str
    most_bytes: int
    seconds: float
    credentials: bool = False
    options: tuple[str, ...] = ()

    def run(self, *arguments: str) -> bytes:
        """Run one command and return what it prints.

        Raises:
            UnreachableError: If it fails or takes too long.
            BezoarError: If there is no git.
        """
        with tempfile.TemporaryFile() as complaint:
            process = self.start(*arguments, stdin=subprocess.DEVNULL, stderr=complaint)
            with _ended(process, self.seconds) as late:
                # A pack that outgrows its bound ends the command, not the disk.
                for what, most in ((resource.RLIMIT_FSIZE, self.most_bytes), _MEMORY):
                    with suppress(ProcessLookupError, PermissionError):
                        resource.prlimit(process.pid, what, (most, most))
                output = cast("BinaryIO", process.stdout).read(_MOST_OUTPUT + 1)
                # A tree of trees of trees has more rows than anybody reads.
                if len(output) > _MOST_OUTPUT:
                    raise UnreachableError(f"git {arguments[0]} prints without end")
                code = process.wait()
            if late.is_set():
                raise UnreachableError(f"git took longer than {self.seconds:,.0f} s")
            if code:
                raise UnreachableError(f"git {arguments[0]}: {_said(complaint)}")
        return output

    def start(
        self, *arguments: str, stdin: int = subprocess.PIPE, stderr: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start a command whose streams the caller reads and writes.

        Raises:
            BezoarError: If there is no git.
        """
        allowed = f"protocol.{self.protocol}.allow=always"
        config = [part for one in (*_CONFIG, allowed, *self.options) for part in ("-c", one)]
        git = ("git", "--no-replace-objects", *config, "--git-dir", str(self.folder))
        try:
            return subprocess.Popen(  # noqa: S603 - a list; a stranger's words stand after `--`
                (*git, *arguments),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=_environment(os.environ, self.protocol, credentials=self.credentials),
                cwd=self.folder,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise BezoarError("git+… needs git", next="install git") from None


def _environment(outside: Mapping[str, str], protocol: str, *, credentials: bool) -> dict[str, str]:
    """Return what git gets to know; nothing of `GIT_*` from outside is among it."""
    kept = {
        name: outside[name] for name in ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR") if name in outside
    }
    own = {name: outside[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in outside}
    nobody = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}
    return {
        **kept,
        **(own if credentials else nobody),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_ALLOW_PROTOCOL": protocol,
        "GIT_PROTOCOL_FROM_USER": "0",
        "LC_ALL": "C",
    }


@contextmanager
def _ended(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """End a command with whatever it has started: after some seconds, or afterwards."""
    late = threading.Event()

    def end() -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    def end_late() -> None:
        late.set()
        end()

    timer = threading.Timer(seconds, end_late)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        if process.poll() is None:
            end()
        process.wait()
        cast("BinaryIO", process.stdout).close()


def _said(complaint: IO[bytes]) -> str:
    """Return the last line of a complaint."""
    complaint.seek(0)
    text = complaint.read(1 << 20).decode("utf-8", "replace")
    lines = text.strip().splitlines() or ["it failed"]
    return printable(lines[-1])[:_LONGEST_COMPLAINT]
