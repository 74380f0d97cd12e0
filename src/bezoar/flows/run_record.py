"""What the ledger keeps of a run: its code, its data, how it was confined, what it made."""

import hashlib
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.adapters.web.redaction import redacted
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.event import Event
from bezoar.fortify.run.launching import Launch
from bezoar.recon.scan.git import git

_MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Data:
    """A dataset that a job trains on.

    Attributes:
        spec: `NAME@VERSION`.
        root: Its Merkle root.
        status: Of its entry.
        path: Where its verified copy lies.
        mirrored: Whether that copy came from the mirror.
    """

    spec: str
    root: str
    status: str
    path: Path
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Code:
    """The code that a job runs.

    Attributes:
        commit: Of its repository; empty where there is none.
        dirty: Whether something there is not committed.
        below: Where in the repository it runs, relative to its root.
    """

    commit: str = ""
    dirty: bool = False
    below: str = ""


def code_at(folder: Path) -> Code:
    """Return which code lies in a folder."""
    try:
        commit = git(folder, "rev-parse", "--verify", "HEAD").decode().strip()
        below = git(folder, "rev-parse", "--show-prefix").decode().strip().rstrip("/")
        return Code(commit, bool(git(folder, "status", "--porcelain").strip()), below)
    except (BezoarError, UnicodeDecodeError):
        return Code()


def started(
    command: Sequence[str], data: Sequence[Data], code: Code, launch: Launch, *, repeats: str
) -> dict[str, Any]:
    """Return the detail of `run.started`; secrets are taken out of the command."""
    found = launch.confinement
    detail: dict[str, Any] = {
        "command": [redacted(word) for word in command],
        "commit": code.commit,
        "dirty": code.dirty,
        "below": code.below,
        "datasets": [
            {
                "dataset": one.spec,
                "root": one.root,
                "status": one.status,
                "mirrored": one.mirrored,
            }
            for one in data
        ],
        "level": int(launch.level),
        "closed": not found.probed.out,
        "mirror": found.probed.mirror,
    }
    return detail | ({"repeats": repeats} if repeats else {})


def finished(
    exit_code: int,
    seconds: float,
    made: Mapping[str, str | None],
    refused: Mapping[str, int],
    *,
    repeats: str,
) -> dict[str, Any]:
    """Return the detail of `run.finished`."""
    detail: dict[str, Any] = {
        "exit_code": exit_code,
        "seconds": seconds,
        "outputs": dict(made),
        "named": sorted(made),
        "refused": dict(refused),
    }
    return detail | ({"repeats": repeats} if repeats else {})


def find_run(events: Iterable[Event], run_id: str) -> tuple[Event, Event | None]:
    """Return how a run started, and how it ended if it has.

    Raises:
        UsageError: If the ledger knows no such run.
    """
    first = last = None
    for event in events:
        if event.subject == run_id and event.kind == "run.started":
            first = event
        elif event.subject == run_id and event.kind == "run.finished":
            last = event
    if first is None:
        raise UsageError(f"the ledger knows no run {run_id!r}", next="bezoar log show")
    return first, last


def digests(folder: Path, outputs: Sequence[str]) -> dict[str, str | None]:
    """Return the SHA-256 of each file that a run made; None for one that it did not make.

    Args:
        folder: Where it ran.
        outputs: Files, or folders whose files are meant; links are not followed.
    """
    return {name: _sha256(path) for output in outputs for name, path in _files(folder, output)}


def _files(folder: Path, output: str) -> Iterator[tuple[str, Path]]:
    path = folder / output
    if not path.is_dir() or path.is_symlink():
        yield output, path
        return
    found = sorted(one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
    if len(found) > _MOST_FILES:
        raise BezoarError(
            f"{output} holds {len(found):,} files, too many to be a model",
            next="bezoar run --output FILE",
        )
    yield from ((f"{output.rstrip('/')}/{one.relative_to(path).as_posix()}", one) for one in found)


def _sha256(path: Path) -> str | None:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError:
        return None
