"""`Inputs`: what trusted inputs look like by their features, and how far another one lies."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bezoar.core.arrays import Floats, Ints
from bezoar.core.errors import BezoarError
from bezoar.limit.predictions import Batch
from bezoar.limit.shares import bound_of

FAR: Final = 0.99
"""Of trusted inputs, this share lies nearer than what counts as far."""
MOST_FEATURES: Final = 4096
NONE, UNUSABLE = -1, -2
"""No features were sent; what was sent are none."""
_LEAST: Final = 200
_KEPT: Final = 30_000
_KEPT_NUMBERS: Final = 1 << 23
_LONGEST_TEXT: Final = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What trusted inputs look like by their features, and how far another one lies from them.

    The score is the largest distance of a feature from its median, in units of its spread (the
    median absolute deviation): robust, and linear in the number of features.

    Attributes:
        middle: Median of each feature, (d,).
        spread: Of each feature, (d,), over zero.
        far: The score from which an input counts as far.
        bound: The share of inputs that are far is at most this while nothing is wrong.
    """

    middle: Floats
    spread: Floats
    far: float
    bound: float

    def scores(self, features: Floats) -> Floats:
        """Return each input's score, (n,), higher is more unusual; infinite where it is no number.

        Args:
            features: (n, d).
        """
        with np.errstate(invalid="ignore", over="ignore"):
            scores = (np.abs(features - self.middle) / self.spread).max(1)
        return np.where(np.isfinite(features).all(1), scores, np.inf)

    def as_json(self) -> dict[str, Any]:
        """Return them as JSON values, with six digits."""
        numbers = {"far": self.far, "bound": self.bound}
        rows = {"middle": self.middle.tolist(), "spread": self.spread.tolist()}
        return {name: _rounded(one) for name, one in numbers.items()} | {
            name: [*map(_rounded, row)] for name, row in rows.items()
        }

    def judged(self, values: Sequence[Any]) -> Ints:
        """Return whether each of some inputs is far, (n,): 1 or 0; `NONE`, or `UNUSABLE`.

        Args:
            values: Features as they were sent: a list of numbers each, or nothing.
        """
        size = len(self.middle)
        found = np.full(len(values), NONE)
        rows, features = [], []
        for number, value in enumerate(values):
            if value is None:
                continue
            row = as_features(value, size)
            if row is None:
                found[number] = UNUSABLE
            else:
                rows.append(number)
                features.append(row)
        if rows:
            found[rows] = self.scores(np.array(features)) > self.far
        return found


def parse_inputs(raw: Any) -> Inputs:
    """Read them back.

    Raises:
        ValueError: If they are none.
        KeyError: If a part is missing.
        TypeError: If a part is another thing.
    """
    middle, spread = (np.array(raw[name], np.float64) for name in ("middle", "spread"))
    found = Inputs(middle, spread, float(raw["far"]), float(raw["bound"]))
    if middle.ndim != 1 or middle.shape != spread.shape or not 0 < len(middle) <= MOST_FEATURES:
        raise ValueError("its features have the wrong sizes")
    if not np.isfinite([*middle, *spread, found.far]).all() or (spread <= 0).any():
        raise ValueError("a feature's middle or spread cannot be")
    if not 0 < found.bound < 1:
        raise ValueError("a share of inputs is none")
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def as_features(value: Any, size: int | None = None) -> list[float] | None:
    """Return features as they were sent: a list of numbers, or the same as JSON; None for others.

    Args:
        value: What was sent.
        size: How many there have to be; None: any number.
    """
    if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, list) or not 0 < len(value) <= MOST_FEATURES:
        return None
    if len(value) != (size or len(value)) or not set(map(type, value)) <= {int, float}:
        return None
    try:
        return [*map(float, value)]
    except OverflowError:  # an integer of hundreds of digits
        return None


def learn_inputs(features: Floats) -> Inputs:
    """Return what trusted inputs look like: learned, lined and rated on a third of them each.

    Args:
        features: (n, d), of inputs in no particular order.

    Raises:
        BezoarError: If they are too few, or not all finite.
    """
    if features.ndim != 2 or len(features) < _LEAST or not np.isfinite(features).all():  # noqa: PLR2004
        raise BezoarError(
            f"want at least {_LEAST} rows of finite features", next="send more trusted inputs"
        )
    order = np.random.default_rng(0).permutation(len(features))
    thirds = np.array_split(features[order], 3)
    middle = np.median(thirds[0], axis=0)
    spread = np.median(np.abs(thirds[0] - middle), axis=0)
    spread = np.where(spread > 0, spread, np.maximum(thirds[0].std(0), 1e-9))
    draft = Inputs(middle, spread, 0.0, 0.0)
    far = float(np.quantile(draft.scores(thirds[1]), FAR))
    above = int((draft.scores(thirds[2]) > far).sum())
    return Inputs(middle, spread, far, bound_of(above, len(thirds[2])))


def inputs_of(stream: Callable[[], Iterable[Batch]]) -> Inputs | None:
    """Return what the inputs of a trusted stream look like; None where it has too few features.

    A uniform sample of them is kept (reservoir sampling); rows of another length than the first
    are left out, and so is what is not finite.
    """
    rng = np.random.default_rng(0)
    kept: list[list[float]] = []
    seen, size, most = 0, None, _KEPT
    for batch in stream():
        for value in batch.columns.get("features", ()):
            row = as_features(value, size) if value is not None else None
            if row is None or not np.isfinite(row).all():
                continue
            if size is None:
                size, most = len(row), min(_KEPT, _KEPT_NUMBERS // len(row))
            seen += 1
            if len(kept) < most:
                kept.append(row)
            elif (place := int(rng.integers(seen))) < most:
                kept[place] = row
    return learn_inputs(np.array(kept)) if len(kept) >= _LEAST else None
