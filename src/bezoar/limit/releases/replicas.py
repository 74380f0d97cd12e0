"""Replicas: which processes answer with a model, and which digest each of them serves.

A replica writes a small file into a folder that all share, at every poll, or answers the same
JSON at an address that the settings name. A rollback waits until each of them says the digest.
"""

import http.client
import json
import os
import re
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.regular import READ

SILENT_S: Final = 15.0
"""A replica whose last word is older may have gone; it polls every 2 s at the most."""
_MOST_BYTES: Final = 1 << 16
_MOST_REPLICAS: Final = 10_000
_ASK_S: Final = 1.0
_PAUSE_S: Final = 0.05
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a replica says of itself.

    Attributes:
        model: By name.
        replica: Its own name.
        digest: Of the model that answers; empty while none does.
        version: Of the release that answers.
        time: Seconds since the epoch.
        fault: Why it does not serve what it should; else empty.
        host: Where it runs.
        pid: Its process there.
    """

    model: str
    replica: str
    digest: str
    version: str
    time: float
    fault: str = ""
    host: str = ""
    pid: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @property
    def gone(self) -> bool:
        """Whether its process ran on this very machine and is no more."""
        if self.host != socket.gethostname() or self.pid <= 0:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


def say(folder: Path, beat: Heartbeat) -> None:
    """Leave what a replica says of itself; folder is `.bezoar/replicas`.

    Raises:
        BezoarError: If it cannot be written.
    """
    path = _path(folder, beat.model, beat.replica)
    # Not synced: it is only of use while its writer lives.
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_text(json.dumps(beat.as_json()), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise BezoarError(message, next=f"ls -ld {folder}") from error


def leave(folder: Path, model: str, replica: str) -> None:
    """Say that a replica stops."""
    _path(folder, model, replica).unlink(missing_ok=True)


def in_folder(folder: Path, model: str) -> list[Heartbeat]:
    """Return what the replicas of a model said last; what no replica wrote is passed over."""
    found = []
    for path in sorted((folder / model).glob("*.json"))[:_MOST_REPLICAS]:
        try:
            with os.fdopen(os.open(path, READ), "rb") as file:
                beat = parse_heartbeat(file.read(_MOST_BYTES + 1))
        except (OSError, ValueError):
            continue
        if beat.model == model and beat.replica == path.stem and not beat.gone:
            found.append(beat)
    return found


def parse_heartbeat(data: bytes) -> Heartbeat:
    """Read what a replica says.

    Raises:
        ValueError: If it is something else.
    """
    if len(data) > _MOST_BYTES:
        raise ValueError("it is too long")
    try:
        fields = json.loads(data)
        texts = {
            name: fields.get(name, "")
            for name in ("model", "replica", "digest", "version", "fault", "host")
        }
        when, pid = fields.get("time", 0.0), fields.get("pid", 0)
    except (AttributeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError("it is no heartbeat") from error
    numbers = isinstance(when, int | float) and isinstance(pid, int)
    if not numbers or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("it is no heartbeat")
    return Heartbeat(**texts, time=float(when), pid=pid)


def ask(url: str) -> Heartbeat:
    """Ask a replica at its address.

    Raises:
        BezoarError: If it does not answer within a second, or with something else.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"not the address of a replica: {url}", next="mend [release] replicas")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_ASK_S)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        reply = connection.getresponse()
        beat = parse_heartbeat(reply.read(_MOST_BYTES + 1))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise BezoarError(f"replica {url} gives no answer: {error}", next=f"curl {url}") from error
    finally:
        connection.close()
    # Whatever the clock there says: it has answered now, and is known by its address.
    fields = {**beat.as_json(), "replica": url, "time": time.time(), "host": "", "pid": 0}
    return Heartbeat(**fields)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of waiting for the replicas of a model.

    Attributes:
        safe: Names of those that serve the digest.
        late: Those that do not, each with why.
        seconds: How long it took.
    """

    safe: tuple[str, ...]
    late: dict[str, str]
    seconds: float


def wait(
    folder: Path,
    model: str,
    digest: str,
    *,
    urls: Iterable[str] = (),
    timeout_s: float = 30.0,
    progress: Callable[[int, int], None] | None = None,
) -> Arrival:
    """Wait until each replica of a model serves a digest.

    Args:
        folder: `.bezoar/replicas`.
        model: By name.
        digest: Which one it must be.
        urls: Addresses of replicas that share no folder.
        timeout_s: How long to wait at most.
        progress: Called with how many serve it, and how many there are.
    """
    began, urls = time.monotonic(), tuple(urls)
    while True:
        told = dict(_told(folder, model, urls))
        late = {name: why for name, beat in told.items() if (why := _lack(beat, model, digest))}
        safe = tuple(sorted(told.keys() - late.keys()))
        if progress is not None:
            progress(len(safe), len(told))
        seconds = time.monotonic() - began
        if not late or seconds >= timeout_s:
            return Arrival(safe, late, seconds)
        time.sleep(_PAUSE_S)


def _told(folder: Path, model: str, urls: tuple[str, ...]) -> Iterator[tuple[str, Heartbeat | str]]:
    for beat in in_folder(folder, model):
        yield beat.replica, beat
    for url in urls:
        try:
            yield url, ask(url)
        except BezoarError as error:
            yield url, error.message


def _lack(beat: Heartbeat | str, model: str, digest: str) -> str:
    if isinstance(beat, str):
        return beat
    if beat.model != model:
        return f"it serves {beat.model or 'no model'}"
    if (silent := time.time() - beat.time) > SILENT_S:
        when = datetime.fromtimestamp(beat.time, UTC).isoformat(timespec="seconds")
        return f"silent for {silent:,.0f} s, since {when}"
    if beat.digest != digest:
        serves = f"it serves {beat.version or 'nothing'}"
        return f"{serves}: {beat.fault}" if beat.fault else serves
    return ""


def _path(folder: Path, model: str, replica: str) -> Path:
    if not _ID.fullmatch(replica):
        raise UsageError(f"not a replica's name: {replica!r}", next="letters, digits, . _ -")
    return folder / model / f"{replica}.json"
