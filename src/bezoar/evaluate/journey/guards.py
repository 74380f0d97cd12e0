"""What stands between a source and a training: the cut of the graph that data flows along.

Every way that data takes to a training has to pass a validator that can stop it. One validator
that all ways pass is a dominator; here several may share the work, each on its own way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.identity import overlap
from bezoar.evaluate.journey.writers import Writers
from bezoar.evaluate.pipelines.definition import Step

_MOST_WAYS: Final = 2_000


class Fault(StrEnum):
    """Why a way of data counts as unguarded."""

    NOTHING = "nothing validates it"
    CANNOT_STOP = "the validation cannot stop it"
    WRITTEN_SINCE = "it is written after it was validated"
    ELSEWHERE = "the validation stands elsewhere"


@dataclass(frozen=True, slots=True)
class Unguarded:
    """A way that data takes to a training past every validator.

    Attributes:
        training: The training.
        source: Where the way begins: an identity, empty where nothing tells.
        way: The acts on it, from the source to the training.
        fault: Why.
        validator: The one that comes nearest, if any.
        writer: What writes between check and use, if anything.
    """

    training: Act
    source: str
    way: tuple[Act, ...]
    fault: Fault
    validator: Act | None = None
    writer: Act | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """An act, and the way from it to the training."""

    first: Act
    rest: "_Way | None" = None

    def acts(self) -> tuple[Act, ...]:
        """Return all acts of it."""
        found, way = [], self
        while way.rest is not None:
            found.append(way.first)
            way = way.rest
        return (*found, way.first)


class Order:
    """What comes before what in one pipeline."""

    def __init__(self, steps: Sequence[Step], acts: Sequence[Act]) -> None:
        """Work out which steps come before each, as sets of bits."""
        self._index = {step.name: number for number, step in enumerate(steps)}
        self._before: dict[str, int] = {}
        for step in steps:  # in order: those that it waits for are known
            bits = 0
            for name in step.after:
                if name in self._index:
                    bits |= self._before.get(name, 0) | 1 << self._index[name]
            self._before[step.name] = bits
        self._at = {id(act): number for number, act in enumerate(acts)}
        self._steps = steps
        self._kept_back: dict[str, frozenset[str]] = {}

    def precedes(self, first: Act, second: Act) -> bool:
        """Say whether an act has surely ended before another one begins."""
        if first.step == second.step:
            return self._at[id(first)] < self._at[id(second)]
        bit = 1 << self._index.get(first.step, len(self._index))
        return bool(self._before.get(second.step, 0) & bit)

    def keeps_back(self, first: Act, second: Act) -> bool:
        """Say whether the failure of an act's step keeps another one from running."""
        if first.step == second.step:
            return True
        if first.step not in self._kept_back:
            kept = {first.step}
            for step in self._steps:
                if not step.runs_after_failure and not kept.isdisjoint(step.after):
                    kept.add(step.name)
            self._kept_back[first.step] = frozenset(kept)
        return second.step in self._kept_back[first.step]


@dataclass
class Guards:
    """Tells which ways to the trainings of one pipeline are guarded.

    Attributes:
        acts: What the pipeline does, in order.
        order: What comes before what.
    """

    acts: Sequence[Act]
    order: Order

    def __post_init__(self) -> None:
        self._validators = [act for act in self.acts if act.role is Role.VALIDATE]
        self._writers = [act for act in self.acts if act.writes and act.role is not Role.VALIDATE]
        self._writing = Writers(self._writers)
        self._producing = Writers((*self._writers, *self._validators))
        self._checked = {id(v): self._coverage(v) for v in self._validators}

    def unguarded(self, training: Act) -> list[Unguarded]:
        """Return the ways past every validator; empty where the training is validated."""
        found: list[Unguarded] = []
        if not training.reads:
            if not self._guard("", training, training):
                found.append(self._fault("", (training,), training))
            return found
        for way in self._ways(training):
            found.append(way)
            if len(found) >= _MOST_WAYS:
                break
        return found

    def _ways(self, training: Act) -> Iterator[Unguarded]:
        seen: set[tuple[int, str]] = set()
        over: dict[tuple[str, int], Act | None] = {}
        # A chain of thousands of steps is deeper than Python calls: what is to be asked waits here.
        pending = [(name, training, _Way(training)) for name in reversed(training.reads)]
        while pending:
            name, consumer, way = pending.pop()
            if (id(consumer), name) in seen:
                continue
            seen.add((id(consumer), name))
            if self._guard(name, consumer, training):
                continue
            producers = self._producers(name, consumer)
            if not producers:
                yield self._fault(name, way.acts(), training)
            for producer in reversed(producers):
                longer = _Way(producer, way)
                if (name, id(producer)) not in over:
                    over[name, id(producer)] = self._overwritten(name, producer, training)
                if (validator := over[name, id(producer)]) is not None:
                    yield Unguarded(
                        training, name, longer.acts(), Fault.WRITTEN_SINCE, validator, producer
                    )
                elif producer.reads:
                    pending += [(one, producer, longer) for one in reversed(producer.reads)]
                else:
                    yield self._fault(name, longer.acts(), training)

    def _producers(self, name: str, consumer: Act) -> list[Act]:
        before = [
            act
            for act in self._producing.of(name)
            if act is not consumer and self.order.precedes(act, consumer)
        ]
        # Who wrote all of it last hides who wrote it earlier, unless he may have been skipped.
        whole = [
            act
            for act in before
            if name in act.writes and not act.condition and name not in act.reads
        ]
        return [
            act
            for act in before
            if not any(other is not act and self.order.precedes(act, other) for other in whole)
        ]

    def _overwritten(self, name: str, writer: Act, training: Act) -> Act | None:
        """Return the validator of what a writer wrote over, if that was validated."""
        for act in self._writing.of(name):
            if act is not writer and act.reads and self.order.precedes(act, writer):
                guards = [self._guard(one, act, training) for one in act.reads]
                if all(guard is not None and guard is not writer for guard in guards):
                    return guards[0]
        return None

    def _coverage(self, validator: Act) -> frozenset[str]:
        """Return what a validator looks at, and what that was copied from."""
        # What it hands on, or reports, stands for what it looked at.
        found: set[str] = {*validator.reads, *validator.writes}
        pending = list(validator.reads)
        while pending:
            name = pending.pop()
            for act in self._producers(name, validator):
                if act.role is Role.FETCH:
                    new = set(act.reads) - found
                    found |= new
                    pending += new
        return frozenset(found)

    def _guard(self, name: str, consumer: Act, training: Act) -> Act | None:
        return next(
            (v for v in self._validators if self._why_not(v, name, consumer, training) is None),
            None,
        )

    def _covers(self, validator: Act, name: str) -> bool:
        if not name or not validator.reads:
            return True
        return any(overlap(name, one) for one in self._checked[id(validator)])

    def _why_not(self, validator: Act, name: str, consumer: Act, training: Act) -> Fault | None:
        """Say why a validator does not guard a way, None where it does."""
        if not self._covers(validator, name):
            return Fault.ELSEWHERE
        if not self.order.precedes(validator, training):
            return Fault.ELSEWHERE
        fault = self._unheld(validator, training)
        if fault is not None and not _is_chained(validator, training):
            return fault
        if self._writer_between(validator, name, consumer) is not None:
            return Fault.WRITTEN_SINCE
        return None

    def _unheld(self, validator: Act, training: Act) -> Fault | None:
        """Say why a training may run although a validator before it did not pass."""
        # What is joined by ` && ` all holds: the training may ask for more than the validator.
        if set(validator.condition.split(" && ")) - {"", *training.condition.split(" && ")}:
            return Fault.ELSEWHERE
        if not validator.stops or not self.order.keeps_back(validator, training):
            return Fault.CANNOT_STOP
        return None

    def _writer_between(self, validator: Act, name: str, consumer: Act) -> Act | None:
        if not name:
            return None
        for act in self._writing.of(name):
            if act is consumer:
                continue
            if name in act.reads and act.role is Role.TRAIN:
                continue
            after = not self.order.precedes(act, validator)
            if after and self.order.precedes(act, consumer):
                return act
        return None

    def _fault(self, name: str, way: tuple[Act, ...], training: Act) -> Unguarded:
        """Say why a way is not guarded: the validator that comes nearest tells most."""
        ranked = (Fault.WRITTEN_SINCE, Fault.CANNOT_STOP, Fault.ELSEWHERE)
        best: tuple[Fault, Act | None] = (Fault.NOTHING, None)
        for validator in self._validators:
            faults = [
                fault
                for act in way
                for read in (act.reads or (name,))
                if (fault := self._why_not(validator, read, act, training)) is not None
            ]
            for fault in faults or [Fault.ELSEWHERE]:
                if best[0] is Fault.NOTHING or ranked.index(fault) < ranked.index(best[0]):
                    best = fault, validator
        writer = None
        if best[0] is Fault.WRITTEN_SINCE and best[1] is not None:
            found = (self._writer_between(best[1], read, act) for act in way for read in act.reads)
            writer = next((one for one in found if one is not None), None)
        return Unguarded(training, name, way, best[0], best[1], writer)


def _is_chained(first: Act, second: Act) -> bool:
    """Say whether one runs only where the other passed: `first && second`, `if first; then`."""
    return any(
        chain == other and text != later
        for chain, text in first.guards
        for other, later in second.within
    )
