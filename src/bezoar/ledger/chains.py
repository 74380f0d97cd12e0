"""Reading, checking and extending chains in an open database."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.event import ChainFault, Event, FaultKind, chain_faults
from bezoar.ledger.database import events
from bezoar.ledger.lines import from_content

_ROWS_AT_ONCE = 1000
_Row = sa.Row[Any]


class Head(NamedTuple):
    """The last event of a chain."""

    number: int
    digest: Digest


def head(connection: Connection, writer: str) -> Head | None:
    """Return the last event of a chain, None where there is none.

    Raises:
        BezoarError: If it is damaged, so that nothing can be chained to it.
    """
    columns = sa.select(events.c.number, events.c.digest).where(events.c.writer == writer)
    row = connection.execute(columns.order_by(events.c.number.desc()).limit(1)).first()
    if row is None:
        return None
    try:
        return Head(int(row.number), Digest.parse(str(row.digest)))
    except ValueError:
        raise BezoarError(
            f"the last event of {writer} in the ledger is damaged", next="bezoar log verify"
        ) from None


def insert(connection: Connection, new: Iterable[Event]) -> None:
    """Store sealed events.

    Raises:
        sqlalchemy.exc.IntegrityError: If one with that writer and number is stored already.
    """
    rows = [
        {
            "writer": event.writer,
            "number": event.number,
            "content": event.content().decode(),
            "digest": str(event.digest),
        }
        for event in new
    ]
    if rows:
        connection.execute(sa.insert(events), rows)


def read(connection: Connection, writer: str | None = None) -> Iterator[Event]:
    """Yield the events of one writer, or of all, each chain in the order of its numbers.

    Raises:
        BezoarError: At the first event that cannot be read.
    """
    for row in _rows(connection, writer):
        try:
            yield _event(row)
        except ValueError as error:
            raise BezoarError(
                f"event {row.number} of {row.writer} in the ledger cannot be read: {error}",
                next="bezoar log verify",
            ) from error


def writers(connection: Connection) -> list[str]:
    """Return the names of all writers, sorted."""
    names = connection.execute(sa.select(events.c.writer).distinct()).scalars()
    return sorted(str(name) for name in names)


def faults(connection: Connection) -> list[ChainFault]:
    """Check every chain from its first event to its last."""
    chains = itertools.groupby(_rows(connection), key=lambda row: row.writer)
    return [fault for _, rows in chains for fault in _faults(rows)]


def _rows(connection: Connection, writer: str | None = None) -> Iterator[_Row]:
    query = sa.select(events).order_by(events.c.writer, events.c.number)
    if writer is not None:
        query = query.where(events.c.writer == writer)
    yield from connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))


def _event(row: _Row) -> Event:
    """Read a row; it counts as the event as which it is stored, whatever its content says.

    SQLite keeps whatever it is given in a column, so no type can be relied upon.
    """
    texts = (row.writer, row.content, row.digest)
    if type(row.number) is not int or not all(isinstance(text, str) for text in texts):
        raise ValueError("a column has the wrong type")
    event = from_content(row.content, row.digest)
    return replace(event, writer=row.writer, number=row.number)


def _faults(rows: Iterable[_Row]) -> list[ChainFault]:
    unreadable: dict[int, ChainFault] = {}

    def chain() -> Iterator[Event]:
        before = None
        for row in rows:
            try:
                before = _event(row)
            except ValueError as error:
                before = _stand_in(row, before)
                message = f"it cannot be read: {error}"
                unreadable[before.number] = ChainFault(
                    before.writer, before.number, message, FaultKind.UNREADABLE
                )
            yield before

    found = chain_faults(chain())
    # A stand-in shows as changed, and what follows it as not continuing it: the one fault that
    # says what is wrong takes the place of both.
    return [
        unreadable.get(fault.number, fault) if fault.kind is FaultKind.CHANGED else fault
        for fault in found
        if not (fault.kind is FaultKind.MOVED and fault.number - 1 in unreadable)
    ]


def _stand_in(row: _Row, before: Event | None) -> Event:
    """Return an event that holds the place of one that cannot be read."""
    number = row.number if type(row.number) is int else 0
    previous = before.digest if before else None
    return Event(str(row.writer), number, "", "", "", "", {}, previous)
