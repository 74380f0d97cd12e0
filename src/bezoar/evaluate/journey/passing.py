"""`Passing`: what some validators guard, all of which have to pass before a training runs."""

from collections.abc import Sequence

from bezoar.evaluate.journey.act import Act
from bezoar.evaluate.journey.data_flow import DataFlow
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.order import Order, numbers_of
from bezoar.evaluate.journey.validators import Validators


class Passing:
    """What some validators guard. Trainings that wait for the same ones share the answers."""

    def __init__(
        self,
        those: int,
        around: tuple[Sequence[Act], Order, Effort],
        flow: DataFlow,
        validators: Validators,
    ) -> None:
        """Begin with nothing asked.

        Args:
            those: The validators, as bits.
            around: What the pipeline does, what comes before what, and what asking may take.
            flow: Who writes what.
            validators: All of them.
        """
        self.those = those
        self._acts, self._order, self._effort = around
        self._flow, self._validators = flow, validators
        self._asked = 0
        self._validated = 0

    def guard(self, name: str, consumer: Act) -> Act | None:
        """Return a validator of what is read under a name that nobody writes to after it."""
        self._effort.spend()
        looking = self._validators.looking_at(name) & self.those
        written = self._flow.writers(name) & self._order.before(consumer)
        found = self._validators.first_after(looking, written)
        return None if found is None else self._acts[found]

    def overwritten(self, name: str, writer: Act) -> Act | None:
        """Return the validator of what a writer wrote over, if that was validated."""
        own = self.guard(name, writer) if name in writer.reads else None
        if own is not None and self._order.precedes(own, writer):
            return own
        over = self._flow.writers(name) & self._order.before(writer)
        for number in numbers_of(over & ~self._asked):
            self._asked |= 1 << number
            if self._all_guarded(self._acts[number]):
                self._validated |= 1 << number
        for number in numbers_of(over & self._validated):
            self._effort.spend()
            act = self._acts[number]
            guards = [self.guard(one, act) for one in act.reads]
            if writer not in guards:
                return guards[0]
        return None

    def _all_guarded(self, act: Act) -> bool:
        self._effort.spend()
        return bool(act.reads) and all(self.guard(one, act) for one in act.reads)
