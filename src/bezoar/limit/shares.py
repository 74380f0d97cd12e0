"""How often each class is predicted, stratum by stratum, and how well that is known.

24 hours leave few predictions of a rare class in each. So what an hour says is drawn towards a
smooth day: a Poisson regression of each class's share on two harmonics of the hour, whose standard
errors say how far it can be trusted (Cameron and Trivedi, "Regression Analysis of Count Data",
2013, chapter 3). Strata that are no hours are drawn towards the class's overall share as far as
they are small (a gamma prior whose strength the strata themselves suggest).
"""

import math
from typing import Final

import numpy as np

from bezoar.core.arrays import Floats

STANDARD_ERRORS: Final = 2.0
"""How far above its estimate a rate may lie and still be called normal."""
_HIGHEST: Final = 0.999
_HOURS: Final = 24
_HARMONICS: Final = 2
_STEPS: Final = 12
_PRIOR: Final = 0.5
"""Events added to each class, so that one that was never seen has a share, and a wide error."""


def bound_of(events: int, total: int, standard_errors: float = STANDARD_ERRORS) -> float:
    """Return the highest rate that still counts as normal.

    Args:
        events: How many there were in the trusted stretch.
        total: Of how many.
        standard_errors: How far above its estimate a rate may lie.
    """
    seen = events + _PRIOR
    return min(seen / max(total, 1) * math.exp(standard_errors / math.sqrt(seen)), _HIGHEST)


def overall_shares(counts: Floats, total: float) -> tuple[Floats, Floats]:
    """Return the share of each class in all predictions.

    Args:
        counts: Predictions of each class, (K,).
        total: All predictions.

    Returns:
        Shares and their relative standard errors, each (K,).
    """
    seen = counts + _PRIOR
    return seen / max(total, 1.0), 1 / np.sqrt(seen)


def shares_by_hour(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Return the share of each class in each hour of the day.

    Args:
        counts: Predictions of each class in each hour, (24, K).
        totals: Predictions in each hour, (24,); zero where nothing was seen.

    Returns:
        Shares and their relative standard errors, each (24, K).
    """
    design = _day()
    coefficients = np.zeros((design.shape[1], counts.shape[1]))
    coefficients[0] = np.log(overall_shares(counts.sum(0), totals.sum())[0])
    for _ in range(_STEPS):
        expected = totals[:, None] * np.exp(design @ coefficients)
        gradient = design.T @ (counts - expected)
        gradient[0] += _PRIOR
        information = _information(design, expected)
        step = np.linalg.solve(information, gradient.T[..., None])[..., 0].T
        # A share that leaps by more than e in one step is a rare class running away to zero.
        coefficients += np.clip(step, -1, 1)
    expected = totals[:, None] * np.exp(design @ coefficients)
    covariance = np.linalg.inv(_information(design, expected))
    errors = np.sqrt(np.einsum("hi,kij,hj->hk", design, covariance, design))
    return np.exp(design @ coefficients), errors


def shares_by_stratum(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Return the share of each class in strata without an order, as cameras or sites.

    Args:
        counts: Predictions of each class in each stratum, (H, K).
        totals: Predictions in each stratum, (H,).

    Returns:
        Shares and their relative standard errors, each (H, K).
    """
    overall, _ = overall_shares(counts.sum(0), totals.sum())
    expected = totals[:, None] * overall
    # Var(ratio) beyond what counting explains, by the method of moments over the strata.
    spread = ((counts - expected) ** 2 - expected).sum(0) / np.maximum((expected**2).sum(0), 1e-12)
    strength = 1 / np.clip(spread, 1e-4, 10.0)
    ratios = (counts + strength) / (expected + strength)
    return ratios * overall, 1 / np.sqrt(counts + strength)


def _day() -> Floats:
    """Return the harmonics of the middle of each hour, (24, 5)."""
    turn = 2 * np.pi * (np.arange(_HOURS) + 0.5) / _HOURS
    waves = [wave(k * turn) for k in range(1, _HARMONICS + 1) for wave in (np.sin, np.cos)]
    return np.stack([np.ones(_HOURS), *waves], axis=1)


def _information(design: Floats, expected: Floats) -> Floats:
    """Return Fisher's information of each class, (K, 5, 5), never singular."""
    information = np.einsum("hi,hk,hj->kij", design, expected, design)
    # Half an event's worth of knowledge that a day is flat: what was never seen stays finite.
    return np.asarray(information + _PRIOR * np.eye(design.shape[1]))
