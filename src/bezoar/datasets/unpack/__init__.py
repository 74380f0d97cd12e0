"""Unpacking archives that strangers made.

    unpacked = unpack_in_sandbox(Path("signs.tar.gz"), Path("signs"))
    unpacked.files, unpacked.findings, unpacked.isolation.level

zip, tar, and what is compressed by gzip, bzip2, xz or zstd, a tar or one file. The kind is told by
the first bytes. A refused entry is a finding that names it, and refuses the archive: nothing of
it is left. `extractall` of Python is not used: it follows links, believes sizes, and overwrites.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bezoar.core.errors import UsageError
from bezoar.core.finding import Finding
from bezoar.datasets.unpack.kinds import HEAD, ArchiveKind, kind_of, unsupported
from bezoar.datasets.unpack.limits import UnpackLimits
from bezoar.datasets.unpack.rules import RULES
from bezoar.datasets.unpack.staging import Staging
from bezoar.datasets.unpack.steps import unpack_below
from bezoar.datasets.unpack.task import TASK, heard
from bezoar.datasets.unpack.unpacking import blocks
from bezoar.sandbox import FailureKind, Isolation, Limits, TaskStream, iterate_task

__all__ = [
    "RULES",
    "ArchiveKind",
    "UnpackLimits",
    "Unpacked",
    "archive_kind",
    "unpack",
    "unpack_in_sandbox",
]

Progress = Callable[[int, int], None]
_NO_LIMITS = UnpackLimits()
_MEMORY = 2 << 30
_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What became of an archive.

    Attributes:
        files: How many files were unpacked; 0 where it was refused.
        bytes: How many bytes they have.
        findings: What is wrong with it.
        isolation: How far what unpacked it was kept apart; None where it was this process.
    """

    files: int
    bytes: int
    findings: tuple[Finding, ...] = ()
    isolation: Isolation | None = None

    @property
    def refused(self) -> bool:
        """Whether nothing was unpacked: a finding is worse than low."""
        return any(map(blocks, self.findings))


def archive_kind(path: Path) -> ArchiveKind | str | None:
    """Say what archive a file is, by its first bytes; None where it is none.

    A name instead of a kind, such as "7z", is that of an archive that bezoar refuses to unpack.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    return kind_of(head) or unsupported(head)


def unpack(
    archive: Path,
    into: Path,
    limits: UnpackLimits = _NO_LIMITS,
    progress: Progress | None = None,
) -> Unpacked:
    """Unpack an archive in this process; see `unpack_in_sandbox` for one of a stranger.

    Args:
        archive: The archive.
        into: The folder that is to appear; it must not exist.
        limits: How much it may become.
        progress: Called with (bytes of the archive done, in all).

    Raises:
        UsageError: If there is no archive, or `into` exists.
        BezoarError: If it cannot be read, or not be written.
    """
    size = _size(archive)
    with Staging(into) as staging:
        findings: list[Finding] = []
        for at in unpack_below(archive, staging.path, limits, findings):
            if progress:
                progress(at, size)
        return _published(staging, findings, None)


def unpack_in_sandbox(
    archive: Path,
    into: Path,
    limits: UnpackLimits = _NO_LIMITS,
    progress: Progress | None = None,
    *,
    minimum: int = 0,
) -> Unpacked:
    """Unpack an archive in a process that can write into one empty folder and do nothing else.

    Args:
        archive: The archive.
        into: The folder that is to appear; it must not exist.
        limits: How much it may become.
        progress: Called with (bytes of the archive done, in all).
        minimum: The level of isolation without which it does not begin.

    Raises:
        UsageError: If there is no archive, or `into` exists.
        BezoarError: If it cannot be read, or not be written.
        TaskFailed: If the process breaks down, or cannot be kept apart so far.
    """
    size = _size(archive)
    with Staging(into) as staging:
        arguments = {
            "archive": str(archive.resolve()),
            "folder": str(staging.path.resolve()),
            "limits": limits.as_json(),
        }
        with iterate_task(
            TASK,
            arguments,
            reads=[archive],
            writes=[staging.path],
            limits=Limits(
                address_space=_MEMORY,
                cpu_seconds=_SECONDS,
                wall_seconds=_SECONDS,
                file_bytes=limits.file_bytes,
            ),
            minimum=minimum,
        ) as stream:
            findings = _findings(stream, lambda at: progress and progress(at, size))
        return _published(staging, findings, stream.isolation)


def _findings(stream: TaskStream, told: Callable[[int], Any]) -> list[Finding]:
    """Listen to the task, which an archive may have taken over."""
    findings: list[Finding] | None = None
    try:
        for item in stream:
            if "at" in item:
                told(int(item["at"]))
            else:
                findings = heard(item["findings"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise stream.failed(
            FailureKind.CRASHED, "it answered something that is no answer"
        ) from error
    if findings is None:
        raise stream.failed(FailureKind.CRASHED, "it says nothing of what it found")
    return findings


def _published(staging: Staging, findings: list[Finding], isolation: Isolation | None) -> Unpacked:
    if any(map(blocks, findings)):
        return Unpacked(0, 0, tuple(findings), isolation)
    files, size = staging.inventory()
    staging.publish()
    return Unpacked(files, size, tuple(findings), isolation)


def _size(archive: Path) -> int:
    if not archive.is_file():
        raise UsageError(f"{archive} is no file", next=f"ls -ld {archive}")
    return archive.stat().st_size
