"""`Signals`: what is watched beside the classes of a model: its inputs, and labels that come later.

Only what the baseline knows is watched: it has to have seen features, or labels.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bezoar.core.arrays import Ints
from bezoar.limit.answers import Answers, Truth, is_late, truths_of
from bezoar.limit.baseline import Baseline
from bezoar.limit.inputs import NONE, UNUSABLE
from bezoar.limit.predictions import BESIDE, Batch
from bezoar.limit.rates import Rate, RateAlert

INPUTS: Final = "(inputs far from the trusted ones)"
ANSWERS: Final = "(wrong answers)"
"""What the two rates are called where classes are called by their names."""


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """What a batch says of inputs and labels.

    Attributes:
        far: Whether each row's input is far, (n,): 1 or 0, -1 where no features came, -2 where
            they are none.
        truths: What rows say of ids and labels.
    """

    far: Ints
    truths: tuple[Truth, ...] = ()

    @property
    def late(self) -> list[int]:
        """The rows that are labels, and no predictions."""
        return [truth[0] for truth in self.truths if is_late(truth)]

    def as_json(self) -> str:
        """Return them as text."""
        return json.dumps([self.far.tolist(), self.truths])

    @classmethod
    def parse(cls, text: str | bytes) -> "Notes":
        """Read them back."""
        far, truths = json.loads(text)
        return cls(np.array(far, np.int64), tuple((a, b, c, d) for a, b, c, d in truths))


class Signals:
    """Watches inputs and labels, as far as a baseline knows what they look like.

    Attributes:
        columns: What it wants to see of each row.
        inputs: How often inputs are far; None: not watched.
        wrong: How often answers are wrong; None: not watched.
        answers: Those whose truth is waited for.
        refused: Features that are none, by reason.
    """

    def __init__(self, baseline: Baseline, per_false_alarm: float, *, lean: bool = False) -> None:
        """Begin."""
        self._known = baseline.inputs
        self.inputs = self.wrong = None
        if baseline.inputs is not None:
            self.inputs = Rate(INPUTS, baseline.inputs.bound, per_false_alarm, lean)
        if baseline.wrong > 0:
            self.wrong = Rate(ANSWERS, baseline.wrong, per_false_alarm, lean)
        self.answers = Answers()
        self.refused: Counter[str] = Counter()
        self.columns = BESIDE[:1] * (self.inputs is not None)
        self.columns += BESIDE[1:] * (self.wrong is not None)

    def read(self, batch: Batch) -> Notes | None:
        """Return what a batch says of inputs and labels; None where that is nothing."""
        far = np.full(len(batch), NONE)
        if self._known is not None and "features" in batch.columns:
            far = self._known.judged(batch.columns["features"])
        truths = tuple(truths_of(batch)) if self.wrong is not None else ()
        return Notes(far, truths) if truths or (far != NONE).any() else None

    def observe(self, notes: Notes, numbers: Ints) -> list[RateAlert]:
        """Take in what a batch says, and return the alarms that begin or end.

        Args:
            notes: What `read` returned.
            numbers: Of each row in its stream, (n,).
        """
        found: list[RateAlert] = []
        if self.inputs is not None:
            known = notes.far >= 0
            self.refused["no features"] += int((notes.far == UNUSABLE).sum())
            found += self.inputs.observe(notes.far[known] > 0, numbers[known])
        if self.wrong is not None:
            settled = self.answers.compare(notes.truths)
            rows = np.array([row for row, _ in settled], np.int64)
            wrong = np.array([one for _, one in settled], bool)
            found += self.wrong.observe(wrong, numbers[rows])
        return sorted(found, key=lambda one: one.alert.index)

    def add(self, other: "Signals") -> None:
        """Take in what another replica saw, against the same baseline."""
        for mine, theirs in ((self.inputs, other.inputs), (self.wrong, other.wrong)):
            if mine is not None and theirs is not None:
                mine.evidence = mine.evidence.added(theirs.evidence)
        self.answers = self.answers.added(other.answers)
        self.refused += other.refused

    def state(self) -> dict[str, Any]:
        """Return all that a restart needs, as arrays by name."""
        held: dict[str, Any] = {}
        for name, rate in self._rates():
            held |= {f"{name}.{part}": array for part, array in rate.evidence.parts().items()}
        if held:
            text = json.dumps(self.refused).encode()
            held["signals.refused"] = np.frombuffer(text, np.uint8)
            held["signals.answers"] = np.frombuffer(self.answers.state(), np.uint8)
        return held

    def restore(self, held: dict[str, Any]) -> None:
        """Go on where a state was taken.

        Raises:
            KeyError: If a part of it is missing.
            ValueError: If a part of it is another thing.
        """
        for name, rate in self._rates():
            prefix = f"{name}."
            parts = {k.removeprefix(prefix): v for k, v in held.items() if k.startswith(prefix)}
            rate.evidence = rate.evidence.restored(parts)
        if self.columns:
            self.refused = Counter(json.loads(held["signals.refused"].tobytes()))
            self.answers = Answers.parse(held["signals.answers"].tobytes())

    def _rates(self) -> list[tuple[str, Rate]]:
        both = (("inputs", self.inputs), ("wrong", self.wrong))
        return [(name, rate) for name, rate in both if rate is not None]
