"""Programs of the team's own that look at the data: what they print becomes outcomes.

Whatever writes JUnit or SARIF can be named in `bezoar.toml`. It runs as the person who vets, not in
the sandbox: the team vouches for it, not bezoar. What it prints is bounded and strictly read, as it
may quote the data.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind, printable
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.fortify.vetting.program_output import read_junit, read_sarif

PROGRAM: Final = Rule(
    code="BZ331",
    name="external-program",
    title="A program of the team's own",
    severity=Severity.MEDIUM,
    why="The team named a program in bezoar.toml that looks at each data set; what it fails, or"
    " that it did not finish, counts like any other check.",
)

MOST_BYTES: Final = 1 << 26
_POLL_S: Final = 0.05
_TOLD: Final = 200
_READERS: Final = {"junit": read_junit, "sarif": read_sarif}


class ProgramSetting(Protocol):
    """One `[vet.programs.NAME]` table."""

    @property
    def command(self) -> tuple[str, ...]:
        """The program and its arguments."""
        ...

    @property
    def output(self) -> str:
        """`junit` or `sarif`."""
        ...

    @property
    def timeout_s(self) -> float:
        """How long it may take."""
        ...


class ProgramError(Exception):
    """A program that did not do what it was asked for."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """What came of a run.

    Attributes:
        code: Its exit code.
        output: What it wrote.
        complaint: The end of what it wrote to its error stream.
    """

    code: int
    output: bytes
    complaint: str


def run_programs(
    programs: Mapping[str, ProgramSetting], data: Path, root: Path
) -> tuple[Outcome, ...]:
    """Run each program of the team's on the data.

    Args:
        programs: By name.
        data: The folder, or the one file.
        root: The project's folder, where they start.
    """
    outcomes = (run_program(name, programs[name], data, root) for name in sorted(programs))
    return tuple(chain.from_iterable(outcomes))


def run_program(name: str, setting: ProgramSetting, data: Path, root: Path) -> tuple[Outcome, ...]:
    """Run one program; what fails, times out or makes no sense is `failed`.

    What found something and did not finish has two outcomes, so that neither hides the other.
    """
    rule = replace(PROGRAM, title=f"Program {name}")
    try:
        ran = _run(setting, data, root)
        said = _READERS[setting.output](ran.output)
    except (ProgramError, ValueError) as error:
        return (Outcome(rule, Status.FAILED, reason=printable(str(error))),)
    findings = [_finding(rule, one, data) for one in said.found]
    failed = said.failed
    if not failed and not findings and ran.code:
        failed = f"it ended with exit code {ran.code} and found nothing{ran.complaint}"
    found = (Outcome.of(rule, findings),) if findings or not failed else ()
    return (*found, *([Outcome(rule, Status.FAILED, reason=printable(failed))] if failed else ()))


def _finding(rule: Rule, said: tuple[str, str, Severity], data: Path) -> Finding:
    where, message, severity = said
    return Finding(rule, Place(PlaceKind.FILE, where or data.name), message, severity)


def _run(setting: ProgramSetting, data: Path, root: Path) -> _Ran:
    with tempfile.TemporaryDirectory(prefix="bezoar-vet-") as folder:
        output = Path(folder) / "output"
        command = _filled_in(setting.command, data, output)
        printed = Path(folder) / "printed"
        with printed.open("w+b") as out, tempfile.TemporaryFile() as errors:
            with _started(command, root, out, errors) as process:
                code = _waited(process, setting.timeout_s, (printed, output))
            errors.seek(max(errors.tell() - _TOLD, 0))
            last = errors.read(_TOLD).decode("utf-8", "replace").strip()
        where = output if "{output}" in " ".join(setting.command) else printed
        return _Ran(code, _read(where, last), f": {last}" if last else "")


def _filled_in(command: Sequence[str], data: Path, output: Path) -> list[str]:
    named = any("{data}" in part for part in command)
    filled = [p.replace("{data}", str(data)).replace("{output}", str(output)) for p in command]
    return filled if named else [*filled, str(data)]


@contextmanager
def _started(
    command: list[str], root: Path, out: BinaryIO, errors: BinaryIO
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a program in a session of its own, and end all of it on the way out."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the team's own command, without a shell
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ProgramError(f"{command[0]} cannot be started: {why}") from error
    try:
        yield process
    finally:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _waited(process: "subprocess.Popen[bytes]", seconds: float, outputs: Sequence[Path]) -> int:
    """Wait for a program, as long as it may take and writes no more than it may."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL_S)
        if time.monotonic() > deadline:
            raise ProgramError(f"it took more than {seconds:g} s")
        if any(path.stat().st_size > MOST_BYTES for path in outputs if path.exists()):
            raise ProgramError(f"it wrote more than {MOST_BYTES:,} bytes")


def _read(path: Path, complaint: str) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise ProgramError(f"it wrote no {path.name}: {complaint}")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ProgramError(f"it wrote more than {MOST_BYTES:,} bytes")
    if not data.strip():
        raise ProgramError(f"it wrote nothing{': ' if complaint else ''}{complaint}")
    return data
