"""`rollback`: back to the last good model, verified before the pointer moves.

Everything it needs is in the project's folder. The ledger, MLflow and the replicas hear of it
after the pointer moved: what is down cannot keep a bad model in production.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.flows.events import note_event
from bezoar.flows.release_answer import check_release
from bezoar.flows.release_remote import tell_moved
from bezoar.flows.release_trust import open_registry
from bezoar.limit.alarm import lift_alarm
from bezoar.limit.releases.pointer import Pointer, Step
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.limit.releases.registry import Registry
from bezoar.limit.releases.replicas import Arrival, wait
from bezoar.project import Project, find_project

ROLLED_BACK: Final = "release.rolled_back"
SAFE: Final = "release.safe"
REFUSED: Final = "release.refused"

Progress = Callable[[int, int], None]
"""Called with how many replicas serve the release, and how many there are."""


class RollbackRefusedError(BezoarError):
    """The release to go back to cannot be served (exit code 1); nothing has moved."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What came of a rollback.

    Attributes:
        model: By name.
        before: Version of what was in production.
        after: Version of what is.
        digest: Of its model.
        reason: Why.
        answered: What the smoke inference did.
        moved_s: Seconds until the pointer had moved.
        arrival: What the replicas said.
        seconds: Until all of it was done, or given up.
        notes: What a person should know.
    """

    model: str
    before: str
    after: str
    digest: str
    reason: str
    answered: str
    moved_s: float
    arrival: Arrival
    seconds: float
    notes: tuple[str, ...]

    @property
    def safe(self) -> bool:
        """Whether each replica that is known serves it."""
        return not self.arrival.late

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "model": self.model,
            "from": self.before,
            "to": self.after,
            "digest": self.digest,
            "reason": self.reason,
            "answered": self.answered,
            "safe": self.safe,
            "replicas": list(self.arrival.safe),
            "late": dict(self.arrival.late),
            "pointer_seconds": round(self.moved_s, 3),
            "safe_seconds": round(self.arrival.seconds, 3),
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }


def rollback(
    model: str,
    *,
    reason: str,
    to: str | None = None,
    project: Project | None = None,
    actor: str | None = None,
    alert: str = "",
    leaving: str = "",
    timeout_s: float | None = None,
    progress: Progress | None = None,
) -> RolledBack:
    """Bring back the release before, or an older one, and wait until each replica serves it.

    Args:
        model: By name.
        reason: Why.
        to: The version to go back to; None: the one before.
        project: Whose releases; None: that of the current folder.
        actor: Who does it; the user's login name unless given.
        alert: Key of the alarm that it answers to.
        leaving: Version or digest of what has to be in production still, so that who asks twice
            goes back once; empty: whatever is.
        timeout_s: How long to wait for the replicas; None: as the settings say.
        progress: Called while it waits.

    Raises:
        RollbackRefusedError: If that release is altered, does not answer, is not signed or was
            trained on revoked data (the message names the next good one); or if what was to be
            left is in production no more.
        UsageError: If nothing was in production before, or not that version, or there is no reason.
        BezoarError: If the pointer is damaged or cannot be written.
    """
    began = time.monotonic()
    if not reason.strip():
        raise UsageError("a rollback has a reason", f"bezoar rollback {model} --reason …")
    project = project or find_project()
    registry = open_registry(project)
    with registry.changing(model):
        pointer = registry.pointer(model)
        _still(pointer, leaving)
        target, rest = _target(pointer, to)
        try:
            record, answered = _check(project, registry, model, target)
        except BezoarError as error:
            raise _refused(project, registry, model, (target, *rest), error.message) from error
        moved = _moved(pointer, target)
        registry.point(moved)
    moved_s = time.monotonic() - began
    before = pointer.champion.version if pointer.champion else ""
    notes = _lifted(project, model)
    detail = {**record.binding(), "from": before, "to": target.version}
    detail |= {"reason": reason, "alert": alert, "pointer_seconds": round(moved_s, 3)}
    notes += note_event(project, ROLLED_BACK, record.model, detail, actor)
    settings = project.settings.release
    arrival = wait(
        project.state / "replicas",
        model,
        target.digest,
        urls=settings.replicas,
        timeout_s=settings.replica_timeout_s if timeout_s is None else timeout_s,
        progress=progress,
    )
    if not arrival.late:
        notes += note_event(
            project, SAFE, record.model, _safe(model, target, arrival, alert), actor
        )
    notes += tell_moved(project, registry, moved)
    return RolledBack(
        model=model,
        before=before,
        after=target.version,
        digest=target.digest,
        reason=reason,
        answered=answered,
        moved_s=moved_s,
        arrival=arrival,
        seconds=time.monotonic() - began,
        notes=tuple(notes),
    )


def _still(pointer: Pointer, leaving: str) -> None:
    now = pointer.champion
    if leaving and (now is None or leaving not in (now.version, now.digest)):
        live = now.version if now else "nothing"
        raise RollbackRefusedError(
            f"{leaving[:80]} is not in production of {pointer.name} any more: {live} is",
            f"bezoar release list {pointer.name}",
        )


def _target(pointer: Pointer, to: str | None) -> tuple[Step, Sequence[Step]]:
    """Return the step to go back to, and those that were live before it."""
    before = pointer.before()
    listed = f"bezoar release list {pointer.name}"
    if not before:
        raise UsageError(f"nothing of {pointer.name} was in production before", listed)
    if to is None:
        return before[0], before[1:]
    version = to.removeprefix(f"{pointer.name}@")
    for number, step in enumerate(before):
        if step.version == version:
            return step, (*before[:number], *before[number + 1 :])
    known = ", ".join(step.version for step in before)
    raise UsageError(f"{pointer.name}@{version} was not in production before: {known} were", listed)


def _refused(
    project: Project, registry: Registry, name: str, steps: Sequence[Step], why: str
) -> RollbackRefusedError:
    """Return why the first of some steps is not gone back to, and which of the others is good."""
    target, *rest = steps
    detail = {"model": name, "version": target.version, "why": why}
    note_event(project, REFUSED, target.digest, detail, None)
    message = f"not rolled back to {name}@{target.version}: {why}"
    for step in rest:
        try:
            _check(project, registry, name, step)
        except BezoarError:
            continue
        then = f"bezoar rollback {name} --to {step.version} --reason …"
        return RollbackRefusedError(f"{message}; the next good one is {step.version}", then)
    message = f"{message}; no other release that was live is good"
    return RollbackRefusedError(message, f"bezoar release list {name}")


def _check(
    project: Project, registry: Registry, name: str, step: Step
) -> tuple[ReleaseRecord, str]:
    record = registry.record(name, step.version)
    if record.model != step.digest:
        raise BezoarError(f"{record.spec}: the pointer says another digest than the release has")
    return record, check_release(project, record)


def _moved(pointer: Pointer, target: Step) -> Pointer:
    """Return the pointer after as many steps back as it takes."""
    history = pointer.history()
    while history.production is None or history.production.model != Digest.parse(target.digest):
        history = history.rollback()
    return pointer.after(history)


def _safe(model: str, target: Step, arrival: Arrival, alert: str) -> dict[str, Any]:
    """Return what the ledger keeps of the moment when all replicas were safe."""
    return {
        "model": model,
        "version": target.version,
        "replicas": list(arrival.safe),
        "seconds": round(arrival.seconds, 3),
        "alert": alert,
    }


def _lifted(project: Project, model: str) -> list[str]:
    """Clear the alarms of a model: those were about what was in production."""
    try:
        lift_alarm(project.state / "alerts", model)
    except BezoarError as error:
        return [error.message]
    return []
