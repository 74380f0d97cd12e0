"""Streams of predictions, in batches: Parquet, CSV or JSON lines with `time, class, confidence`."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from bezoar.core.arrays import Floats
from bezoar.core.errors import BezoarError, UsageError

ROWS_AT_ONCE: Final = 100_000
_ROWS_OF_FEATURES: Final = 2_000
BESIDE: Final = ("features", "id", "label")
"""Columns that say something of inputs and of what is true."""
LONGEST_NAME: Final = 1000
_LONGEST_LINE: Final = 1 << 16
_LATEST: Final = 1e12
"""Seconds since the epoch: the year 33658."""
_decode: Final = json.JSONDecoder().raw_decode
_FORMATS: Final = {".parquet": "parquet", ".csv": "csv", ".jsonl": "lines", ".ndjson": "lines"}


@dataclass(slots=True)
class Batch:
    """Predictions one after the other.

    Attributes:
        first: Number of the first one in its stream, from 0; refused ones count.
        classes: The class of each; None where it is none.
        confidences: (n,), from 0 to 1; NaN where there is none.
        seconds: Time of each since the epoch, (n,); NaN where there is none.
        columns: What else was sent, by name.
        refused: Rows that cannot be read, by number.
    """

    first: int
    classes: list[str | None]
    confidences: Floats
    seconds: Floats
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of predictions."""
        return len(self.classes)


def read_predictions(path: Path, columns: Iterable[str] = ()) -> Iterator[Batch]:
    """Yield the predictions of a file, in bounded memory; what cannot be read stays as a gap.

    Args:
        path: The file.
        columns: Other columns that are wanted.

    Raises:
        UsageError: If it is absent, or has no `class`.
        BezoarError: If it cannot be read.
    """
    if not path.is_file():
        raise UsageError(f"no such file: {path}", next="bezoar monitor replay --help")
    form = _FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"{path}: not a stream of predictions ({', '.join(_FORMATS)})",
            next="bezoar monitor replay --help",
        )
    wanted = tuple(columns)
    if form == "lines":
        yield from _lines(path, wanted)
    else:
        yield from _table(path, form, wanted)


def batch_of(first: int, rows: list[dict[str, Any] | None], columns: Iterable[str]) -> Batch:
    """Return rows as a batch; a row that is no object is one without a class."""
    known = [row or {} for row in rows]
    names = ("class", "confidence", "time", *columns)
    return batch_of_columns(first, {n: [row.get(n) for row in known] for n in names}, columns)


def batch_of_columns(
    first: int, values: Mapping[str, list[Any] | Floats], columns: Iterable[str]
) -> Batch:
    """Return columns of one length as a batch: `class`, `confidence`, `time`, and the others.

    Confidences and times may be arrays: NaN where none was sent, infinite where it is no number.
    """
    return Batch(
        first,
        class_names([*values["class"]]),
        as_confidences(values["confidence"]),
        as_times(values["time"]),
        {name: [*values[name]] for name in columns},
    )


# What is usual, text and floats, is seen at once: a hundred thousand a second pass here.


def class_names(values: list[Any]) -> list[str | None]:
    """Return classes as text; None for what can be none."""
    if set(map(type, values)) == {str}:
        lengths = [*map(len, values)]
        if 0 < min(lengths) <= max(lengths) <= LONGEST_NAME:
            return values
    return [class_name(value) for value in values]


def as_confidences(values: list[Any] | Floats) -> Floats:
    """Return confidences, (n,); NaN where none was sent, infinity for what can be none."""
    if isinstance(values, np.ndarray):
        return np.where(np.isnan(values) | ((values >= 0) & (values <= 1)), values, np.inf)
    if set(map(type, values)) == {float}:
        numbers = np.array(values)
        return np.where((numbers >= 0) & (numbers <= 1), numbers, np.inf)
    return np.array([as_confidence(value) for value in values], np.float64)


def as_times(values: list[Any] | Floats) -> Floats:
    """Return times in seconds since the epoch, (n,); NaN for what is none."""
    if isinstance(values, np.ndarray) or set(map(type, values)) == {float}:
        numbers = np.asarray(values)
        return np.where(np.abs(numbers) < _LATEST, numbers, np.nan)
    return np.array([as_seconds(value) for value in values], np.float64)


def class_name(value: Any) -> str | None:
    """Return a class as text; None for what can be none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return value if 0 < len(value) <= LONGEST_NAME else None
    return str(value) if isinstance(value, (int, np.integer)) else None


def as_confidence(value: Any) -> float:
    """Return a confidence; NaN where none was sent, infinity for what can be none."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
        return math.inf
    return float(value) if 0 <= value <= 1 else math.inf


def as_seconds(value: Any) -> float:
    """Return a time (RFC 3339, or a number) in seconds since the epoch; NaN for what is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < _LATEST else math.nan
    if isinstance(value, datetime):
        return value.timestamp()
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else math.nan
    except (ValueError, OverflowError, OSError):
        return math.nan


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[Batch]:
    first, most = 0, _at_once(columns)
    rows: list[dict[str, Any] | None] = []
    try:
        with path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                whole = line.endswith(b"\n") or len(line) < _LONGEST_LINE
                if not whole:
                    while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
                if line.strip():
                    rows.append(parsed(line) if whole else None)
                if len(rows) == most:
                    yield batch_of(first, rows, columns)
                    first, rows = first + len(rows), []
    except OSError as error:
        raise BezoarError(f"cannot read {path}: {error.strerror}", f"ls -l {path}") from error
    if rows:
        yield batch_of(first, rows, columns)


def _at_once(columns: tuple[str, ...]) -> int:
    """Return how many rows are held at once: features make each of them as long as hundreds."""
    return _ROWS_OF_FEATURES if "features" in columns else ROWS_AT_ONCE


def parsed(line: str | bytes) -> dict[str, Any] | None:
    """Return a JSON object; None for what is none."""
    try:
        if isinstance(line, str) and line[:1] == "{":  # `loads` with less ceremony
            value, end = _decode(line)
            return value if end == len(line) or not line[end:].strip(" \t\r\n") else None
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _table(path: Path, form: str, columns: tuple[str, ...]) -> Iterator[Batch]:
    import polars as pl  # noqa: PLC0415 - for those who have tables

    try:
        frame = pl.scan_parquet(path) if form == "parquet" else _csv(path)
        names = frame.collect_schema().names()
        if "class" not in names:
            raise UsageError(f"{path} has no column 'class'", "bezoar monitor replay --help")
        kept = [name for name in ("time", "class", "confidence", *columns) if name in names]
        first = 0
        for part in frame.select(kept).collect_batches(chunk_size=_at_once(columns)):
            yield _of_frame(first, part, columns)
            first += part.height
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"cannot read {path}: {str(error).splitlines()[0]}"
        raise BezoarError(message, next=f"ls -l {path}") from error


def _csv(path: Path) -> Any:
    import polars as pl  # noqa: PLC0415 - see above

    # Each cell is text first, so that one bad cell is one bad row and not the end of the file.
    return pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True)


def _of_frame(first: int, part: Any, columns: tuple[str, ...]) -> Batch:
    import polars as pl  # noqa: PLC0415 - see above

    size = part.height
    classes = [class_name(value) for value in part["class"].to_list()]
    confidences = np.full(size, np.nan)
    if "confidence" in part.columns:
        given = part["confidence"]
        numbers = given.cast(pl.Float64, strict=False)
        confidences = numbers.to_numpy().astype(np.float64)
        valid = (confidences >= 0) & (confidences <= 1)
        confidences[~valid & given.is_not_null().to_numpy()] = np.inf
    seconds = np.full(size, np.nan)
    if "time" in part.columns:
        seconds = _seconds(part["time"])
    return Batch(
        first,
        classes,
        confidences,
        seconds,
        {name: part[name].to_list() for name in columns if name in part.columns},
    )


def _seconds(column: Any) -> Floats:
    import polars as pl  # noqa: PLC0415 - see above

    if column.dtype.is_temporal() and column.dtype != pl.Time:
        return np.asarray(column.cast(pl.Datetime("us")).dt.epoch("us").to_numpy() / 1e6)
    if column.dtype.is_numeric():
        return np.asarray(column.cast(pl.Float64).to_numpy())
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() < len(column):
        return np.asarray(numbers.to_numpy())
    return np.array([as_seconds(value) for value in column.to_list()])
