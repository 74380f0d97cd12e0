"""The fourth stage's measure: the mean time to recovery, from an alarm to a safe model everywhere.

An incident begins with the first alarm of a model, and ends when every replica served a release
that was rolled back to. An alarm that ended by itself is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bezoar.core.event import Event
from bezoar.core.rule import Stage
from bezoar.flows.measure import Measure, Missing, Progress
from bezoar.flows.rollback import SAFE
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import BEGAN, OVER
from bezoar.project import Project

_NAME: Final = "mean time to recovery (alarm to a safe model on all replicas)"


@dataclass(frozen=True, slots=True)
class Incident:
    """An alarm, and how long it took to be safe again.

    Attributes:
        model: By name.
        began: When the first alarm came, RFC 3339.
        ended: When every replica was safe; None while they are not.
        seconds: From one to the other; None while it lasts.
    """

    model: str
    began: str
    ended: str | None = None
    seconds: float | None = None


def limit(project: Project, _progress: Progress | None) -> Measure:
    """Measure a project.

    Raises:
        BezoarError: If the ledger cannot be read.
    """
    with open_ledger(project) as ledger:
        found = incidents(ledger.events())
    ended = [one.seconds for one in found if one.seconds is not None]
    return Measure(
        stage=Stage.LIMIT,
        name=_NAME,
        value=round(sum(ended) / len(ended), 1) if ended else None,
        unit="s",
        basis=f"incidents that ended: {len(ended):,}",
        missing=tuple(
            Missing(
                one.model, f"alarm since {one.began}", f"bezoar rollback {one.model} --reason …"
            )
            for one in found
            if one.seconds is None
        ),
        detail={"incidents": [_as_json(one) for one in found]},
        without="no incident has ended yet",
    )


def incidents(events: Iterable[Event]) -> list[Incident]:
    """Return what happened, oldest first; an alarm that ended without a rollback is left out."""
    open_: dict[str, dict[str, str]] = {}
    found: list[Incident] = []
    for event in sorted(events, key=lambda event: event.time):
        model = str(event.detail.get("model", ""))
        key = str(event.detail.get("key", ""))
        if event.kind == BEGAN:
            open_.setdefault(model, {}).setdefault(key, event.time)
        elif event.kind == OVER and model in open_:
            open_[model].pop(key, None)
        elif event.kind == SAFE and (alarms := open_.pop(model, None)):
            began = min(alarms.values())
            if (seconds := _between(began, event.time)) is not None:
                found.append(Incident(model, began, event.time, seconds))
    going_on = [Incident(model, min(one.values())) for model, one in open_.items() if one]
    return sorted([*found, *going_on], key=lambda one: one.began)


def _between(began: str, ended: str) -> float | None:
    try:
        seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    except (ValueError, TypeError):  # a ledger may hold anything by that name
        return None
    return seconds if seconds >= 0 else None


def _as_json(one: Incident) -> dict[str, Any]:
    return {"model": one.model, "began": one.began, "ended": one.ended, "seconds": one.seconds}
