"""The record of a drill: its own folder, its own ledger, its clock."""

import itertools
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bezoar
from bezoar.core.digest import Digest
from bezoar.core.drill import Moment
from bezoar.core.errors import BezoarError, UsageError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

WRITER = "drill"
_PROJECT = "# A drill has a project of its own: here `bezoar log` tells what happened.\n"
Progress = Callable[[int, int], None]
Steps = Callable[[str], AbstractContextManager[Progress]]
"""Announces a step, and gives what to call with (done, in all) meanwhile; in all 0 = not known."""


def silent(_step: str) -> AbstractContextManager[Progress]:
    """Announce nothing."""
    return nullcontext(lambda _done, _total: None)


def default_folder(state: Path, scenario: str, seed: int) -> Path:
    """Return the folder for a drill that begins now; none that is there already."""
    begun = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = state / "drills" / f"{scenario}-{begun}-{seed}"
    others = (stem.with_name(f"{stem.name}.{number}") for number in itertools.count(2))
    return next(folder for folder in itertools.chain([stem], others) if not folder.exists())


class Record:
    """What happens in a drill, kept in its folder, which is a project of its own.

    Args:
        folder: The drill's own; made here, new or empty.
        clock: Tells the seconds.
        start: What the clock told when the drill began.
    """

    def __init__(self, folder: Path, clock: Callable[[], float], start: float) -> None:
        self.folder = folder
        self.timeline: list[Moment] = []
        self._clock, self._start = clock, start
        self._make_folder()
        self.write("bezoar.toml", _PROJECT)
        # Not `project.ledger`: the environment may point that to the team's own.
        state = bezoar.Project(folder).state
        self._ledger = bezoar.open_ledger(state / "ledger.sqlite", WRITER)

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        trace: "TracebackType | None",
    ) -> None:
        self._ledger.close()

    def now(self) -> float:
        """Return the seconds since the drill began."""
        return self._clock() - self._start

    def add(self, kind: str, subject: object, what: str, **detail: Any) -> float:
        """Append an event and return when it happened.

        Args:
            kind: As `dataset.inspected`.
            subject: What it happened to.
            what: One sentence for people.
            detail: JSON values.
        """
        moment = Moment(self.now(), what)
        self.timeline.append(moment)
        self._ledger.append(kind, str(subject), {"what": what, **detail})
        return moment.t_s

    def write_json(self, name: str, value: Any) -> Digest:
        """Write JSON values into the folder and return the file's digest."""
        return self.write(name, json.dumps(value, indent=2, allow_nan=False) + "\n")

    def write(self, name: str, text: str) -> Digest:
        """Write a file into the folder and return its digest."""
        data = text.encode("utf-8", "backslashreplace")
        try:
            (self.folder / name).write_bytes(data)
        except OSError as error:
            raise self._unwritable(error) from error
        return Digest.of(data)

    def head(self) -> Digest:
        """Return the digest of the last event."""
        head = self._ledger.head(WRITER)
        assert head is not None  # noqa: S101 - a drill begins with an event
        return head

    def _make_folder(self) -> None:
        folder = self.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise UsageError(f"{folder} is not empty", next=f"ls -a {folder}")
        except FileExistsError:
            raise UsageError(f"{folder} is no folder", next=f"ls -ld {folder}") from None
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> BezoarError:
        why = f"cannot write {self.folder}: {error.strerror}"
        return BezoarError(why, next=f"ls -ld {self.folder.parent}")
