"""Live objects that answer as before, while somebody sees their answers.

A watched object is a copy that shares all its parts, of a class made for it: below the same bases,
with the same attributes, and methods that answer what they answered before.
"""

from collections.abc import Callable, Sequence
from copy import copy
from threading import local
from typing import Any, Final, TypeVar

import numpy as np

from bezoar.core.arrays import Floats

Seen = Callable[[Callable[[], tuple[list[Any], Floats | None]]], None]
"""Is given what reads an answer's classes and confidences, and calls it or not; never raises."""
T = TypeVar("T")
_SEEN: Final = "_bezoar_seen"
_ROWS, _TABLE = 1, 2
_SUM_ERROR: Final = 1e-3


def watched(live: T, methods: Sequence[str], read: Callable[[Any, str, Any], Any], seen: Seen) -> T:
    """Return a copy of an object whose methods tell what they answered.

    Args:
        live: The object.
        methods: Names of the methods that answer; those that it lacks are left out.
        read: Given object, method and answer, returns classes and confidences.
        seen: Is told.
    """
    kind = type(live)
    inside = local()  # one answer may call for another: it is one prediction

    def telling(name: str) -> Callable[..., Any]:
        def method(self: Any, *args: Any, **options: Any) -> Any:
            tell = vars(self).get(_SEEN)
            answer = getattr(super(made, self), name)
            if tell is None or getattr(inside, "busy", False):
                return answer(*args, **options)
            inside.busy = True
            try:
                found = answer(*args, **options)
                tell(lambda: read(self, name, found))
            finally:
                inside.busy = False
            return found

        method.__name__ = name
        method.__doc__ = getattr(kind, name).__doc__
        return method

    def reduced(self: Any, _protocol: Any) -> Any:
        # What is saved is the object that it was: nobody can be told elsewhere.
        plain = kind.__new__(kind)
        vars(plain).update({key: value for key, value in vars(self).items() if key != _SEEN})
        return copy, (plain,)

    body: dict[str, Any] = {name: telling(name) for name in methods if hasattr(live, name)}
    body |= {"__reduce_ex__": reduced, "__module__": kind.__module__, "__doc__": kind.__doc__}
    made: Any = type(kind.__name__, (kind,), body)
    found: T = made.__new__(made)
    vars(found).update(vars(live))
    vars(found)[_SEEN] = seen
    return found


def read_scores(
    answer: Any, classes: Sequence[Any] | None = None
) -> tuple[list[Any], Floats | None]:
    """Return the classes and confidences of an answer: labels, or a score for each class.

    Args:
        answer: Labels, (n,), or scores, (n, K): probabilities, else they are taken for logits.
        classes: Name of each column; None: its number.

    Raises:
        ValueError: If it is neither.
    """
    table = np.asarray(answer)
    if table.ndim == _ROWS:
        labels = table.tolist()
        if classes is not None and table.dtype.kind in "iu":
            labels = [classes[number] for number in labels]
        return labels, None
    if table.ndim != _TABLE or table.dtype.kind not in "fiu" or not table.shape[1]:
        raise ValueError("the answer is neither labels nor scores of classes")
    if classes is not None and len(classes) != table.shape[1]:
        raise ValueError(f"{table.shape[1]} scores for {len(classes)} classes")
    scores = _probabilities(table.astype(np.float64))
    best = scores.argmax(1)
    names = [classes[k] for k in best] if classes is not None else best.tolist()
    return names, scores[np.arange(len(best)), best]


def _probabilities(table: Floats) -> Floats:
    """Return scores as probabilities; those that are none yet are logits."""
    whole = np.abs(table.sum(1) - 1) < _SUM_ERROR
    if (table >= 0).all() and (table <= 1 + _SUM_ERROR).all() and whole.all():
        return np.minimum(table, 1.0)
    risen = np.exp(table - table.max(1, keepdims=True))
    return np.asarray(risen / risen.sum(1, keepdims=True))
