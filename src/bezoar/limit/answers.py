"""`Answers`: predictions whose truth comes later, found again by their id."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import numpy as np

from bezoar.limit.predictions import Batch, class_name
from bezoar.limit.shares import bound_of

MOST_OPEN: Final = 100_000
"""Predictions whose label is still waited for; older ones are given up, and counted."""
LONGEST_ID: Final = 200
_LEAST: Final = 200

Truth = tuple[int, str | None, str | None, str | None]
"""Number of a row, its id, what was predicted, and what is true: None where it does not say."""


def as_id(value: Any) -> str | None:
    """Return an id as text; None for what is none."""
    name = class_name(value)
    return name if name is not None and len(name) <= LONGEST_ID else None


def truths_of(batch: Batch) -> list[Truth]:
    """Return what the rows of a batch say of ids and labels; those that say nothing are left out.

    A row with a class and a label says both at once; one with an id and a class is remembered until
    a row with the id and a label comes.
    """
    nothing = [None] * len(batch)
    names, labels = (batch.columns.get(column, nothing) for column in ("id", "label"))
    rows = zip(names, batch.classes, labels, strict=True)
    found = [(i, as_id(a), class_, class_name(b)) for i, (a, class_, b) in enumerate(rows)]
    # Of id, class and label one says nothing by itself.
    return [one for one in found if one[1:].count(None) <= 1]


def is_late(truth: Truth) -> bool:
    """Tell whether a row is a label by itself, and no prediction."""
    return truth[2] is None


@dataclass
class Answers:
    """Predictions whose truth is waited for.

    Attributes:
        unknown: Labels whose prediction nobody remembers, or that came twice.
        given_up: Predictions whose label never came.
        waiting: What was predicted, by id, in the order in which it came.
    """

    unknown: int = 0
    given_up: int = 0
    waiting: OrderedDict[str, str] = field(default_factory=OrderedDict, repr=False)

    def predicted(self, name: str, class_: Any) -> None:
        """Remember what was predicted under an id; the same id again does not replace it."""
        found = class_name(class_)
        if found is None or name in self.waiting:
            return
        self.waiting[name] = found
        if len(self.waiting) > MOST_OPEN:
            self.waiting.popitem(last=False)
            self.given_up += 1

    def labelled(self, name: str, truth: Any) -> bool | None:
        """Return whether the answer under an id was wrong; None where nobody remembers it."""
        answered = self.waiting.pop(name, None)
        if answered is None:
            self.unknown += 1
            return None
        return answered != class_name(truth)

    def compare(self, truths: Iterable[Truth]) -> list[tuple[int, bool]]:
        """Take in what rows say, in their order; return the rows that were right or wrong by now.

        Returns:
            Number of the row, and whether the answer that it settles was wrong.
        """
        found = []
        for number, name, class_, label in truths:
            if class_ is not None and label is not None:
                found.append((number, class_ != label))
            elif class_ is not None and name is not None:
                self.predicted(name, class_)
            elif name is not None and (wrong := self.labelled(name, label)) is not None:
                found.append((number, wrong))
        return found

    def added(self, other: "Answers") -> "Answers":
        """Return what two of them wait for together."""
        both = OrderedDict([*other.waiting.items(), *self.waiting.items()])
        lost = max(len(both) - MOST_OPEN, 0)
        both = OrderedDict(islice(both.items(), lost, None))
        return Answers(self.unknown + other.unknown, self.given_up + other.given_up + lost, both)

    def state(self) -> bytes:
        """Return all that a restart needs."""
        return json.dumps([self.unknown, self.given_up, list(self.waiting.items())]).encode()

    @classmethod
    def parse(cls, state: bytes) -> "Answers":
        """Read it back.

        Raises:
            ValueError: If it is no such state.
        """
        unknown, given_up, pairs = json.loads(state)
        return cls(int(unknown), int(given_up), OrderedDict((str(a), str(b)) for a, b in pairs))


def wrong_share(stream: Callable[[], Iterable[Batch]]) -> float:
    """Return the highest share of wrong answers that a trusted stream lets pass for normal.

    Zero where it has too few labels to say.
    """
    answers = Answers()
    wrong = total = 0
    for batch in stream():
        if "label" in batch.columns:
            found: Sequence[tuple[int, bool]] = answers.compare(truths_of(batch))
            total += len(found)
            wrong += int(np.sum([one for _, one in found]))
    return bound_of(wrong, total) if total >= _LEAST else 0.0
