"""`Outbox`: notices wait here until they were heard; a killed process loses none.

At least once: a process that dies between sending and noting it sends again, under the same key.

It stays small while a service is down for days: of the alarms of one class that a sink was not told
of, the first and the latest are kept whole; those between that began and ended become a number.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.limit.alerts.notice import Notice, State, bounded, parse_notice, start_of

_BUSY_S: Final = 30.0
_LEASE_S: Final = 120.0
"""How long a notice is one process's to send."""
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 900.0
_KEPT: Final = 10_000
"""Notices back to which those that are done with are kept."""
_NUMBERS: Final = """
CREATE TABLE IF NOT EXISTS numbers (
  start TEXT PRIMARY KEY,
  number INTEGER NOT NULL,
  said TEXT NOT NULL
)
"""
# An id is never used again: who is sending a notice that is let go must not mark another one.
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sink TEXT NOT NULL,
  alarm TEXT NOT NULL,
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'waiting',
  attempts INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL DEFAULT 0,
  sent REAL,
  error TEXT NOT NULL DEFAULT '',
  folded TEXT NOT NULL DEFAULT '',
  UNIQUE (sink, alarm, state)
)
"""
# What came before under the same key goes first: an end must not overtake its beginning.
_DUE: Final = """
SELECT id, sink, body, attempts FROM notices AS one
WHERE status = 'waiting' AND due <= :now AND (:sink = '' OR sink = :sink)
  AND NOT EXISTS (
    SELECT 1 FROM notices AS other
    WHERE other.sink = one.sink AND other.alarm = one.alarm AND other.id < one.id
      AND other.status = 'waiting'
  )
ORDER BY id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to be sent.

    Attributes:
        id: Of the notice in the outbox.
        sink: Where it goes, by name.
        notice: What is said.
        attempts: How often it was tried before.
    """

    id: int
    sink: str
    notice: Notice
    attempts: int


@dataclass(frozen=True, slots=True)
class Row:
    """One notice as a person sees it in the outbox.

    Attributes:
        id: Of the notice in the outbox.
        sink: Where it goes.
        alarm: The alarm's key.
        state: Whether it says that the alarm began or ended.
        status: `waiting`, `sent`, `refused` or `folded` (told with others in one notice).
        attempts: How often it was tried.
        error: Why the last try failed.
    """

    id: int
    sink: str
    alarm: str
    state: str
    status: str
    attempts: int
    error: str


class Outbox:
    """Notices on their way.

    Laws: what `put` returned from is sent, or is there to be sent, or lies between two others of
    its class that are; the same notice is put once.

    Attributes:
        path: An SQLite file; it is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)) as base:
                base.execute("PRAGMA synchronous=FULL")
                base.execute("BEGIN IMMEDIATE")
                base.execute(_TABLE)
                base.execute(_NUMBERS)
                yield base
                base.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise BezoarError(
                f"the outbox of alerts cannot be used ({type(error).__name__}: {error})",
                next=f"mv {self.path} {self.path}.damaged",
            ) from None

    def put(self, notice: Notice, sinks: list[str]) -> int:
        """Keep a notice for each of some sinks; return for how many it was new.

        Raises:
            BezoarError: If it cannot be kept.
        """
        short = bounded(notice)
        with self._open() as base:
            _count(base, short)
            new = sum(_insert(base, _latest(base, short, sink), sink) for sink in sinks)
            base.execute(
                "DELETE FROM notices WHERE status != 'waiting'"
                " AND id <= (SELECT max(id) FROM notices) - ?",
                (_KEPT,),
            )
        return new

    def last(self, start: str) -> tuple[int, str]:
        """Return the number of the newest alarm whose key begins so, and what was said last.

        Returns:
            0 where there was none; and state and sentence, empty where nobody knows.

        Raises:
            BezoarError: If that cannot be read.
        """
        with self._open() as base:
            asked = "SELECT number, said FROM numbers WHERE start = ?"
            if found := base.execute(asked, (start,)).fetchone():
                return int(found[0]), str(found[1])
            # An outbox of before the numbers were kept.
            asked = f"SELECT alarm FROM notices WHERE {_SAME}"  # noqa: S608 - constants
            keys = base.execute(asked, _same(start)).fetchall()
        known = [int(key.rpartition(":")[2]) for (key,) in keys if start_of(key) == start]
        return max(known, default=0), ""

    def claim(self, now: float, sink: str = "") -> Waiting | None:
        """Return the next notice to send, which nobody else gets for a while.

        Args:
            now: Seconds since the epoch.
            sink: Of one sink only.
        """
        with self._open() as base:
            row = base.execute(_DUE, {"now": now, "sink": sink}).fetchone()
            if row is None:
                return None
            base.execute("UPDATE notices SET due = ? WHERE id = ?", (now + _LEASE_S, row[0]))
        try:
            return Waiting(row[0], row[1], parse_notice(row[2]), row[3])
        except BezoarError as error:
            self.refused(row[0], error.message)
            return self.claim(now, sink)

    def sent(self, id_: int, now: float) -> bool:
        """Note that a notice was heard; return False where it was let go meanwhile."""
        return self._set(
            id_, "status = 'sent', sent = ?, attempts = attempts + 1, error = ''", (now,)
        )

    def refused(self, id_: int, why: str) -> None:
        """Note that a notice will never be heard as it is."""
        self._set(id_, "status = 'refused', attempts = attempts + 1, error = ?", (why[:300],))

    def later(self, waiting: Waiting, now: float, why: str, after_s: float | None = None) -> None:
        """Note that a notice has to be tried again, each time after twice as long.

        Args:
            waiting: The notice.
            now: Seconds since the epoch.
            why: What went wrong.
            after_s: What the service asked for, if it did.
        """
        wait = min(_FIRST_WAIT_S * 2**waiting.attempts, _LONGEST_WAIT_S)
        due = now + max(wait, min(after_s or 0.0, _LONGEST_WAIT_S))
        change = "due = ?, attempts = attempts + 1, error = ?"
        self._set(waiting.id, change, (due, why[:300]))

    def retry(self) -> int:
        """Let all that waits, and all that was refused, be tried now; return how many."""
        with self._open() as base:
            change = "UPDATE notices SET status = 'waiting', due = 0 WHERE status IN (?, ?)"
            return base.execute(change, ("waiting", "refused")).rowcount

    def rows(self, most: int = 1000) -> list[Row]:
        """Return the newest notices, the oldest of them first."""
        if not self.path.exists():
            return []
        columns = "id, sink, alarm, state, status, attempts, error"
        with self._open() as base:
            found = base.execute(
                f"SELECT {columns} FROM notices ORDER BY id DESC LIMIT ?",  # noqa: S608 - a constant
                (most,),
            ).fetchall()
        return [Row(*row) for row in reversed(found)]

    def begun_since(self, sink: str, since: float) -> int:
        """Return how many alarms a sink was told of since a time."""
        with self._open() as base:
            asked = "SELECT count(*) FROM notices WHERE sink = ? AND state = ? AND sent >= ?"
            return int(base.execute(asked, (sink, State.FIRING, since)).fetchone()[0])

    def fold(self, sink: str, into: str) -> list[Notice]:
        """Take all alarms that wait for a sink together, and return them.

        Args:
            sink: The sink.
            into: Key of the notice that tells of them all.
        """
        with self._open() as base:
            which = (sink, State.FIRING)
            found = base.execute(
                "SELECT id, body FROM notices WHERE sink = ? AND state = ? AND status = 'waiting'"
                " ORDER BY id",
                which,
            ).fetchall()
            for id_, _ in found:
                change = "UPDATE notices SET status = 'folded', folded = ? WHERE id = ?"
                base.execute(change, (into, id_))
        return [parse_notice(body) for _, body in found]

    def folded_into(self, sink: str, alarm: str) -> str:
        """Return the key of the notice in which a sink heard of an alarm; empty for its own."""
        with self._open() as base:
            asked = "SELECT folded FROM notices WHERE sink = ? AND alarm = ? AND state = ?"
            row = base.execute(asked, (sink, alarm, State.FIRING)).fetchone()
        return str(row[0]) if row else ""

    def end_folded(self, id_: int, sink: str, into: str) -> bool:
        """Note that an alarm ended that was told with others; say whether it was the last one."""
        with self._open() as base:
            change = "UPDATE notices SET status = 'folded', folded = ? WHERE id = ?"
            base.execute(change, (into, id_))
            counts = dict(
                base.execute(
                    "SELECT state, count(*) FROM notices WHERE sink = ? AND folded = ?"
                    " GROUP BY state",
                    (sink, into),
                ).fetchall()
            )
        return bool(counts.get(State.FIRING, 0) == counts.get(State.RESOLVED, 0))

    def _set(self, id_: int, change: str, values: tuple[float | str, ...]) -> bool:
        with self._open() as base:
            done = base.execute(f"UPDATE notices SET {change} WHERE id = ?", (*values, id_))  # noqa: S608 - constants
        return bool(done.rowcount)


_SAME: Final = "alarm >= ? AND alarm < ?"


def _same(start: str) -> tuple[str, str]:
    """Return the bounds of the keys that begin so; `;` comes after `:`."""
    return f"{start}:", f"{start};"


def said(notice: Notice) -> str:
    """Return what a notice says, to know it again."""
    return f"{notice.state}: {notice.sentence}"


def _count(base: sqlite3.Connection, notice: Notice) -> None:
    """Remember an alarm's number, so that no other alarm gets its key."""
    start, _, number = notice.key.rpartition(":")
    if start_of(notice.key):
        base.execute(
            "INSERT INTO numbers VALUES (?, ?, ?) ON CONFLICT (start) DO UPDATE"
            " SET number = max(number, excluded.number), said = excluded.said",
            (start, int(number), said(notice)),
        )


def _latest(base: sqlite3.Connection, notice: Notice, sink: str) -> Notice:
    """Return an alarm as the latest one of its class that waits; let go what lies between."""
    start = start_of(notice.key)
    if notice.state is not State.FIRING or not start:
        return notice
    unheard = f"sink = ? AND status IN ('waiting', 'refused') AND {_SAME}"
    rows = base.execute(
        f"SELECT alarm, state, body FROM notices WHERE {unheard} ORDER BY id",  # noqa: S608 - constants
        (sink, *_same(start)),
    ).fetchall()
    rows = [row for row in rows if start_of(row[0]) == start and row[0] != notice.key]
    began = [(alarm, body) for alarm, state, body in rows if state == State.FIRING]
    over = {alarm for alarm, state, _ in rows if state == State.RESOLVED}
    between = notice.between
    for alarm, body in began[1:]:
        if alarm in over:
            base.execute("DELETE FROM notices WHERE sink = ? AND alarm = ?", (sink, alarm))
            between += 1 + _between(body)
    return replace(notice, between=between)


def _between(body: str) -> int:
    try:
        return parse_notice(body).between
    except BezoarError:  # a damaged row is one alarm, too
        return 0


def _insert(base: sqlite3.Connection, notice: Notice, sink: str) -> int:
    done = base.execute(
        "INSERT OR IGNORE INTO notices (sink, alarm, state, body) VALUES (?, ?, ?, ?)",
        (sink, notice.key, notice.state, notice.spelled()),
    )
    return done.rowcount
