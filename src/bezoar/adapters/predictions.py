"""Predictions as tools of other makers take them, and what such a tool is to bezoar."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bezoar.core.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Predictions one after the other, all of them usable.

    Each text in it is from the baseline's own vocabulary, or says that it is unknown: what a
    stranger sends can bring neither markup nor endless new names to a tool.

    Attributes:
        first: Number of the first one, counted since the sending began.
        classes: The class of each.
        confidences: (n,), from 0 to 1; NaN where there is none.
        seconds: Time of each since the epoch, (n,).
        columns: The stratum of each, by the baseline's columns.
    """

    first: int
    classes: Sequence[str]
    confidences: Floats
    seconds: Floats
    columns: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of predictions."""
        return len(self.classes)


class SinkRefusedError(Exception):
    """A tool will never take a window; the message says why, and holds no secret."""


class PredictionSink(Protocol):
    """What takes predictions. It is asked by one thread, which may wait for it."""

    def send(self, window: Window) -> None:
        """Take a window in; returns once the tool has it.

        Raises:
            SinkRefusedError: If it never will.
            Exception: If it may later.
        """
        ...

    def close(self) -> None:
        """Say that no more comes."""
        ...
