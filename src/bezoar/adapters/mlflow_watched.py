"""An MLflow pyfunc whose answers are seen."""

from collections.abc import Sequence
from typing import Any, TypeVar

from bezoar.adapters.watched import Seen, read_scores, watched

T = TypeVar("T")


def watch_pyfunc(model: T, classes: Sequence[Any] | None, seen: Seen) -> T:
    """Return a pyfunc that tells of what `predict` answers.

    Args:
        model: It answers with labels, or with a score for each class: a list, an array, a table.
        classes: Name of each column; None: a table's own, else its number.
        seen: Is told.
    """

    def read(_: Any, __: str, answer: Any) -> Any:
        columns = getattr(answer, "columns", None)
        if columns is None:
            return read_scores(answer, classes)
        if len(columns) == 1:
            return read_scores(answer.iloc[:, 0], classes)
        return read_scores(answer.to_numpy(), classes or list(columns))

    return watched(model, ("predict",), read, seen)
