"""An ONNX session whose answers are seen."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from bezoar.adapters.watched import Seen, read_scores, watched

T = TypeVar("T")
_TABLE = 2


def watch_session(session: T, classes: Sequence[Any] | None, seen: Seen) -> T:
    """Return an `onnxruntime.InferenceSession` that tells of what `run` answers.

    Args:
        session: Its first output with a score for each class counts, else its first one.
        classes: Name of each column; None: its number, or what a list of dictionaries says.
        seen: Is told.
    """

    def read(_: Any, __: str, outputs: Any) -> Any:
        for output in outputs:
            if isinstance(output, list) and output and isinstance(output[0], dict):
                names = list(output[0])  # as converters of scikit-learn's models write it
                return read_scores([[row[name] for name in names] for row in output], names)
            if np.ndim(output) == _TABLE and np.asarray(output).dtype.kind == "f":
                return read_scores(output, classes)
        return read_scores(outputs[0], classes)

    return watched(session, ("run",), read, seen)
