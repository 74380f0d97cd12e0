"""The process that confines a job: it locks itself in, and the job with it.

Started by `launching`. Three processes at most: this one leaves the machine's network, its child
is the first process there and waits for everybody in it, and its child becomes the job. That one
knocks at the way out itself, so what is measured is what the job can do. When whoever started all
this ends, by whatever signal, all of it ends.
"""

import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn

from bezoar.fortify.egress.attempts import Targets, attempt_all
from bezoar.fortify.run import domain, enclosure, families
from bezoar.fortify.run.channel import Channel
from bezoar.sandbox import kernel, namespaces

FORWARDED: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH")
)
"""Signals that reach the job by way of whoever started it."""

NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
_SIGNALLED: Final = 128
_NAMESPACE: Final = 3
_SOCKETS: Final = 2
_PARENT_DEATH: Final = 1


def main() -> NoReturn:
    """Confine and become what the first line says."""
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    channel.end.set_inheritable(False)
    parent = int(sys.argv[2])
    wanted = channel.hear()
    if wanted is None:
        os._exit(1)
    for number in FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    with suppress(OSError):
        kernel.forgo_privileges()
    apart = wanted["most"] >= _NAMESPACE and _left()
    try:
        # Not before: gaining privileges in a namespace makes the kernel forget it.
        kernel.die_with(parent)
    except ProcessLookupError:
        os._exit(1)
    except (OSError, AttributeError):
        pass
    if not apart:
        _supervise(channel, wanted, apart=False)
    first = os.fork()
    if first == 0:
        _supervise(channel, wanted, apart=True)
    channel.end.close()
    _, status = os.waitpid(first, 0)
    os._exit(_code(status))


def _left() -> bool:
    try:
        enclosure.leave()
    except (OSError, AttributeError):
        return False
    return True


def _supervise(channel: Channel, wanted: Mapping[str, Any], *, apart: bool) -> NoReturn:
    """Start the job, pass signals on to it, wait for all that it starts, end as it ends."""
    listener = _settled(wanted) if apart else None
    channel.say({"apart": apart}, listener)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    begin, release = os.pipe()
    job = os.fork()
    if job == 0:
        signal.set_wakeup_fd(-1)
        os.close(release)
        _become(channel, wanted, begin, listener, apart=apart)
    for unused in (begin, *([listener.detach()] if listener is not None else ())):
        os.close(unused)
    told = channel.end.fileno()
    while True:
        ready, _, _ = select.select([woken, told], [], [])
        if woken in ready:
            os.read(woken, 1024)
            if (code := _reaped(job)) is not None:
                os._exit(code)
        if told in ready:
            _obey(channel, job, release)


def _obey(channel: Channel, job: int, release: int) -> None:
    """Let the job begin, or pass a signal on to it; without anybody who could say so, end it."""
    told = channel.hear()
    while told is not None:
        if told.get("begin"):
            os.write(release, b"1")
        elif "signal" in told:
            with suppress(ProcessLookupError):
                os.kill(job, int(told["signal"]))
        if not channel.waiting():
            return
        told = channel.hear()
    os.kill(job, signal.SIGKILL)
    os._exit(_SIGNALLED + signal.SIGKILL)


def _reaped(job: int) -> int | None:
    """Bury whoever has ended; return the job's exit code once it is among them."""
    code = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == job:
                code = _code(status)
    return code


def _settled(wanted: Mapping[str, Any]) -> socket.socket:
    """Make the new network and its surroundings a place to work in; return its way out."""
    _die_with_parent()
    enclosure.hide(wanted["needed"])
    with suppress(OSError):
        enclosure.show_own_processes()
    enclosure.protect_kernel()
    enclosure.bring_up_loopback()
    return socket.create_server(("127.0.0.1", 0), backlog=256)


def _become(
    channel: Channel,
    wanted: Mapping[str, Any],
    begin: int,
    listener: socket.socket | None,
    *,
    apart: bool,
) -> NoReturn:
    """Lock oneself in, knock at the way out, tell what came of it, and become the job."""
    enclosure.drop_privileges()
    if not apart and wanted["most"] >= _SOCKETS:
        with suppress(OSError):
            domain.enter()
        with suppress(OSError):
            families.restrict(families.LOCAL)
    elif apart:
        with suppress(OSError):
            families.restrict(families.WITHIN)
    environment = dict(wanted["environment"])
    if listener is not None:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment |= dict.fromkeys(wanted["proxies"], proxy)
        listener.close()
    os.environ.clear()
    os.environ.update(environment)
    _die_with_parent()
    channel.say(_measured(wanted))
    if os.read(begin, 1) != b"1":
        os._exit(1)
    for number in (*FORWARDED, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _execute(wanted["command"], environment)


def _measured(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this process finds out about itself."""
    targets = Targets(**{name: tuple(found) for name, found in wanted["targets"].items()})
    try:
        interfaces = [name for _, name in socket.if_nameindex()]
    except OSError:
        interfaces = []
    return {
        "network": namespaces.network(),
        "interfaces": interfaces,
        "sockets": any(map(_opens, (socket.AF_INET, socket.AF_INET6))),
        "processes": os.getppid() == 1 or not _changes(os.getppid()),
        "attempts": [one.as_json() for one in attempt_all(targets, wanted["timeout"])],
    }


def _opens(family: int) -> bool:
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True


def _changes(process: int) -> bool:
    """Say whether the memory of another process could be written to; nothing is written."""
    try:
        os.close(os.open(f"/proc/{process}/mem", os.O_WRONLY))
    except OSError:
        return False
    return True


def _execute(command: list[str], environment: Mapping[str, str]) -> NoReturn:
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - what the caller asked for
    except OSError as error:
        os.write(2, f"bezoar run: {command[0]}: {error.strerror}\n".encode(errors="replace"))
        # A folder of PATH that may not be looked into makes "not found" a "not permitted".
        there = "/" in command[0] or shutil.which(command[0], path=environment.get("PATH"))
        missing = isinstance(error, FileNotFoundError) or not there
        os._exit(NOT_FOUND if missing else NOT_EXECUTABLE)


def _die_with_parent() -> None:
    with suppress(OSError, AttributeError):
        kernel.prctl(_PARENT_DEATH, signal.SIGKILL)


def _code(status: int) -> int:
    """Return what a shell calls the exit code of a process that ended so."""
    code = os.waitstatus_to_exitcode(status)
    return _SIGNALLED - code if code < 0 else code
