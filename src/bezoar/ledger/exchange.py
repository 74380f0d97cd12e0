"""Moving chains between ledgers, as JSON lines."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.engine import Connection

from bezoar.core.errors import BezoarError
from bezoar.core.event import Event, chain_faults
from bezoar.ledger import chains
from bezoar.ledger.lines import from_line, to_line


def write_file(path: Path, events: Iterable[Event]) -> int:
    """Write events to a file, whole or not at all, and return how many they are.

    Raises:
        BezoarError: If the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    count = 0
    try:
        try:
            with draft.open("x", encoding="ascii") as file:
                for event in events:
                    file.write(to_line(event) + "\n")
                    count += 1
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise BezoarError(
            f"cannot write {path}: {error.strerror}", next="bezoar log export FILE"
        ) from error
    return count


def read_file(path: Path) -> dict[str, list[Event]]:
    """Return the chains of an exported file, in the order of its lines, by writer.

    Raises:
        BezoarError: If the file or a line of it cannot be read.
    """
    found: dict[str, list[Event]] = {}
    line = 0
    try:
        with path.open("rb") as file:
            for line, text in enumerate(file, start=1):  # noqa: B007 - the handler names the line
                event = from_line(text.decode())
                found.setdefault(event.writer, []).append(event)
    except OSError as error:
        raise BezoarError(f"cannot read {path}: {error.strerror}", next=_HOW) from error
    except ValueError as error:
        raise BezoarError(f"{path}:{line}: not a ledger event: {error}", next=_HOW) from error
    return found


_HOW = "bezoar log import FILE, with a file that bezoar log export wrote"


def growth(connection: Connection, path: Path) -> Iterator[list[Event]]:
    """Yield, for each chain of a file, the events that lie beyond what is stored of it.

    Each chain must verify from its first event on and agree with what is stored, so that a
    chain can grow and never be rewritten.

    Raises:
        BezoarError: If a chain does not verify, or forks from what is stored.
    """
    for writer, chain in read_file(path).items():
        for fault in chain_faults(chain):
            raise BezoarError(
                f"{path}: event {fault.number} of {writer}: {fault.message}; nothing was imported",
                next="export the chain again, from a ledger for which bezoar log verify exits 0",
            )
        stored = list(chains.read(connection, writer))
        for mine, theirs in zip(stored, chain, strict=False):
            if mine.digest != theirs.digest:
                raise BezoarError(
                    f"{path}: event {theirs.number} of {writer} differs from the one stored here; "
                    "nothing was imported",
                    next="bezoar log verify, here and where the file was exported",
                )
        yield chain[len(stored) :]
