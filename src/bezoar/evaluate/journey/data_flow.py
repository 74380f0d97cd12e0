"""`DataFlow`: who wrote what somebody reads, as far as the order of the steps tells."""

from collections.abc import Sequence

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.order import Order, bits_of, highest
from bezoar.evaluate.journey.overlapping import Overlapping


class DataFlow:
    """Who wrote what somebody reads. Sets of acts are bits, as in `Order`."""

    def __init__(self, acts: Sequence[Act], order: Order, effort: Effort) -> None:
        """Note who writes what.

        Args:
            acts: What the pipeline does, in order.
            order: What comes before what.
            effort: What asking may take.
        """
        self._acts, self._order, self._effort = acts, order, effort
        self._writing = Overlapping(act.writes for act in acts)
        self.validators = bits_of(n for n, act in enumerate(acts) if act.role is Role.VALIDATE)
        self._wholly: dict[str, list[int]] = {}
        self._trained_on: dict[str, list[int]] = {}
        for number, act in enumerate(acts):
            for name in () if act.condition else act.writes:
                self._wholly.setdefault(name, []).append(number)
            for name in act.reads if act.role is Role.TRAIN and act.writes else ():
                self._trained_on.setdefault(name, []).append(number)

    def writers(self, name: str) -> int:
        """Return who changes data of that name: no validator, and no training that reads it."""
        trainings = bits_of(self._trained_on.get(name, ()))
        return self._writing.of(name) & ~self.validators & ~trainings if name else 0

    def producers(self, name: str, consumer: Act) -> int:
        """Return whose output somebody finds under a name.

        Who wrote all of it last hides who wrote it earlier, unless he may have been skipped. Who
        read it as well does so, too: the way goes on through him.
        """
        before = self._order.before(consumer)
        found = self._writing.of(name) & before
        hiding = bits_of(self._wholly.get(name, ())) & before
        while hiding:
            self._effort.spend()
            last = highest(hiding)
            kept = ~self._order.before(self._acts[last])
            found &= kept
            hiding &= kept & ~(1 << last)
        return found
