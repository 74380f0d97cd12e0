"""`profile_table`: what is in a data set, column by column."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from bezoar.core.errors import NothingToInspectError
from bezoar.evaluate.profile.association import Association, Coded, associations, coded
from bezoar.evaluate.profile.classes import MOST_CLASSES, Classes, profile_classes
from bezoar.evaluate.profile.column_profile import ColumnProfile, ordered, profile_column
from bezoar.evaluate.profile.correlation import Correlation, Ranks
from bezoar.evaluate.profile.duplicates import Duplicates, duplicate_rows, find_duplicates
from bezoar.evaluate.profile.outliers import Outlying, outliers
from bezoar.evaluate.profile.reading import Columns, Hashes, mixed
from bezoar.evaluate.profile.roles import NUISANCES, Kind, Role

MOST_COLUMNS: Final = 500

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


@dataclass(frozen=True)
class Profile:
    """What is in a data set.

    Attributes:
        kind: What it is made of.
        samples: How many.
        label: The column that holds the class; None where there is none.
        classes: None where there is no label.
        columns: In the table's order, at most `MOST_COLUMNS`.
        columns_total: How many there are.
        associations: How far columns follow the label, the strongest first.
        correlations: Of pairs of columns, of rows only; the strongest first.
        correlated_every: 1 where correlations saw each row, else every how many.
        duplicates: One kind of likeness after the other.
        outliers: Columns with samples far from all others, the farthest first.
        unread: Samples that could not be decoded, by the rule they broke.
    """

    kind: Kind
    samples: int
    label: str | None
    classes: Classes | None
    columns: tuple[ColumnProfile, ...]
    columns_total: int
    associations: tuple[Association, ...]
    correlations: tuple[Correlation, ...]
    correlated_every: int
    duplicates: tuple[Duplicates, ...]
    outliers: tuple[Outlying, ...]
    unread: tuple[tuple[str, int], ...]


def profile_table(columns: Columns, progress: Progress | None = None) -> Profile:
    """Describe a data set by its sample table.

    Each column is read once and let go.

    Args:
        columns: The table.
        progress: Called after each column.

    Raises:
        NothingToInspectError: If it has no row, or no column.
    """
    if not columns.height or not len(columns.schema):
        raise NothingToInspectError("there is no sample", next="bezoar profile --help")
    classes = profile_classes(columns)
    labels = columns.labels
    usable = labels is not None and classes is not None and classes.discrete
    passing = _Pass(columns, coded(labels) if usable and labels is not None else None)
    names = columns.schema.names()[:MOST_COLUMNS]
    for done, name in enumerate(names, 1):
        passing.take(name)
        if progress is not None:
            progress(done, len(names))
    return Profile(
        kind=columns.kind,
        samples=columns.height,
        label=columns.label,
        classes=classes,
        columns=tuple(passing.profiles),
        columns_total=len(columns.schema),
        associations=tuple(sorted(passing.associations, key=lambda one: -one.strength)),
        correlations=tuple(passing.ranks.strongest()),
        correlated_every=passing.ranks.step,
        duplicates=tuple(passing.duplicates()),
        outliers=tuple(sorted(passing.outliers, key=_by_distance)),
        unread=_unread(columns),
    )


class _Pass:
    """One pass over the columns."""

    def __init__(self, columns: Columns, labels: Coded | None) -> None:
        enough = labels is not None and len(labels.names) <= MOST_CLASSES
        self._columns, self._labels = columns, labels if enough else None
        self._tabular = columns.kind is Kind.TABULAR
        numbers = sum(role is Role.NUMBER for role in columns.roles.values())
        self.ranks = Ranks(columns.height, numbers)
        self.profiles: list[ColumnProfile] = []
        self.associations: list[Association] = []
        self.outliers: list[Outlying] = []
        self._rows: Hashes = np.zeros(columns.height if self._tabular else 0, np.uint64)
        self._features = self._rows

    def take(self, name: str) -> None:
        """Read a column and note what it tells."""
        series, role = self._columns.read(name), self._columns.roles[name]
        in_order = ordered(series) if role in {Role.NUMBER, Role.TIME} else None
        profile = profile_column(series, name, role, in_order)
        self.profiles.append(profile)
        is_label = name == self._columns.label
        told = self._tabular or name in NUISANCES
        if told and not is_label and self._labels is not None:
            self.associations += associations(series, name, role, self._labels, in_order)
        if not is_label and (found := outliers(series, profile, self._columns, in_order)):
            self.outliers.append(found)
        if not self._tabular:
            return
        self._rows = mixed(self._rows, series)
        if not is_label:
            self._features = mixed(self._features, series)
            if role is Role.NUMBER and in_order is not None:
                self.ranks.add(in_order, name)

    def duplicates(self) -> list[Duplicates]:
        """Return what stands more than once."""
        if not self._tabular:
            return find_duplicates(self._columns)
        features = None if self._columns.label is None else self._features
        return duplicate_rows(self._columns, self._rows, features)


def _by_distance(found: Outlying) -> tuple[float, str]:
    distance = found.farthest[0].distance
    return -(distance if distance is not None else 0.0), found.column


def _unread(columns: Columns) -> tuple[tuple[str, int], ...]:
    if columns.kind is Kind.TABULAR or not columns.has("outcome"):
        return ()
    outcomes = columns.read("outcome").drop_nulls()
    counts = pl.DataFrame({"why": outcomes.filter(outcomes != "decoded")}).group_by("why").len()
    return tuple(counts.sort("len", "why", descending=[True, False]).iter_rows())
