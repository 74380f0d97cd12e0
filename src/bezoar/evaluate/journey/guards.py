"""What stands between a source and a training: the cut of the graph that data flows along.

Every way that data takes to a training has to pass a validator that can stop it. One validator
that all ways pass is a dominator; here several may share the work, each on its own way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.data_flow import DataFlow
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.order import Order, lowest, numbers_of
from bezoar.evaluate.journey.passing import Passing
from bezoar.evaluate.journey.unguarded import GRAVEST, Fault, Unguarded
from bezoar.evaluate.journey.validators import Validators

_MOST_WAYS: Final = 2_000
_FEW: Final = 16


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a way is not guarded, as far as one reading on it tells."""

    fault: Fault
    validator: Act | None = None
    writer: Act | None = None

    def or_graver(self, other: "_Reason") -> "_Reason":
        """Return the one of two that says more."""
        return other if GRAVEST.index(other.fault) < GRAVEST.index(self.fault) else self


@dataclass(frozen=True, slots=True)
class _Way:
    """An act, the way from it to the training, and the gravest reason on that."""

    first: Act
    reason: _Reason
    rest: "_Way | None" = None

    def acts(self) -> tuple[Act, ...]:
        """Return all acts of it."""
        found, way = [], self
        while way.rest is not None:
            found.append(way.first)
            way = way.rest
        return (*found, way.first)


class Guards:
    """Tells which ways to the trainings of one pipeline are guarded."""

    def __init__(self, acts: Sequence[Act], order: Order, effort: Effort) -> None:
        """Work out who writes and who validates what.

        Args:
            acts: What the pipeline does, in order.
            order: What comes before what.
            effort: What asking may take.

        Raises:
            TooMuchError: If it takes more than that.
        """
        self._acts, self._order, self._effort = acts, order, effort
        self._flow = DataFlow(acts, order, effort)
        self._validators = Validators(acts, order, self._flow, effort)
        self._passing: dict[int, Passing] = {}
        self._readers: dict[str, list[int]] = {}  # of several, who puts them together in a variable
        for number, act in enumerate(acts):
            if act.role is Role.TRANSFORM and not act.writes and len(act.reads) > 1:
                for name in act.reads:
                    self._readers.setdefault(name, []).append(number)

    def unguarded(self, training: Act) -> list[Unguarded]:
        """Return the ways past every validator; empty where the training is validated.

        Raises:
            TooMuchError: If that takes more than a definition may.
        """
        found: list[Unguarded] = []
        for way in self._ways(training):
            self._effort.spend(len(way.way))
            found.append(way)
            if len(found) >= _MOST_WAYS:
                break
        return found

    def _ways(self, training: Act) -> Iterator[Unguarded]:
        passing = self._waited_for(training)
        nowhere = _Way(training, _Reason(Fault.NOTHING))
        seen: set[tuple[int, str]] = set()
        # A chain of thousands of steps is deeper than Python calls: what is to be asked waits here.
        pending = [(name, nowhere) for name in reversed(training.reads or ("",))]
        while pending:
            name, way = pending.pop()
            consumer = way.first
            if (id(consumer), name) in seen:
                continue
            seen.add((id(consumer), name))
            if passing.guard(name, consumer):
                continue
            reason = way.reason.or_graver(self._reason(name, consumer, training, passing))
            way = _Way(consumer, reason, way.rest)
            producers = list(numbers_of(self._flow.producers(name, consumer))) if name else []
            if not producers:
                yield self._told(name, way, training)
            for number in reversed(producers):
                self._effort.spend()
                producer = self._acts[number]
                longer = _Way(producer, reason, way)
                if (validator := passing.overwritten(name, producer)) is not None:
                    over = _Reason(Fault.WRITTEN_SINCE, validator, producer)
                    yield self._told(name, _Way(producer, over, way), training)
                elif producer.reads:
                    pending += [(one, longer) for one in reversed(producer.reads)]
                else:
                    yield self._told(name, longer, training)

    def _waited_for(self, training: Act) -> Passing:
        those = self._validators.holding(training)
        if those not in self._passing:
            around = self._acts, self._order, self._effort
            self._passing[those] = Passing(those, around, self._flow, self._validators)
        return self._passing[those]

    def _reason(self, name: str, consumer: Act, training: Act, passing: Passing) -> _Reason:
        """Say why no validator guards what somebody reads: the one nearest to it tells most."""
        looking = self._validators.looking_at(name) & self._order.before(training)
        if held := looking & passing.those:
            validator = self._acts[lowest(held)]
            written = self._flow.writers(name) & self._order.before(consumer)
            missed = written & ~self._order.before(validator)
            return _Reason(Fault.WRITTEN_SINCE, validator, self._acts[lowest(missed)])
        if (mixed := self._mixed(name, consumer, training, passing)) is not None:
            return mixed
        if loose := looking & self._validators.skipped_no_sooner(training):
            return _Reason(Fault.CANNOT_STOP, self._acts[lowest(loose)])
        if self._validators.all:
            return _Reason(Fault.ELSEWHERE, self._acts[lowest(self._validators.all)])
        return _Reason(Fault.NOTHING)

    def _mixed(self, name: str, consumer: Act, training: Act, passing: Passing) -> _Reason | None:
        """Say who adds other data, that nobody validated, to what was validated."""
        if not name or not passing.those:
            return None
        mixing = [consumer] if consumer.writes and consumer is not training else []
        before = self._order.before(training)
        mixing += [self._acts[n] for n in self._readers.get(name, ()) if before & 1 << n]
        for act in mixing[:_FEW]:
            for other in act.reads[:_FEW]:
                validator = passing.guard(other, act) if other != name else None
                if validator and (act is consumer or self._order.precedes(validator, act)):
                    return _Reason(Fault.WRITTEN_SINCE, validator, act)
        return None

    @staticmethod
    def _told(name: str, way: _Way, training: Act) -> Unguarded:
        reason = way.reason
        return Unguarded(training, name, way.acts(), reason.fault, reason.validator, reason.writer)
