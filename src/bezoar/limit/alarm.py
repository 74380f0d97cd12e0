"""`Alarm`: that a class is suspect right now: a small file between the monitor and the replicas.

    raise_alarm(project.state / "alerts", Alarm("signs", "80", since, sentence))

The monitor writes it, each replica reads it at every poll, and a rollback clears it. It is kept
apart from the ledger, which a replica has no need to reach.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import BezoarError
from bezoar.core.json_object import canonical, parse_object
from bezoar.datasets.regular import READ
from bezoar.datasets.writing import write_whole

FILE: Final = "alarm.json"
BEGAN, OVER = "monitor.alarm", "monitor.over"
"""What the ledger calls the beginning and the end of an alarm."""
SUSPECTED: Final = "monitor.suspected"
"""What it calls it that the class is known that comes up too rarely in the place of another."""
SCHEMA_VERSION: Final = 1
MOST: Final = 10_000
_MOST_BYTES: Final = 8 << 20
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Alarm:
    """A class that is suspect right now.

    Attributes:
        model: Whose class, by name.
        class_: Which class; empty for those that the baseline does not know.
        since: When it began, RFC 3339.
        alert: What happened, in a sentence, or the alert's key.
        release: Digest of the model that answered; empty: whichever does.
    """

    model: str
    class_: str
    since: str
    alert: str
    release: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as JSON values."""
        fields = asdict(self)
        return {"class": fields.pop("class_"), **fields}


def read_alarms(folder: Path, model: str | None = None) -> tuple[Alarm, ...]:
    """Return the alarms that are on.

    Args:
        folder: `.bezoar/alerts`.
        model: Of this one; None: of all.

    Raises:
        BezoarError: If the file is damaged.
    """
    path = folder / FILE
    try:
        with os.fdopen(os.open(path, READ), "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _damaged(path, error.strerror or "") from error
    try:
        found = tuple(map(_alarm, _rows(data)))
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    return tuple(one for one in found if model in (None, one.model))


def raise_alarm(folder: Path, alarm: Alarm) -> None:
    """Say that a class is suspect; one that is on already keeps its beginning.

    Raises:
        BezoarError: If it cannot be written.
    """

    def change(known: tuple[Alarm, ...]) -> tuple[Alarm, ...]:
        same = any((one.model, one.class_) == (alarm.model, alarm.class_) for one in known)
        return known if same or len(known) >= MOST else (*known, alarm)

    _change(folder, change)


def lift_alarm(folder: Path, model: str, class_: str | None = None) -> None:
    """Say that a class, or every class of a model, is suspect no more.

    Raises:
        BezoarError: If it cannot be written.
    """

    def over(one: Alarm) -> bool:
        return one.model == model and class_ in (None, one.class_)

    if (folder / FILE).exists():
        _change(folder, lambda known: tuple(one for one in known if not over(one)))


def _change(folder: Path, change: Callable[[tuple[Alarm, ...]], tuple[Alarm, ...]]) -> None:
    with _alone(folder):
        try:
            known = read_alarms(folder)
        except BezoarError:
            known = ()  # what is damaged must not keep a new alarm from being raised
        rows = [one.as_json() for one in change(known)]
        write_whole(folder / FILE, canonical({"schema_version": SCHEMA_VERSION, "alarms": rows}))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(folder / f".{FILE}.lock", flags, 0o600)
    except OSError as error:
        message = f"cannot write {folder}: {error.strerror}"
        raise BezoarError(message, next=f"ls -ld {folder}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _rows(data: bytes) -> list[Any]:
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it is longer than {_MOST_BYTES:,} bytes")
    rows = parse_object(data).get("alarms")
    if not isinstance(rows, list):
        raise ValueError("it lists no alarms")  # noqa: TRY004 - one exception for every shape
    return rows


def _alarm(row: Any) -> Alarm:
    if not isinstance(row, dict) or not all(isinstance(one, str) for one in row.values()):
        raise ValueError("an alarm has another shape")
    try:
        rest = {name: row.get(name, "")[:_LONGEST] for name in ("alert", "release")}
        return Alarm(row["model"], row["class"], row["since"], **rest)
    except KeyError as error:
        raise ValueError(f"an alarm has no {error}") from None


def _damaged(path: Path, why: str) -> BezoarError:
    return BezoarError(f"{path} is damaged: {why}", next=f"rm {path}")
