"""Reading what is no set of images: Parquet, CSV, JSON lines, as one lazy frame."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Final

import polars as pl

from bezoar.core.errors import BezoarError, NothingToInspectError
from bezoar.datasets.containers import readable
from bezoar.datasets.folders import list_folder

SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
TEXTS: Final = (
    "text",
    "content",
    "sentence",
    "document",
    "body",
    "review",
    "comment",
    "message",
    "prompt",
    "question",
    "instruction",
    "tweet",
    "article",
)
"""Names of columns that hold a text, the usual ones first."""
LABELS: Final = ("label", "labels", "class", "category", "target", "y", "sentiment", "intent")
"""Names of columns that hold a class."""
_INFERRED: Final = 10_000
_LONGEST: Final = 200


def data_files(path: Path) -> list[Path]:
    """Return the files of rows at a path, sorted.

    Raises:
        NothingToInspectError: If there is none.
        BezoarError: If it cannot be looked at.
    """
    if path.is_dir():
        tree = list_folder(path)
        names = [
            f"{folder}/{name}" if folder else name
            for folder, listed in tree.folders.items()
            for name in listed
        ]
        found = sorted(path / name for name in names if name.lower().endswith(SUFFIXES))
    else:
        found = [path] if path.name.lower().endswith(SUFFIXES) else []
    if not found:
        known = ", ".join(SUFFIXES)
        raise NothingToInspectError(f"{path} holds no picture, and no file of rows ({known})")
    return found


def scan(paths: Sequence[Path]) -> pl.LazyFrame:
    """Return the rows of files as one lazy frame; columns that one lacks are null there."""
    frames = [_scan_one(path.absolute()) for path in paths]
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")


def _scan_one(path: Path) -> pl.LazyFrame:
    # Names are the attacker's: `*` in one must not open others.
    name = path.name.lower()
    if name.endswith(".parquet"):
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)
    if name.endswith((".csv", ".tsv")):
        separator = "\t" if name.endswith(".tsv") else ","
        return pl.scan_csv(
            path,
            separator=separator,
            infer_schema_length=_INFERRED,
            glob=False,
            raise_if_empty=True,
        )
    return pl.scan_ndjson(escape(str(path)), infer_schema_length=_INFERRED)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what Polars says about rows that it cannot read into a clean error.

    Raises:
        BezoarError: With the first line of it.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        why = readable(str(error).partition("\n")[0][:_LONGEST])
        raise BezoarError(f"{path} cannot be read as rows: {why}", next=f"ls -l {path}") from error


def text_column(kinds: pl.Schema) -> str | None:
    """Return the column that makes a table one of texts; None where there is none."""
    strings = {name.lower(): name for name, kind in kinds.items() if kind == pl.String}
    return next((strings[name] for name in TEXTS if name in strings), None)


def label_column(kinds: pl.Schema) -> str | None:
    """Return the column that holds the class; None where no usual name is there."""
    plain = {
        name.lower(): name
        for name, kind in kinds.items()
        if kind in {pl.String, pl.Boolean, pl.Categorical} or kind.is_integer()
    }
    return next((plain[name] for name in LABELS if name in plain), None)
