"""The database under the ledger: one table, made and opened; SQLite's own needs stay here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.schema import CreateTable

from bezoar.core.errors import BezoarError, UsageError

BUSY_S = 60.0
"""How long a writer waits for another one."""

events = sa.Table(
    "bezoar_events",
    sa.MetaData(),
    sa.Column("writer", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    # The very text that the digest is taken over, so that no other spelling of it can creep in.
    # It is ASCII: names from data may hold NULs and lone surrogates, which databases refuse.
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)


def read_url(where: str | Path) -> URL:
    """Return the database's URL.

    Args:
        where: A path to an SQLite file, or a URL: `sqlite:///FILE`, `postgresql://…`.

    Raises:
        UsageError: If it is no URL, or one of another database.
    """
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except sa.exc.ArgumentError:
        # The text is not repeated: it may hold a password.
        raise UsageError("the ledger's address is no URL", next=_HOW) from None
    if url.get_backend_name() == "sqlite" and url.database:
        return url.set(drivername="sqlite")
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(f"a ledger cannot be kept in {url.get_backend_name()}", next=_HOW)


_HOW = "export BEZOAR_LEDGER=postgresql://USER@HOST/NAME, or unset BEZOAR_LEDGER"


def sqlite_file(url: URL) -> Path | None:
    """Return the SQLite file of a URL, None for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def open_engine(url: URL) -> Engine:
    """Return an engine that writes transactions through `writing` and reads snapshots.

    Raises:
        BezoarError: If the database's driver is not installed.
    """
    if sqlite_file(url):
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_S})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return sa.create_engine(url)
    except ImportError:
        raise BezoarError(
            "the PostgreSQL driver is not installed", next="pip install 'bezoar[postgres]'"
        ) from None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that may write; it commits when the block ends well."""
    with engine.execution_options(bezoar_writes=True).begin() as connection:
        if not has_table(connection):
            _make_table(connection)
        yield connection


def _make_table(connection: Connection) -> None:
    # PostgreSQL's IF NOT EXISTS looks first and creates later: two that find nothing at once
    # both create, and one fails. A lock that ends with the transaction makes them queue up.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
    connection.execute(CreateTable(events, if_not_exists=True))


_MAKING = int.from_bytes(b"bezoar")
"""The number of the lock under which the table is made: any constant that others do not use."""


def has_table(connection: Connection) -> bool:
    """Tell whether anything was ever written."""
    return sa.inspect(connection).has_table(events.name)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by _begin_sqlite alone: the driver begins one too late to be safe.
    connection.isolation_level = None
    connection.text_factory = _decode
    connection.execute("PRAGMA synchronous=FULL")
    # Readers and a writer do not block each other then. Where it cannot be had (a read-only
    # folder, another process at the same step) the ledger is as safe, only slower.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")


def _decode(raw: bytes) -> str:
    # Bytes that are no UTF-8 must come out as an event that was changed, not as a crash.
    return raw.decode("utf-8", "surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("bezoar_writes", False)
    # IMMEDIATE takes the write lock before the head is read, so that two processes that append
    # at once queue up instead of building on the same head.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
