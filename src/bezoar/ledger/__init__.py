"""The ledger: what happened, append-only, one hash chain per writer.

    with open_ledger(project) as ledger:
        ledger.append("dbom.added", "signs@1", {"samples": 4440})

SQLite by default, PostgreSQL by URL, through the same code. Importing this package is cheap:
the database library comes in with `open_ledger`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bezoar.ledger.ledger import Ledger


class LedgerHome(Protocol):
    """What knows where a ledger is kept and who writes it: a `Project`."""

    @property
    def ledger(self) -> str | Path:
        """An SQLite file, or a database URL."""
        ...

    @property
    def writer(self) -> str:
        """The name of this checkout's chain."""
        ...


def open_ledger(where: LedgerHome | str | Path, writer: str | None = None) -> "Ledger":
    """Return the ledger that is kept at `where`; nothing is made before the first append.

    Args:
        where: A project, an SQLite file or a database URL.
        writer: Whose chain `append` continues; a project names its own.

    Raises:
        UsageError: If the URL is none, or names a database that cannot hold a ledger.
        BezoarError: If the database's driver is not installed.
    """
    from bezoar.ledger.ledger import Ledger  # noqa: PLC0415 - it imports SQLAlchemy

    if isinstance(where, str | Path):
        return Ledger(where, lambda: writer)
    return Ledger(where.ledger, lambda: writer or where.writer)
