"""Label tables: CSV files that say which class a picture belongs to."""

import csv
import io
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.containers import readable

LISTING_MISMATCH = Rule(
    code="BZ206",
    name="listing-mismatch",
    title="Label table and files do not match",
    severity=Severity.MEDIUM,
    why="A row without its file, or a file without its row, is a sample that came or went unseen.",
)

_PATHS: Final = ("path", "filename", "file", "imagepath", "image", "imagename", "imagefile", "img")
_LABELS: Final = ("label", "classid", "class", "category", "target", "classname", "labelname", "y")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a label table.

    Attributes:
        table: The table's path in the dataset.
        line: 1-based.
        path: As written.
        label: As written, without white space around it.
    """

    table: str
    line: int
    path: str
    label: str


class NoLabelTableError(ValueError):
    """The file is no label table; the message says why. `almost`: it has half of the columns."""

    def __init__(self, message: str, *, almost: bool = False) -> None:
        super().__init__(message)
        self.almost = almost


def read_label_table(data: bytes, table: str) -> list[Row]:
    """Read a CSV file with a header: one column for the path, one for the label.

    The delimiter is a comma, a semicolon or a tab. Column names as in `path,label`, in GTSRB's
    `Filename;…;ClassId` and in Hugging Face's `file_name,label`; case, spaces and underscores do
    not count.

    Raises:
        NoLabelTableError: If it has no such header, or is damaged.
    """
    text = data.decode("utf-8-sig", "backslashreplace")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.lower().replace("_", "").replace(" ", "") for name in next(lines, [])]
        path, label = _column(names, _PATHS), _column(names, _LABELS)
        if path is None or label is None:
            seen = readable(", ".join(names))[:100]
            almost = (path is None) != (label is None)
            raise NoLabelTableError(f"no path and label columns in: {seen}", almost=almost)
        return list(_rows(lines, table, path, label))
    except csv.Error as error:
        raise NoLabelTableError(str(error), almost=True) from error


def _column(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _rows(lines: "Iterable[list[str]]", table: str, path: int, label: int) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):
        if cells:
            padded = cells + [""] * (max(path, label) + 1 - len(cells))
            yield Row(table, number, padded[path].strip(), padded[label].strip())


class PathFinder:
    """Finds the file that a row means.

    A path counts from the folder of its table, else from the root of the dataset; a bare file
    name may also mean the one file of this name anywhere below the table's folder.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = set(paths)
        self._by_name: dict[str, list[str]] = {}
        for path in self._paths:
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)

    def find(self, row: Row) -> str | None:
        """Return the path of the row's file; None where there is none."""
        folder = posixpath.dirname(row.table)
        written = row.path.replace("\\", "/").removeprefix("./")
        for path in (row.path, posixpath.join(folder, written), written):
            if path in self._paths:
                return path
        below = [
            path
            for path in self._by_name.get(written, ())
            if not folder or path.startswith(folder + "/")
        ]
        return below[0] if len(below) == 1 else None


def row_finding(rule: Rule, row: Row, message: str, severity: Severity | None = None) -> Finding:
    """Return a finding at a row of a label table."""
    place = Place(PlaceKind.FILE, readable(row.table), row.line)
    return Finding(rule, place, message, severity or rule.severity)
