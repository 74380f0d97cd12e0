"""How far a column has moved between two versions: a share of samples, from 0 to 1.

For numbers and times the largest distance between the two distribution functions
(Kolmogorov-Smirnov), for categories the total variation distance. Both say how many samples at
least would have to change to make the one version look like the other, and `chance` says how much
two draws from one distribution would show.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from bezoar.core.arrays import Floats
from bezoar.evaluate.profile.column_profile import (
    LONGEST_VALUE,
    Histogram,
    Ordered,
    count_between,
    in_one_go,
    ordered,
    robust_edges,
)
from bezoar.evaluate.profile.reading import as_text
from bezoar.evaluate.profile.roles import Role

LEAST: Final = 20
"""New samples below which nothing is said about them alone."""
_CRITICAL: Final = 1.95  # of Kolmogorov's distribution, at one in a thousand
_TOP: Final = 8


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a column has moved.

    Attributes:
        column: Which.
        role: What it is.
        distance: Between the versions, 0 to 1.
        chance: What two draws of these sizes show once in a thousand times.
        new_distance: Of the new samples alone from the version before; None for too few.
        before: Numbers: counts between the edges of `after`.
        after: Numbers: counts of this version.
        shares: Categories: value, share before and after, those that moved most first.
    """

    column: str
    role: Role
    distance: float
    chance: float
    new_distance: float | None
    before: Histogram | None = None
    after: Histogram | None = None
    shares: tuple[tuple[str, float, float], ...] = ()

    @property
    def moved(self) -> bool:
        """Tell whether it moved further than chance alone would."""
        return self.distance > self.chance


def drift(
    old: pl.Series, new: pl.Series, name: str, role: Role, added: pl.Series | None
) -> Drift | None:
    """Return how far a column has moved; None where a version has no value.

    Times at which the two versions were unpacked, each in one go, are no column that moved.

    Args:
        old: Of the version before.
        new: Of this version.
        name: What it is called.
        role: `NUMBER`, `TIME` or `CATEGORY`; of others nothing is said.
        added: True for the rows of `new` that the version before lacks; None where not known.
    """
    if added is not None and added.sum() < LEAST:
        added = None
    if role in {Role.NUMBER, Role.TIME}:
        return _of_numbers(ordered(old), ordered(new), name, role, added)
    if role is Role.CATEGORY:
        return _of_categories(as_text(old), as_text(new), name, added)
    return None


def _of_numbers(
    old: Ordered, new: Ordered, name: str, role: Role, added: pl.Series | None
) -> Drift | None:
    if not (old.values.size and new.values.size):
        return None
    if role is Role.TIME and in_one_go(old) and in_one_go(new):
        return None
    edges = robust_edges(old.values, new.values)
    fresh = None
    if added is not None:
        mine = new.numbers[added.to_numpy()]
        mine = np.sort(mine[np.isfinite(mine)])
        fresh = _distance(old.values, mine) if mine.size >= LEAST else None
    n, m = old.values.size, new.values.size
    return Drift(
        column=name,
        role=role,
        distance=_distance(old.values, new.values),
        chance=min(1.0, _CRITICAL * float(np.sqrt((n + m) / (n * m)))),
        new_distance=fresh,
        before=count_between(old.values, edges),
        after=count_between(new.values, edges),
    )


def _distance(one: Floats, other: Floats) -> float:
    """Return the largest distance between two distribution functions of ascending numbers."""
    points = np.concatenate([one, other])
    first = np.searchsorted(one, points, "right") / one.size
    second = np.searchsorted(other, points, "right") / other.size
    return float(np.abs(first - second).max())


def _of_categories(
    old: pl.Series, new: pl.Series, name: str, added: pl.Series | None
) -> Drift | None:
    if old.null_count() == len(old) and new.null_count() == len(new):
        return None
    parts = {"before": old, "after": new}
    if added is not None:
        parts["fresh"] = new.filter(added)
    table = pl.concat(
        pl.DataFrame({"value": values, "part": [part] * len(values)})
        for part, values in parts.items()
    )
    counts = table.group_by("value").agg(
        ((pl.col("part") == part).sum() / len(values)).alias(part) for part, values in parts.items()
    )
    moved = (counts["after"] - counts["before"]).abs()
    # The expected distance of two draws, with room for three of its deviations.
    pooled = (counts["before"] * len(old) + counts["after"] * len(new)) / (len(old) + len(new))
    both = 1 / len(old) + 1 / len(new)
    expected = float(np.sqrt(pooled.to_numpy() * both * 2 / np.pi).sum() / 2)
    first = counts.with_columns(moved.alias("moved")).top_k(
        _TOP, by=["moved", "value"], reverse=[False, True]
    )
    first = first.sort("moved", "value", descending=[True, False])
    return Drift(
        column=name,
        role=Role.CATEGORY,
        distance=float(moved.sum()) / 2,
        chance=min(1.0, expected + 1.5 * float(np.sqrt(both))),
        new_distance=(
            float((counts["fresh"] - counts["before"]).abs().sum()) / 2
            if added is not None
            else None
        ),
        shares=tuple(
            ("(none)" if value is None else value[:LONGEST_VALUE], before, after)
            for value, before, after in first.select("value", "before", "after").iter_rows()
        ),
    )
