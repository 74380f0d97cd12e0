"""`StepData`: what a step says of all that it does: the data it is given, and what it leaves."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Final

from bezoar.evaluate.journey.act import Act, Role
from bezoar.evaluate.journey.arguments import is_data
from bezoar.evaluate.journey.effort import Effort
from bezoar.evaluate.journey.identity import INTERNAL, identity, overlap
from bezoar.evaluate.pipelines.definition import OnFailure, Reference, Step

_OUTPUT: Final = re.compile(
    r"(?:^|[._])(?:s3_?)?output(?:_?(?:path|uri|dir|s3_?uri))?$", re.IGNORECASE
)
_EVERYWHERE: Final = ("bezoar", "dvc")
_A_FEW: Final = 16
"""Names that are looked at in the time of one question."""


class StepData:
    """What a step is given and what it leaves, beside what each of its commands says."""

    def __init__(self, step: Step, found: Sequence[Act], effort: Effort) -> None:
        """Work out what is handed to whom.

        Args:
            step: The step.
            found: What its commands do, as they say themselves.
            effort: What this may take.

        Raises:
            TooMuchError: If it takes more than that.
        """
        self._step, self._effort = step, effort
        self._declared = list(self._given())
        self._carried = self._carried_to(found)
        carried = set(self._carried.values())
        self._handed = [name for name, _ in self._declared if name not in carried]
        told = {identity(ref.name) for command in step.commands for ref in command.writes}
        left = (named(step, ref) for ref in step.writes)
        self._left = [one for one in left if one and one.rpartition("|")[2] not in told]

    def brought(self) -> Iterator[Act]:
        """Yield what the engine does before the step: it puts data where commands read it."""
        step = self._step
        for name, handed in self._carried.items():
            to = (_local(name, step),)
            yield Act(Role.FETCH, "artifact", step.place, step.name, (handed,), to)

    def of(self, act: Act) -> Act:
        """Return an act with what its step says of all of them."""
        self._effort.spend((len(self._handed) + len(self._left)) // _A_FEW)
        step = self._step
        # Where the engine puts data in a container, a path tells nothing beside what is declared.
        own = [
            _local(one, step) for one in act.reads if not (self._declared and one.startswith("/"))
        ]
        handed = self._handed_to(act, own)
        reads = own or handed if act.role is Role.FETCH else [*own, *handed]
        writes = dict.fromkeys([*(_local(one, step) for one in act.writes if one), *self._left])
        conditions = " && ".join(dict.fromkeys(filter(None, (step.condition, act.condition))))
        return replace(
            act,
            reads=tuple(dict.fromkeys(one for one in reads if _tells(act, one, writes))),
            writes=tuple(writes),
            stops=act.stops and step.on_failure is OnFailure.STOPS,
            condition=conditions,
            after_failure=step.runs_after_failure,
        )

    def _given(self) -> Iterator[tuple[str, str]]:
        """Yield what the step is said to read, and where its commands see that."""
        step = self._step
        outputs = {identity(text) for key, text in step.settings.items() if _OUTPUT.search(key)}
        # What a call says itself that it reads is no other's.
        told = {identity(ref.name) for command in step.commands for ref in command.reads}
        for ref in step.reads:
            name = named(step, ref)
            if name and name.rpartition("|")[2] not in told and identity(ref.name) not in outputs:
                yield name, ref.path

    def _carried_to(self, found: Sequence[Act]) -> dict[str, str]:
        """Return which paths that commands name are what the engine hands to their step."""
        outside = ("/", INTERNAL)
        names = dict.fromkeys(n for act in found for n in act.reads if not n.startswith(outside))
        handed = [one for one in self._declared if one[0].startswith(INTERNAL)]
        self._effort.spend(len(names) * len(handed) // _A_FEW)
        return {
            name: one
            for name in names
            for one, path in handed
            if one.endswith(name) or (path and overlap(identity(path), name))
        }

    def _handed_to(self, act: Act, own: Sequence[str]) -> list[str]:
        if act.role is not Role.VALIDATE or not own or any("{" in one for one in own):
            return self._handed
        # A validator that names its data looks at that, whatever else its step waits for.
        self._effort.spend(len(self._handed) * len(own) // _A_FEW)
        return [one for one in self._handed if any(overlap(one, other) for other in own)]


def named(step: Step, reference: Reference) -> str:
    """Return the identity of data that a step names, empty where it is none."""
    return _local(identity(reference.name), step) if is_data(reference.name) else ""


def _local(name: str, step: Step) -> str:
    """Return an identity that tells a path of one workspace from that of another."""
    everywhere = name.startswith(INTERNAL) or name.partition(":")[0] in _EVERYWHERE
    if not name or "|" in name or "://" in name or everywhere:
        return name
    return f"{step.workspace}|{name}"


def _tells(act: Act, name: str, writes: Container[str]) -> bool:
    """Say whether a name tells anything: some only a run decides, and a model is no input."""
    dynamic = name.rpartition("|")[2].startswith("{")
    return bool(name) and not dynamic and (act.role is not Role.TRAIN or name not in writes)
