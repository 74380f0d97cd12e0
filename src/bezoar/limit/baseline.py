"""`Baseline`: what a model's predictions look like while nothing is wrong, and how well we know it.

It never adapts by itself: who ramps slowly would own a baseline that does.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bezoar.adapters.numba import compiled
from bezoar.core.arrays import Floats, Ints
from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.limit.answers import wrong_share
from bezoar.limit.inputs import Inputs, inputs_of, parse_inputs
from bezoar.limit.predictions import Batch
from bezoar.limit.shares import STANDARD_ERRORS, overall_shares, shares_by_hour, shares_by_stratum
from bezoar.limit.strata import HOURS_A_DAY, Strata, level_name

SCHEMA_VERSION: Final = 1
OTHER: Final = ""
"""The class of whatever the baseline has not seen."""
SURE: Final = (0.5, 0.7, 0.9)
"""Of a class's predictions, these shares lie below its confidence cuts."""
_MOST_STRATA: Final = 10_000
_KEPT: Final = 4096
_POOLED: Final = 50.0
_USABLE: Final = (0.01, 0.95)
_HIGHEST: Final = 0.999


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What a model's predictions look like while nothing is wrong.

    Attributes:
        model: Its name.
        classes: Known classes, sorted; the last one is `OTHER`.
        strata: What divides the stream.
        shares: Share of each class in each stratum, (H, K).
        errors: Their relative standard errors, (H, K); zero where a share is known exactly.
        cuts: Confidences that split each class's predictions, (K, 3); NaN where none is known.
        above: Share of a class's predictions at or above each cut, (K, 3).
        above_errors: Their standard errors, (K, 3).
        predictions: How many it was made from; 0 where the shares were given.
        made_at: When, RFC 3339.
        source: Digest of the file it was made from; empty where there was none.
        inputs: What inputs look like by their features; None where none were there.
        wrong: At most this share of answers is wrong; 0 where there were too few labels.
    """

    model: str
    classes: tuple[str, ...]
    strata: Strata
    shares: Floats
    errors: Floats
    cuts: Floats
    above: Floats
    above_errors: Floats
    predictions: int = 0
    made_at: str = ""
    source: str = ""
    inputs: Inputs | None = None
    wrong: float = 0.0

    @property
    def digest(self) -> Digest:
        """The digest of its one spelling."""
        return Digest.of(self.as_json().encode())

    def index(self) -> dict[str, int]:
        """Return the number of each class."""
        return {name: number for number, name in enumerate(self.classes)}

    def expected(self, standard_errors: float = STANDARD_ERRORS) -> Floats:
        """Return the highest probability that still counts as normal, (H, 4K).

        For each class four rates: all its predictions, and those at or above each of its cuts.
        Zero where nothing is known to compare with.
        """
        usable = np.isfinite(self.cuts) & (self.above > _USABLE[0]) & (self.above < _USABLE[1])
        whole = np.ones(len(self.classes))
        rates = [self._bound(whole, 0 * whole, standard_errors)]
        cells = zip(usable.T, self.above.T, self.above_errors.T, strict=True)
        for known, share, error in cells:
            bound = self._bound(share, error / np.maximum(share, 1e-9), standard_errors)
            rates.append(np.where(known, np.minimum(bound, rates[0]), 0.0))
        return np.ascontiguousarray(np.stack(rates, axis=2).reshape(len(self.shares), -1))

    def levels(self, which: Ints, confidences: Floats, *, lean: bool = True) -> Ints:
        """Return how many of its class's cuts each confidence reaches, (n,); -1 where none is.

        Args:
            which: Class of each, (n,).
            confidences: NaN where there is none, (n,).
            lean: Whether memory matters more than speed; see `Evidence`.
        """
        if not lean and (loop := compiled(_reach)):
            reached = np.empty(len(which), np.int64)
            loop(np.asarray(which), np.asarray(confidences, np.float64), self.cuts, reached)
            return reached
        cuts = self.cuts[which]
        with np.errstate(invalid="ignore"):
            reached = (confidences[:, None] >= cuts).sum(1)
        return np.where(np.isnan(confidences) | np.isnan(cuts[:, 0]), -1, reached)

    def _bound(self, share: Floats, relative: Floats, standard_errors: float) -> Floats:
        error = np.sqrt(self.errors**2 + relative**2)
        bound = self.shares * share * np.exp(standard_errors * error)
        return np.asarray(np.minimum(bound, _HIGHEST))

    def as_json(self) -> str:
        """Return its one spelling."""
        beside: dict[str, Any] = {} if self.inputs is None else {"inputs": self.inputs.as_json()}
        beside |= {"wrong": float(f"{self.wrong:.6g}")} if self.wrong else {}
        return json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "model": self.model,
                "made_at": self.made_at,
                "source": self.source,
                "predictions": self.predictions,
                "hour": self.strata.hour,
                "columns": list(self.strata.columns),
                "levels": [list(level) for level in self.strata.levels],
                "classes": list(self.classes),
                "shares": _rounded(self.shares),
                "errors": _rounded(self.errors),
                "cuts": _rounded(self.cuts),
                "above": _rounded(self.above),
                "above_errors": _rounded(self.above_errors),
                **beside,
            },
            ensure_ascii=True,
            sort_keys=True,
        )


def _reach(which: Any, confidences: Any, cuts: Any, reached: Any) -> None:
    """Count the cuts that each confidence reaches; a loop, as it is compiled."""
    for i in range(len(which)):
        reached[i] = -1
        if np.isnan(confidences[i]) or np.isnan(cuts[which[i], 0]):
            continue
        reached[i] = 0
        for k in range(cuts.shape[1]):
            reached[i] += confidences[i] >= cuts[which[i], k]


def known_baseline(model: str, shares: dict[str, float]) -> Baseline:
    """Return the baseline of a model whose class shares are known exactly."""
    names = sorted(shares)
    values = np.array([*(shares[name] for name in names), 0.0])
    size = len(values)
    cells = (size, len(SURE))
    return Baseline(
        model,
        (*names, OTHER),
        Strata(),
        np.tile(values, (2, 1)),
        np.zeros((2, size)),
        np.full(cells, np.nan),
        np.zeros(cells),
        np.zeros(cells),
    )


def estimate_baseline(
    model: str,
    stream: Callable[[], Iterable[Batch]],
    *,
    hour: bool = False,
    columns: tuple[str, ...] = (),
    made_at: str = "",
    source: str = "",
) -> Baseline:
    """Return the baseline of a stretch of predictions that somebody trusts.

    Args:
        model: Its name.
        stream: Yields the predictions; called more than once, and must yield the same each time.
        hour: Whether classes come and go with the hour of the day (UTC).
        columns: Other columns that divide the stream, as the camera or the site.
        made_at: When, RFC 3339.
        source: Digest of the file.

    Raises:
        NothingToInspectError: If there is no usable prediction.
        BezoarError: If the columns divide it into too many strata.
    """
    classes, levels, cuts = _survey(stream, columns)
    strata = Strata(hour, columns, levels)
    counts, totals, above = _counted(stream, classes, strata, cuts)
    shares, errors = _estimated(counts, totals, strata)
    seen = counts.sum(0)[:, None]
    pooled = above.sum(0) / max(np.where(np.isfinite(cuts[:, :1]), seen, 0).sum(), 1.0)
    share = (above + _POOLED * pooled) / (seen + _POOLED)
    return Baseline(
        model,
        classes,
        strata,
        shares,
        errors,
        cuts,
        share,
        np.sqrt(share * (1 - share) / (seen + _POOLED)),
        int(totals.sum()),
        made_at,
        source,
        inputs_of(stream),
        wrong_share(stream),
    )


def _survey(
    stream: Callable[[], Iterable[Batch]], columns: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], Floats]:
    """Return the classes, the strata's levels, and each class's confidence cuts."""
    seen: Counter[str] = Counter()
    kept: dict[str, list[float]] = {}
    levels: set[tuple[str, ...]] = set() if columns else {()}
    rng = np.random.default_rng(0)
    for batch in stream():
        for name, confidence in zip(batch.classes, batch.confidences.tolist(), strict=True):
            if name is None:
                continue
            seen[name] += 1
            if math.isfinite(confidence):
                _keep(kept.setdefault(name, []), confidence, seen[name], rng)
        if columns:
            rows = zip(
                *(batch.columns.get(name, [""] * len(batch)) for name in columns), strict=True
            )
            levels |= {tuple(map(level_name, row)) for row in rows}
        if len(levels) > _MOST_STRATA:
            raise BezoarError(
                f"{', '.join(columns)} divide the stream into more than {_MOST_STRATA:,} strata",
                next="choose columns with few values",
            )
    if not seen:
        raise NothingToInspectError("there is no usable prediction", "bezoar monitor --help")
    classes = (*sorted(seen), OTHER)
    nothing = np.full(len(SURE), np.nan)
    cuts = [np.quantile(kept[name], SURE) if kept.get(name) else nothing for name in classes]
    return classes, tuple(sorted(levels)), np.array(cuts)


def _keep(kept: list[float], value: float, number: int, rng: np.random.Generator) -> None:
    """Keep a uniform sample of a class's confidences (reservoir sampling)."""
    if len(kept) < _KEPT:
        kept.append(value)
    elif (place := int(rng.integers(number))) < _KEPT:
        kept[place] = value


def _counted(
    stream: Callable[[], Iterable[Batch]], classes: tuple[str, ...], strata: Strata, cuts: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return predictions by stratum and class, by stratum, and by class at or above its cuts."""
    index = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((strata.known, len(classes)))
    above = np.zeros((len(classes), len(SURE)))
    for batch in stream():
        which = np.array([-1 if name is None else index[name] for name in batch.classes], np.int64)
        rows = strata.codes(batch.seconds, batch.columns, len(batch))
        usable = (which >= 0) & (rows < strata.known)
        np.add.at(counts, (rows[usable], which[usable]), 1)
        with np.errstate(invalid="ignore"):
            reached = usable[:, None] & (batch.confidences[:, None] >= cuts[which])
        for k in range(len(SURE)):
            above[:, k] += np.bincount(which[reached[:, k]], minlength=len(classes))
    return counts, counts.sum(1), above


def _estimated(counts: Floats, totals: Floats, strata: Strata) -> tuple[Floats, Floats]:
    """Return shares and errors, with a last row for what no stratum is known of."""
    if strata.hour:
        parts = [
            shares_by_hour(counts[i : i + HOURS_A_DAY], totals[i : i + HOURS_A_DAY])
            for i in range(0, len(counts), HOURS_A_DAY)
        ]
        shares = np.concatenate([one for one, _ in parts])
        errors = np.concatenate([one for _, one in parts])
    elif len(counts) > 1:
        shares, errors = shares_by_stratum(counts, totals)
    else:
        share, error = overall_shares(counts.sum(0), totals.sum())
        shares, errors = share[None], error[None]
    # What is compared with nothing in particular is compared with the busiest stratum.
    return np.vstack([shares, shares.max(0)]), np.vstack([errors, errors.max(0)])


def read_baseline(path: str | Path) -> Baseline:
    """Read a baseline's file.

    Raises:
        UsageError: If it is not there.
        BezoarError: If it is no baseline, or its numbers cannot be.
    """
    try:
        return parse_baseline(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}",
            next="bezoar monitor baseline MODEL --from STREAM -o FILE",
        ) from None


def parse_baseline(data: bytes) -> Baseline:
    """Read a baseline.

    Raises:
        BezoarError: If it is none, or its numbers cannot be.
    """
    try:
        raw = json.loads(data)
        if raw["schema_version"] != SCHEMA_VERSION:
            raise ValueError("it was written by another version of bezoar")  # noqa: TRY301
        levels = tuple(tuple(map(str, level)) for level in raw["levels"])
        strata = Strata(bool(raw["hour"]), tuple(map(str, raw["columns"])), levels)
        found = Baseline(
            str(raw["model"]),
            tuple(map(str, raw["classes"])),
            strata,
            *_tables(raw),
            predictions=int(raw["predictions"]),
            made_at=str(raw["made_at"]),
            source=str(raw["source"]),
            inputs=parse_inputs(raw["inputs"]) if "inputs" in raw else None,
            wrong=float(raw.get("wrong", 0.0)),
        )
        _check(found)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        why = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise BezoarError(
            f"that is no baseline: {why[:200]}", next="bezoar monitor baseline --help"
        ) from None
    return found


def _tables(raw: dict[str, Any]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    shares, errors, cuts, above, above_errors = (
        np.array(raw[name], np.float64)
        for name in ("shares", "errors", "cuts", "above", "above_errors")
    )
    return shares, errors, cuts, above, above_errors


def _check(baseline: Baseline) -> None:
    size = (len(baseline.strata), len(baseline.classes))
    shapes = [baseline.shares.shape, baseline.errors.shape]
    rows = [baseline.cuts.shape, baseline.above.shape, baseline.above_errors.shape]
    if (
        shapes != [size] * 2
        or rows != [(size[1], len(SURE))] * 3
        or baseline.classes[-1:] != (OTHER,)
    ):
        raise ValueError("its tables have the wrong sizes")
    if len(set(baseline.classes)) < len(baseline.classes):
        raise ValueError("a class is there twice")
    numbers = (baseline.shares, baseline.errors, baseline.above, baseline.above_errors)
    if not all(np.isfinite(table).all() and (table >= 0).all() for table in numbers):
        raise ValueError("a number is no share and no error")
    if (baseline.shares > 1).any() or (baseline.above > 1).any():
        raise ValueError("a share is over 1")
    if not 0 <= baseline.wrong < 1:
        raise ValueError("a share of wrong answers is none")


def _rounded(table: Floats) -> list[Any]:
    """Return numbers with six digits, so that a baseline is no longer than it is exact."""
    flat = [None if math.isnan(x) else float(f"{x:.6g}") for x in table.ravel().tolist()]
    width = table.shape[-1]
    return [flat[i : i + width] for i in range(0, len(flat), width)] if table.ndim > 1 else flat
