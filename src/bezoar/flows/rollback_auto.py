"""A rollback that an alarm sets off, where the team's policy lets it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread
from typing import Any, Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.event import Event
from bezoar.core.place import printable
from bezoar.datasets.entry import now
from bezoar.flows.events import note_event
from bezoar.flows.release_trust import open_registry
from bezoar.flows.rollback import (
    ROLLED_BACK,
    Progress,
    RollbackRefusedError,
    RolledBack,
    rollback,
)
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import BEGAN, OVER, read_alarms
from bezoar.project import Project
from bezoar.project.settings import ReleaseSettings

ACTOR: Final = "bezoar --auto"
LEFT: Final = "release.left"
"""What the ledger calls it that an alarm set off no rollback; the detail says why."""
_WAITS_S: Final = (1.0, 4.0)


class NotAllowedError(BezoarError):
    """The policy does not let this alarm set off a rollback (exit code 1)."""

    exit_code = 1


def rollback_on_alarm(
    project: Project, model: str, alert: str, *, progress: Progress | None = None
) -> RolledBack:
    """Roll a model back because of an alarm that the ledger knows.

    Args:
        project: Whose policy and ledger.
        model: By name.
        alert: The alarm's key, as its notice gives it.
        progress: Called while it waits for the replicas.

    Raises:
        NotAllowedError: If the policy says no: it is not switched on, the alarm is too weak, is
            over, was about another release, or has set off a rollback already; or a rollback was
            not long ago.
        UsageError: If the ledger knows no such alarm of this model.
        BezoarError: As `rollback` does.
    """
    settings = project.settings.release
    if not settings.auto_rollback:
        why = "no alarm may set off a rollback: [release] auto_rollback is false"
        raise NotAllowedError(why, f"bezoar rollback {model} --reason …")
    alarm = _alarm(project, model, alert)
    if not may_roll_back(settings, alarm.detail.get("deviations")):
        why = f"the alarm is of {alarm.detail.get('deviations')} standard deviations: the policy"
        raise NotAllowedError(
            f"{why} wants {settings.auto_deviations:g}", f"bezoar rollback {model} --reason …"
        )
    champion = open_registry(project).pointer(model).champion
    about = alarm.detail.get("release")
    if about and champion is not None and about != champion.digest:
        why = "the alarm is about another release than the one in production"
        raise NotAllowedError(why, f"bezoar release list {model}")
    return rollback(
        model,
        reason=str(alarm.detail.get("sentence") or alert)[:1000],
        project=project,
        actor=ACTOR,
        alert=alert,
        # What is in production may change between this check and the move of the pointer.
        leaving=champion.digest if champion else "",
        progress=progress,
    )


def may_roll_back(settings: ReleaseSettings, deviations: Any) -> bool:
    """Tell whether the policy lets an alarm of so many standard deviations set off a rollback."""
    known = isinstance(deviations, int | float)
    return known and settings.auto_rollback and deviations >= settings.auto_deviations


@dataclass
class AutoRollback:
    """Rolls a model back as soon as an alarm of it may set that off.

    Attributes:
        project: Whose policy, ledger and alarms.
        model: By name.
        told: Is told what came of it, in a sentence.
    """

    project: Project
    model: str
    told: Callable[[str], object]
    _alone: Lock = field(default_factory=Lock, repr=False)

    def __call__(self, alert: str) -> None:
        """Answer to an alarm that the ledger knows, elsewhere: predictions go on coming in."""
        # No daemon: who stops the monitor waits until replicas are safe, or given up.
        Thread(target=self._answer, args=(alert,), name="rollback").start()

    def resume(self) -> None:
        """Answer to the alarms that are on: a kill may have come between alarm and rollback."""
        for alarm in read_alarms(self.project.state / "alerts", self.model):
            self(alarm.alert)

    def _answer(self, alert: str) -> None:
        with self._alone:
            self.told(printable(self._outcome(alert)))

    def _outcome(self, alert: str) -> str:
        for wait in (*_WAITS_S, None):
            try:
                result = rollback_on_alarm(self.project, self.model, alert)
            except (NotAllowedError, RollbackRefusedError, UsageError) as error:
                why = error.message
                break
            except BezoarError as error:  # a ledger or a disk may be back soon
                why = error.message
                if wait is not None:
                    time.sleep(wait)
            else:
                late = f"; late: {', '.join(result.arrival.late)}" if result.arrival.late else ""
                return f"{alert}: {self.model} is back from {result.before} to {result.after}{late}"
        detail = {"model": self.model, "alert": alert, "why": why}
        note_event(self.project, LEFT, self.model, detail, ACTOR)
        return f"{alert}: {self.model} is not rolled back by itself: {why}"


def _alarm(project: Project, model: str, alert: str) -> Event:
    with open_ledger(project) as ledger:
        events = sorted(ledger.events(), key=lambda event: event.time)
    found = back = None
    for event in events:
        if event.kind == BEGAN and _is(event, model, alert):
            found = event
        elif event.kind == OVER and _is(event, model, alert):
            raise NotAllowedError(f"the alarm {alert} is over", f"bezoar log show --kind {OVER}")
        elif event.kind == ROLLED_BACK and event.detail.get("alert") == alert:
            raise NotAllowedError(
                f"the alarm {alert} has set off a rollback already", f"bezoar release list {model}"
            )
        elif event.kind == ROLLED_BACK and event.detail.get("model") == model:
            back = event
    if found is None:
        raise UsageError(f"the ledger knows no alarm {alert!r} of {model}", "bezoar log show")
    if back is not None:
        _not_just_now(back, model, project.settings.release.auto_pause_s)
    return found


def _not_just_now(rolled_back: Event, model: str, pause_s: float) -> None:
    """Refuse where a rollback was not long ago.

    What the model before had answered may still bring up alarms of other classes: they must not
    take its successor away, too.
    """
    passed = max((now() - datetime.fromisoformat(rolled_back.time)).total_seconds(), 0.0)
    if passed < pause_s:
        why = f"{model} was rolled back {passed:,.0f} s ago"
        raise NotAllowedError(
            f"{why}; [release] auto_pause_s is {pause_s:,.0f}", f"bezoar release list {model}"
        )


def _is(event: Event, model: str, alert: str) -> bool:
    return event.detail.get("model") == model and event.detail.get("key") == alert
