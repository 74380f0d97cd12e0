"""A scikit-learn estimator whose answers are seen."""

from typing import Any, TypeVar

from bezoar.adapters.watched import Seen, read_scores, watched

T = TypeVar("T")


def watch_estimator(estimator: T, seen: Seen) -> T:
    """Return an estimator that tells of what it predicts; a clone of it does not.

    Args:
        estimator: A classifier or a pipeline that ends with one.
        seen: Is told.
    """

    def read(live: Any, method: str, answer: Any) -> Any:
        return read_scores(answer, None if method == "predict" else live.classes_)

    return watched(estimator, ("predict", "predict_proba"), read, seen)
