"""Which columns of a table follow each other: Spearman's rank correlation of each pair."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bezoar.evaluate.profile.column_profile import Ordered

MOST_COLUMNS: Final = 60
STRONGEST: Final = 30
_CELLS: Final = 30_000_000


@dataclass(frozen=True, slots=True)
class Correlation:
    """Two columns that follow each other.

    Attributes:
        first: One.
        second: The other.
        rho: Spearman's coefficient, -1 to 1; rows without a value count as the middle one.
    """

    first: str
    second: str
    rho: float


class Ranks:
    """The ranks of columns, collected one by one.

    Attributes:
        step: Every how many rows one is taken, so that a huge table fits into memory.
        left_out: Columns of numbers that came after `MOST_COLUMNS`.
    """

    def __init__(self, rows: int, columns: int) -> None:
        """Make room.

        Args:
            rows: Of the table.
            columns: Of numbers.
        """
        cells = rows * min(columns, MOST_COLUMNS)
        self.step = max(1, -(-cells // _CELLS))
        self.left_out = 0
        self._names: list[str] = []
        self._ranks: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []

    def add(self, column: Ordered, name: str) -> None:
        """Take in a column of numbers."""
        if len(self._names) >= MOST_COLUMNS:
            self.left_out += 1
            return
        ranks = column.ranks[:: self.step]
        known = np.isfinite(ranks)
        if not known.any():
            return
        centred = np.where(known, ranks - ranks[known].mean(), 0.0)
        norm = float(np.sqrt((centred * centred).sum()))
        if norm:  # one value follows nothing
            self._names.append(name)
            self._ranks.append((centred / norm).astype(np.float32))

    def strongest(self) -> list[Correlation]:
        """Return the pairs that follow each other most, the strongest first."""
        if len(self._names) < 2:  # noqa: PLR2004 - a pair
            return []
        stacked = np.stack(self._ranks)
        matrix = np.clip(stacked @ stacked.T, -1, 1)
        one, other = np.triu_indices(len(self._names), 1)
        order = np.argsort(-np.abs(matrix[one, other]), kind="stable")[:STRONGEST]
        return [
            Correlation(self._names[one[i]], self._names[other[i]], float(matrix[one[i], other[i]]))
            for i in order
        ]
