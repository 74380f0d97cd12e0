"""`Validators`: which look at some data, may stop a training, and come after each writer."""

from collections.abc import Sequence

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.data_flow import DataFlow
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.order import Order, bits_of, highest, lowest, numbers_of
from bezoar.evaluate.journey.overlapping import Overlapping


class Validators:
    """The validators of one pipeline. Sets of acts are bits, as in `Order`."""

    def __init__(self, acts: Sequence[Act], order: Order, flow: DataFlow, effort: Effort) -> None:
        """Work out what each looks at.

        Args:
            acts: What the pipeline does, in order.
            order: What comes before what.
            flow: Who writes what.
            effort: What asking may take.

        Raises:
            TooMuchError: If it takes more than that.
        """
        self._acts, self._order, self._flow, self._effort = acts, order, flow, effort
        self.all = flow.validators
        numbers = list(numbers_of(self.all))
        self._stopping = bits_of(n for n in numbers if acts[n].stops)
        self._blind = bits_of(n for n in numbers if not acts[n].reads)
        self._looking = Overlapping(
            self._looked_at(act) if act.role is Role.VALIDATE else () for act in acts
        )
        self._asking: dict[str, list[int]] = {}  # by each part of their conditions
        self._chained: dict[str, list[tuple[int, str]]] = {}
        for number in numbers:
            for part in _parts(acts[number].condition) or {""}:
                self._asking.setdefault(part, []).append(number)
            for chain, text in acts[number].guards:
                self._chained.setdefault(chain, []).append((number, text))
        self._unskipped: dict[str, int] = {}
        self._guards: dict[tuple[int, int], int] = {}

    def looking_at(self, name: str) -> int:
        """Return those that look at data of that name; who names none looks at all."""
        return self._looking.of(name) | self._blind if name else self.all

    def skipped_no_sooner(self, training: Act) -> int:
        """Return those that run wherever a training does, as far as conditions tell."""
        # What is joined by ` && ` all holds: the training may ask for more than the validator.
        condition = training.condition
        if condition not in self._unskipped:
            asked = _parts(condition)
            maybe = [number for part in asked for number in self._asking.get(part, ())]
            self._effort.spend(len(maybe))
            sure = [n for n in maybe if _parts(self._acts[n].condition) <= asked]
            self._unskipped[condition] = bits_of([*self._asking.get("", ()), *sure])
        return self._unskipped[condition]

    def holding(self, training: Act) -> int:
        """Return those that have to pass before a training runs."""
        held = self._stopping & self._order.holding(training) & self.skipped_no_sooner(training)
        chained = [
            number
            for chain, later in training.within
            for number, text in self._chained.get(chain, ())
            if text != later
        ]
        self._effort.spend(len(chained))
        return self._order.before(training) & (held | bits_of(chained)) & self.all

    def first_after(self, those: int, writers: int) -> int | None:
        """Return the first of some validators that comes after all of some writers."""
        key = those, writers
        if key not in self._guards:
            self._guards[key] = self._first_after(those, writers)
        found = self._guards[key]
        return found if found >= 0 else None

    def _first_after(self, those: int, writers: int) -> int:
        while those:
            self._effort.spend()
            first = lowest(those)
            missed = writers & ~self._order.before(self._acts[first])
            if not missed:
                return first
            # Who comes before a writer that this one does not see cannot see it, either.
            earlier = self._order.before(self._acts[highest(missed)])
            those &= ~(earlier | 1 << first)
        return -1

    def _looked_at(self, validator: Act) -> frozenset[str]:
        """Return what a validator looks at, and what that was copied from."""
        # What it hands on, or reports, stands for what it looked at.
        found: set[str] = {*validator.reads, *validator.writes}
        pending = list(validator.reads)
        while pending:
            name = pending.pop()
            for number in numbers_of(self._flow.producers(name, validator)):
                self._effort.spend()
                act = self._acts[number]
                if act.role is Role.FETCH:
                    new = set(act.reads) - found
                    found |= new
                    pending += new
        return frozenset(found)


def _parts(condition: str) -> frozenset[str]:
    return frozenset(condition.split(" && ")) - {""}
