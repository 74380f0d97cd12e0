"""`Ledger`: append, read, verify, export and import events."""

import getpass
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.event import ChainFault, Event, FaultKind
from bezoar.ledger import chains, exchange
from bezoar.ledger.database import (
    has_table,
    open_engine,
    read_url,
    sqlite_file,
    writing,
)

_ATTEMPTS = 100
_PAUSE_S = 0.02
_Result = TypeVar("_Result")


class DamagedLedgerError(BezoarError):
    """The database's own structure is broken."""


class Ledger:
    """Append-only events, one hash chain per writer; made by `open_ledger`.

    Every method raises `BezoarError` where the database cannot be reached or written.
    """

    def __init__(self, where: str | Path, writer: Callable[[], str | None]) -> None:
        self._url = read_url(where)
        self._file = sqlite_file(self._url)
        self._name_writer = writer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __str__(self) -> str:
        return str(self._file or self._url.render_as_string(hide_password=True))

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        if "_engine" in self.__dict__:
            self.__dict__.pop("_engine").dispose()

    @cached_property
    def writer(self) -> str:
        """Whose chain `append` continues.

        Raises:
            UsageError: If nobody gave a name.
        """
        writer = self._name_writer()
        if not writer:
            raise UsageError("the ledger's writer has no name", next="export BEZOAR_WRITER=NAME")
        return writer

    def append(
        self,
        kind: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
        actor: str | None = None,
    ) -> Event:
        """Add an event to the writer's chain and return it, sealed and stored.

        Args:
            kind: What happened, as `dbom.added`.
            subject: What it happened to: a digest, or a name where there is none yet.
            detail: JSON values.
            actor: Who did it; the user's login name unless given.

        Raises:
            TypeError: If `detail` holds something that JSON has no form for.
            ValueError: If `detail` holds NaN or infinity.
        """
        writer, actor = self.writer, actor or _login()

        def add(connection: Connection) -> Event:
            head = chains.head(connection, writer)
            event = Event(
                writer=writer,
                number=head.number + 1 if head else 1,
                time=_now(),
                kind=kind,
                subject=subject,
                actor=actor,
                detail=dict(detail or {}),
                previous=head.digest if head else None,
            ).sealed()
            chains.insert(connection, [event])
            return event

        return self._write(add)

    def events(self, writer: str | None = None) -> Iterator[Event]:
        """Yield the events of one writer, or of all, each chain in the order of its numbers.

        Raises:
            BezoarError: At the first event that cannot be read.
        """
        with self._read() as connection:
            if connection is not None:
                yield from chains.read(connection, writer)

    def writers(self) -> list[str]:
        """Return the names of all writers, sorted."""
        with self._read() as connection:
            return chains.writers(connection) if connection is not None else []

    def head(self, writer: str) -> Digest | None:
        """Return the digest of a writer's last event, None where there is none."""
        with self._read() as connection:
            head = chains.head(connection, writer) if connection is not None else None
        return head.digest if head else None

    def verify(self) -> list[ChainFault]:
        """Return what is wrong with the chains: changed, dropped, re-ordered, unreadable.

        A cut tail leaves a shorter chain that verifies: compare `head` with one noted elsewhere.
        """
        try:
            with self._read() as connection:
                return chains.faults(connection) if connection is not None else []
        except DamagedLedgerError as error:
            return [ChainFault(str(self), 0, error.message, FaultKind.UNREADABLE)]

    def export(self, path: Path) -> int:
        """Write every chain to a file of JSON lines and return the number of events."""
        return exchange.write_file(path, self.events())

    def import_(self, path: Path) -> int:
        """Add what an exported file holds beyond what is stored, all of it or nothing.

        Returns:
            How many events were new; 0 when a file is imported twice.

        Raises:
            BezoarError: If a chain of it does not verify, or forks from what is stored.
        """

        def add(connection: Connection) -> int:
            count = 0
            for new in exchange.growth(connection, path):
                chains.insert(connection, new)
                count += len(new)
            return count

        return self._write(add)

    @cached_property
    def _engine(self) -> Engine:
        return open_engine(self._url)

    @contextmanager
    def _read(self) -> Iterator[Connection | None]:
        """Yield a connection that sees one state of the ledger; None where nothing was written."""
        if self._file is not None and not self._file.exists():
            yield None
            return
        with self._reaching(), self._engine.connect() as connection:
            yield connection if has_table(connection) else None

    def _write(self, change: Callable[[Connection], _Result]) -> _Result:
        """Run a change in a transaction; where another process was first, run it again."""
        if self._file is not None:
            self._make_folder(self._file.parent)
        for _ in range(_ATTEMPTS):
            try:
                with self._reaching(), writing(self._engine) as connection:
                    return change(connection)
            except exc.IntegrityError:
                time.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - spreads the next attempts
        raise BezoarError(f"the ledger {self} is too busy", next="run the command again")

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BezoarError(f"cannot make {folder}: {error.strerror}", next=_WHERE) from error

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (exc.OperationalError, exc.ProgrammingError) as error:  # away; not permitted
            raise BezoarError(f"cannot use the ledger {self}: {error.orig}", next=_WHERE) from error
        except exc.DatabaseError as error:
            # The driver uses the bare class for a file that is damaged or no database at all.
            if type(error) is not exc.DatabaseError:
                raise
            message = f"the ledger {self} cannot be read: {error.orig}"
            raise DamagedLedgerError(message, next="bezoar log verify") from error


_WHERE = "export BEZOAR_LEDGER=URL, with a database that can be reached and written"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        return "unknown"
