"""What the checks look at: a sample table, and what it is compared with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity

USED: Final = (
    *("path", "label", "split", "outcome", "outcome_why", "sha256", "pixel_sha256", "text_sha256"),
    *("near_dup_group", "width", "height", "bytes", "format", "mode", "encoder", "exif_software"),
    *("brightness", "contrast", "saturation", "sharpness", "characters", "entropy"),
    *("source", "uploader", "added_at", "position"),
)
"""The columns that some check reads, of those that a sample table may have."""

COMPARED: Final = (
    *("label", "sha256", "format", "mode", "width", "height", "bytes", "characters"),
)
"""The columns of a version before that some check reads."""

SHOWN: Final = 50
"""Findings of one rule that are written out; what is more is counted."""

_CONTENT: Final = ("pixel_sha256", "text_sha256", "sha256")
DECODED: Final = "decoded"
NO_VERSION: Final = "there is no version to compare with: give --against VERSION"


@dataclass(frozen=True, eq=False)
class Subject:
    """What the checks look at.

    Attributes:
        table: The rows, with those of the columns `USED` that there are; of a tabular set all.
        against: The rows of the version to compare with, with those of `COMPARED`; None where
            there is none.
        version: What that version is called.
        expected: The labels that may be; None where nobody said.
        tabular: Whether the columns are the author's own.
    """

    table: pl.DataFrame
    against: pl.DataFrame | None = None
    version: str = ""
    expected: frozenset[str] | None = None
    tabular: bool = False

    def has(self, *columns: str) -> bool:
        """Tell whether the table has these columns, each with a value somewhere."""
        return all(
            name in self.table.columns and self.table[name].null_count() < len(self.table)
            for name in columns
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many samples each label has."""
        return _counts(self.table)

    @cached_property
    def before(self) -> dict[str, int]:
        """How many samples each label has in the version before; empty where there is none."""
        return _counts(self.against) if self.against is not None else {}

    @cached_property
    def content(self) -> str | None:
        """The column whose equal values mean the same content; None where there is none."""
        return next((name for name in _CONTENT if self.has(name)), None)

    @cached_property
    def repeated(self) -> pl.DataFrame:
        """The readable rows whose content stands more than once: few of many."""
        if self.content is None:
            return self.table.head(0)
        # Short hashes, sorted, find them; whoever groups them compares the whole.
        hashes = self.table[self.content].hash()
        ordered = np.sort(hashes.to_numpy())
        twice = pl.Series(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]), dtype=pl.UInt64)
        rows = self._told().filter(
            hashes.is_in(twice.implode()) if len(twice) else pl.lit(value=False)
        )
        rows = rows.filter(pl.col(self.content).is_not_null())
        return rows.filter(pl.col("outcome") == DECODED) if "outcome" in rows.columns else rows

    @cached_property
    def near(self) -> pl.DataFrame:
        """The rows that are in a group of near-duplicates."""
        return self._told().filter(self.table["near_dup_group"].is_not_null())

    def _told(self) -> pl.DataFrame:
        names = ("path", "label", "split", "near_dup_group", "outcome", self.content)
        return self.table.select([name for name in names if name in self.table.columns])


def rows_of(frame: pl.LazyFrame, *, compared: bool = True) -> pl.DataFrame:
    """Return the rows of a sample table, the columns that are used alone.

    Args:
        frame: The sample table.
        compared: Whether there are two versions: only then the digests of files are read, too,
            where those of pixels or words say what is the same.
    """
    names = set(frame.collect_schema())
    if not compared and names & {"pixel_sha256", "text_sha256"}:
        names.discard("sha256")
    return frame.select([name for name in USED if name in names]).collect()


def rows_before(frame: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows of a version to compare with, the columns that are compared alone."""
    names = set(frame.collect_schema())
    return frame.select([name for name in COMPARED if name in names]).collect()


def _counts(table: pl.DataFrame) -> dict[str, int]:
    if "label" not in table.columns:
        return {}
    return dict(table["label"].drop_nulls().value_counts().iter_rows())


def tabular_rows(frame: pl.LazyFrame, label: str | None) -> pl.DataFrame:
    """Return the rows of a tabular set: its columns, `label` under that name, and row numbers.

    Args:
        frame: The rows.
        label: Which column is the class.
    """
    names = frame.collect_schema().names()
    table = frame.collect()
    if label is not None and label != "label":
        table = table.rename({"label": "label (column)"} if "label" in names else {})
        table = table.rename({label: "label"})
    if label is not None:
        table = table.with_columns(pl.col("label").cast(pl.String))
    elif "label" in names:
        table = table.rename({"label": "label (column)"})
    if "path" in names:
        table = table.rename({"path": "path (column)"})
    row = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return table.with_columns(pl.format("row {}", row).alias("path"))


def not_applicable(rule: Rule, reason: str) -> Outcome:
    """Return the outcome that a rule has nothing to look at."""
    return Outcome(rule, Status.NOT_APPLICABLE, reason=reason)


def at_samples(
    rule: Rule,
    rows: Iterator[tuple[str, str, Mapping[str, Any]]],
    count: int,
    severity: Severity | None = None,
) -> list[Finding]:
    """Return a finding for each of the first rows, and one that counts the others.

    Args:
        rule: What they break.
        rows: Path, message, evidence.
        count: How many there are in all.
        severity: How bad; the rule's unless given.
    """
    severity = rule.severity if severity is None else severity
    found = [
        Finding(rule, Place(PlaceKind.SAMPLE, path or "(no name)"), message, severity, evidence=why)
        for (path, message, why), _ in zip(rows, range(SHOWN), strict=False)
    ]
    if count > len(found):
        place = Place(PlaceKind.DATASET, "all")
        found.append(Finding(rule, place, f"{count - len(found):,} more like these", severity))
    return found


def at_class(rule: Rule, label: str, message: str, evidence: Mapping[str, Any]) -> Finding:
    """Return a finding at a class."""
    return Finding(rule, Place(PlaceKind.CLASS, label or "(empty)"), message, evidence=evidence)


def counted(count: int) -> str:
    """Return a number of samples in words."""
    return "1 sample" if count == 1 else f"{count:,} samples"


def examples(table: pl.DataFrame, label: str, count: int = 3) -> list[str]:
    """Return the first samples of a class."""
    return table.lazy().filter(pl.col("label") == label).head(count).collect()["path"].to_list()
