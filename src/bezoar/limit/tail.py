"""`Tail`: follows a log of predictions as it grows; its place is kept with the evidence.

The place is in the id of each batch, and the batch in the journal: both are on disk or neither is.
A file is known again by its inode and its first bytes, so that a log that was rotated is read to
its end before the new one, and one that was cut is begun anew, and counted as such.
"""

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.limit.intake import Intake
from bezoar.limit.parcel import Receipt
from bezoar.limit.predictions import batch_of, parsed, read_predictions

_AT_ONCE: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 16
_KNOWN_BY: Final = 64
_LINES: Final = frozenset({".jsonl", ".ndjson", ".json", ".log"})


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was read.

    Attributes:
        inode: Of the file.
        start: Digest of its first bytes.
        known: How many bytes that digest is over.
        offset: Bytes that were read.
        header: The first line of a CSV file.
    """

    inode: int = 0
    start: str = ""
    known: int = 0
    offset: int = 0
    header: str = ""


class Tail:
    """Follows one file.

    Attributes:
        path: Where the log is written; a rotated one lies beside it under another name.
        mark: How far it was read.
        restarts: How often the file was cut or replaced while some of it was unread.
    """

    def __init__(self, path: Path, intake: Intake) -> None:
        """Go on where the intake's state stands.

        Raises:
            UsageError: If it is no log of JSON lines or CSV.
        """
        if path.suffix.lower() not in _LINES | {".csv"}:
            raise UsageError(
                f"{path}: not a log of JSON lines or CSV", next="bezoar monitor tail --help"
            )
        self.path, self._intake, self.restarts = path, intake, 0
        self._csv = path.suffix.lower() == ".csv"
        held = intake.place.get(_name(path))
        self.mark = Mark(**held) if held else Mark()

    def step(self) -> list[Receipt]:
        """Take in what was written since; nothing where there is nothing new.

        Raises:
            BezoarError: If the file cannot be read, or the state not be written.
        """
        found: list[Receipt] = []
        for path in self._files():
            try:
                with path.open("rb") as file:
                    found += self._read(file, last=path == self.path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise BezoarError(
                    f"cannot read {path}: {error.strerror}", f"ls -l {path}"
                ) from error
        return found

    def _files(self) -> Iterator[Path]:
        """Yield the rotated file that was being read, where there is one, and the current one."""
        try:
            current = self.path.stat().st_ino
        except OSError:
            current = 0
        if self.mark.inode not in (0, current):
            for path in self.path.parent.glob(self.path.name + "*"):
                if path != self.path and _inode(path) == self.mark.inode:
                    yield path
        yield self.path

    def _read(self, file: BinaryIO, *, last: bool) -> list[Receipt]:
        self._recognise(file)
        found = []
        while (lines := self._lines(file, final=not last)) is not None:
            rows, offset = lines
            found += self._take(rows, offset)
        return found

    def _recognise(self, file: BinaryIO) -> None:
        """Begin anew where this is another file than the one that was read, or it was cut."""
        status, mark = os.fstat(file.fileno()), self.mark
        same = mark.inode == status.st_ino and mark.offset <= status.st_size
        if same and mark.start == str(Digest.of(file.read(mark.known))):
            return
        if mark.inode == status.st_ino:
            self.restarts += 1
        file.seek(0)
        start = file.read(_KNOWN_BY)
        self.mark = Mark(status.st_ino, str(Digest.of(start)), len(start))

    def _lines(self, file: BinaryIO, *, final: bool) -> tuple[list[bytes], int] | None:
        """Return whole lines from where the mark stands, and where they end.

        Half a line waits for its other half, unless it can have none, or is longer than anybody
        writes.
        """
        file.seek(self.mark.offset)
        data = file.read(_AT_ONCE)
        if not data:
            return None
        end = data.rfind(b"\n") + 1
        if not end:
            if not final and len(data) < _AT_ONCE:
                return None
            end = len(data)
        return data[:end].split(b"\n"), self.mark.offset + end

    def _take(self, lines: list[bytes], offset: int) -> list[Receipt]:
        mark, header = self.mark, self.mark.header
        rows: list[dict[str, Any] | None] = []
        for line in lines:
            if not line.strip():
                continue
            if self._csv and not header:
                header = line[:_LONGEST_LINE].decode("utf-8", "replace").strip("\r\ufeff")
            else:
                rows.append(self._row(line, header))
        self.mark = Mark(mark.inode, mark.start, mark.known, offset, header)
        batch = batch_of(0, rows, self._intake.monitor.columns)
        parcel = self._intake.parcel(batch, place=(_name(self.path), asdict(self.mark)))
        try:
            return self._intake.take([parcel])
        except BezoarError:
            self.mark = mark
            raise

    def _row(self, line: bytes, header: str) -> dict[str, Any] | None:
        if len(line) > _LONGEST_LINE:
            return None
        if not self._csv:
            return parsed(line)
        try:
            names, values = csv.reader(io.StringIO(f"{header}\n{line.decode()}"), strict=True)
        except (ValueError, csv.Error):
            return None
        row: dict[str, Any] = dict(zip(names, values, strict=False))
        for name in ("confidence", "time"):
            row[name] = _number(row.get(name))
        return row


class Folder:
    """Follows a folder into which whole Parquet files are put, in the order of their names."""

    def __init__(self, path: Path, intake: Intake) -> None:
        self.path, self._intake = path, intake

    def step(self) -> list[Receipt]:
        """Take in the files that are new; each counts once.

        Raises:
            BezoarError: If one cannot be read, or the state not be written.
        """
        key = _name(self.path)
        found: list[Receipt] = []
        for path in sorted(self.path.glob("*.parquet")):
            held = self._intake.place.get(key, {})
            if path.name < str(held.get("name", "")) or held.get("done") == path.name:
                continue
            skipped = int(held.get("rows", 0)) if held.get("name") == path.name else 0
            found += self._file(path, key, skipped)
        return found

    def _file(self, path: Path, key: str, skipped: int) -> Iterator[Receipt]:
        columns = self._intake.monitor.columns
        for batch in read_predictions(path, columns):
            rows = batch.first + len(batch)
            if rows > skipped:
                place = {"name": path.name, "rows": rows}
                yield from self._intake.take([self._intake.parcel(batch, place=(key, place))])
        done = {"name": path.name, "rows": 0, "done": path.name}
        empty = batch_of(0, [], columns)
        self._intake.take([self._intake.parcel(empty, place=(key, done))])


def _number(text: str | None) -> float | str | None:
    if text is None or not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _name(path: Path) -> str:
    """Return a file's name in the state, whatever bytes it is made of."""
    return json.dumps(str(path.absolute()))


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
