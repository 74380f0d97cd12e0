"""Reading a table one column at a time, whatever its columns are called."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from bezoar.evaluate.profile.roles import Kind, Role, prepared, roles_of

Hashes = NDArray[np.uint64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SEED = secrets.randbits(63)
"""Of this process: who writes the data cannot make rows that are taken for one another."""


@dataclass(frozen=True)
class Columns:
    """A table, read by column: no more than one of them is held in memory.

    Attributes:
        frame: The table.
        kind: What it is made of.
        label: The column that holds the class; None where there is none.
    """

    frame: pl.LazyFrame
    kind: Kind
    label: str | None
    _schema: pl.Schema = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", prepared(self.frame, self.kind))
        object.__setattr__(self, "_schema", self.frame.collect_schema())

    @property
    def schema(self) -> pl.Schema:
        """Names and types, in order."""
        return self._schema

    @cached_property
    def height(self) -> int:
        """How many rows."""
        return int(self.frame.select(pl.len()).collect().item())

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The role of each column."""
        return roles_of(self._schema, self.kind)

    def read(self, name: str) -> pl.Series:
        """Return a column; a name is a name, never a pattern."""
        return self.frame.select(cs.by_name(name)).collect().to_series()

    def has(self, name: str) -> bool:
        """Tell whether there is such a column."""
        return name in self._schema

    @cached_property
    def labels(self) -> pl.Series | None:
        """The classes as text; None where there is no label."""
        if self.label is None:
            return None
        return as_text(self.read(self.label)).alias("label")

    def ids(self, rows: Iterable[int]) -> list[str]:
        """Name samples by their path, rows of a table by their number, counted from 1."""
        rows = list(rows)
        if self.kind is Kind.TABULAR or not self.has("path"):
            return [f"row {row + 1}" for row in rows]
        return [str(name) for name in self._paths.gather(rows)]

    @cached_property
    def _paths(self) -> pl.Series:
        return self.read("path").cast(pl.String)


def as_text(series: pl.Series) -> pl.Series:
    """Return values as text."""
    if series.dtype == pl.String:
        return series
    if series.dtype == pl.Boolean:
        return series.replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
    return series.cast(pl.String, strict=False)


def mixed(hashes: Hashes, series: pl.Series) -> Hashes:
    """Return the hashes of rows with one more column; what cannot be hashed changes nothing.

    64 bits with a seed of this process: two of a million different rows collide once in thirty
    million runs.
    """
    try:
        more = series.hash(_SEED).to_numpy()
    except pl.exceptions.PolarsError:
        return hashes
    mixed_in: Hashes = (np.bitwise_xor(hashes, more) * _MIX) ^ (hashes >> np.uint64(29))
    return mixed_in
