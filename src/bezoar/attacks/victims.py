"""Whom an attack aims at."""

import numpy as np
from numpy.typing import NDArray

from bezoar.core.attack import Labels


def require_other_class(target: str, sources: frozenset[str] | None) -> None:
    """Refuse an attack that aims at its own target, or at nothing.

    Raises:
        ValueError: If the target is one of the sources, or there are no sources.
    """
    if sources is not None and not sources:
        raise ValueError("name at least one source class, or None for every class")
    if sources is not None and target in sources:
        raise ValueError(f"the target {target!r} is one of the source classes")


def victims_of(labels: Labels, target: str, sources: frozenset[str] | None) -> NDArray[np.bool_]:
    """Tell which samples are of a source class and not of the target class.

    Args:
        labels: Shape (n,).
        target: The class that the attacker wants to see predicted.
        sources: The classes that are attacked; None for every class but the target.

    Returns:
        Shape (n,), bool.
    """
    other: NDArray[np.bool_] = labels != target
    return other if sources is None else other & np.isin(labels, sorted(sources))
