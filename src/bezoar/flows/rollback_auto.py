"""A rollback that an alarm sets off, where the team's policy lets it."""

from typing import Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.event import Event
from bezoar.flows.release_trust import open_registry
from bezoar.flows.rollback import ROLLED_BACK, Progress, RolledBack, rollback
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import BEGAN, OVER
from bezoar.project import Project

ACTOR: Final = "bezoar --auto"


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
            over, was about another release, or has set off a rollback already.
        UsageError: If the ledger knows no such alarm of this model.
        BezoarError: As `rollback` does.
    """
    settings = project.settings.release
    if not settings.auto_rollback:
        why = "no alarm may set off a rollback: [release] auto_rollback is false"
        raise NotAllowedError(why, f"bezoar rollback {model} --reason …")
    alarm = _alarm(project, model, alert)
    deviations = alarm.detail.get("deviations")
    strong = isinstance(deviations, int | float) and deviations >= settings.auto_deviations
    if not strong:
        why = f"the alarm is of {deviations} standard deviations: the policy wants"
        raise NotAllowedError(
            f"{why} {settings.auto_deviations:g}", f"bezoar rollback {model} --reason …"
        )
    champion = open_registry(project).pointer(model).champion
    about = alarm.detail.get("release")
    if about and champion is not None and about != champion.digest:
        why = "the alarm is about another release than the one in production"
        raise NotAllowedError(why, f"bezoar release list {model}")
    sentence = str(alarm.detail.get("sentence") or alert)[:1000]
    return rollback(
        model, reason=sentence, project=project, actor=ACTOR, alert=alert, progress=progress
    )


def _alarm(project: Project, model: str, alert: str) -> Event:
    with open_ledger(project) as ledger:
        events = sorted(ledger.events(), key=lambda event: event.time)
    found = None
    for event in events:
        if event.kind == BEGAN and _is(event, model, alert):
            found = event
        elif event.kind == OVER and _is(event, model, alert):
            raise NotAllowedError(f"the alarm {alert} is over", f"bezoar log show --kind {OVER}")
        elif event.kind == ROLLED_BACK and event.detail.get("alert") == alert:
            raise NotAllowedError(
                f"the alarm {alert} has set off a rollback already", f"bezoar release list {model}"
            )
    if found is None:
        raise UsageError(f"the ledger knows no alarm {alert!r} of {model}", "bezoar log show")
    return found


def _is(event: Event, model: str, alert: str) -> bool:
    return event.detail.get("model") == model and event.detail.get("key") == alert
