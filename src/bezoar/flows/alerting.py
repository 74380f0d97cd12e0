"""`Alerting`: what an alarm of the monitor sets in motion: the ledger, the outbox, the sinks."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bezoar.core.errors import BezoarError
from bezoar.datasets.entry import timestamp
from bezoar.flows.release_trust import open_registry
from bezoar.flows.rollback_auto import may_roll_back
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import (
    BEGAN,
    OVER,
    SUSPECTED,
    Alarm,
    lift_alarm,
    raise_alarm,
    read_alarms,
)
from bezoar.limit.alerts.delivery import Delivery
from bezoar.limit.alerts.notice import Notice, State, key_of, start_of
from bezoar.limit.alerts.outbox import Outbox
from bezoar.limit.alerts.sinks import open_sinks
from bezoar.project import Project

if TYPE_CHECKING:
    from bezoar.limit.monitor import ClassAlert


_KINDS: Final = {State.FIRING: BEGAN, State.UPDATED: SUSPECTED, State.RESOLVED: OVER}


def open_delivery(project: Project) -> Delivery:
    """Return what sends a project's alerts; nothing is sent before `start` or `deliver`.

    Raises:
        UsageError: If a secret is missing.
    """
    settings = project.settings.alerts
    outbox = Outbox(project.state / "alerts" / "outbox.sqlite")
    return Delivery(outbox, open_sinks(settings.sinks), most=settings.most)


def lift(project: Project, model: str, *, reason: str, class_: str | None = None) -> int:
    """Lift alarms by hand, and return how many were on; the ledger keeps who did it and why.

    Args:
        project: Whose alarms.
        model: Of this model.
        reason: Why nothing is wrong.
        class_: Of this class; None: of all.

    Raises:
        BezoarError: If the ledger or the alarms cannot be written.
    """
    folder = project.state / "alerts"
    count = sum(class_ in (None, one.class_) for one in read_alarms(folder, model))
    with open_ledger(project) as ledger:
        ledger.append("monitor.lifted", model, {"model": model, "class": class_, "reason": reason})
    lift_alarm(folder, model, class_)
    return count


@dataclass
class Alerting:
    """Turns alarms into notices and events.

    Attributes:
        project: Whose alarms they are.
        model: The model that is watched, by name.
        delivery: What sends the notices.
        stream: Where the predictions come from, by name.
        auto: Answers to an alarm that the policy lets set off a rollback, given its key; soon, and
            elsewhere.
    """

    project: Project
    model: str
    delivery: Delivery
    stream: str = "production"
    auto: Callable[[str], object] | None = None
    _on: dict[str, str] = field(default_factory=dict, repr=False)
    _noted: Notice | None = field(default=None, repr=False)

    def notify(self, alert: "ClassAlert", *, samples: tuple[str, ...] = ()) -> Notice:
        """Tell of an alarm that began or ended; returns once it is in the ledger and the outbox.

        From its beginning on, replicas hold the class back; its end does not change that, since a
        pause of the attacker mends no model: a rollback does, or a person. Called again after an
        error, it tells of the same alarm under the same key.

        Args:
            alert: The alarm.
            samples: Inputs that were kept, by name, beside those that the alarm names.

        Raises:
            BezoarError: If the ledger or the outbox cannot be written.
        """
        notice = self._notice(alert, samples)
        self._note(notice)
        # Inputs that drift and answers that are wrong are of no one class: a person decides.
        answered = notice.state is State.FIRING and not alert.rate
        if answered:
            alarm = Alarm(self.model, notice.class_, notice.time, notice.key, notice.release)
            raise_alarm(self.project.state / "alerts", alarm)
        self.delivery.put(notice)
        self._on[alert.class_] = notice.key
        if answered and self._rolls_back(notice.deviations) and self.auto:
            self.auto(notice.key)
        return notice

    def _note(self, notice: Notice) -> None:
        """Leave an event, once, however often the outbox fails after it."""
        if self._noted == replace(notice, time=self._noted.time if self._noted else ""):
            return
        with open_ledger(self.project) as ledger:
            kind = _KINDS[notice.state]
            ledger.append(kind, notice.release or self.model, notice.as_json())
        self._noted = notice

    def _rolls_back(self, deviations: float) -> bool:
        return may_roll_back(self.project.settings.release, deviations)

    def _key(self, alert: "ClassAlert") -> tuple[str, State]:
        """Return the alarm's key, the same one until it is over, and how it stands."""
        known = self._on.get(alert.class_)
        begins = alert.began and not alert.again
        state = State.FIRING if begins else State.UPDATED if alert.began else State.RESOLVED
        if known is not None and not begins:
            return known, state
        start = start_of(key_of(self.model, self.stream, alert.class_, 1))
        number, last = self.delivery.outbox.last(start)
        # Who was killed before it knew that an alarm was told tells of it again: it is no new one.
        new = begins and last != f"{state}: {alert.sentence}"
        return f"{start}:{number + new}", state

    def _notice(self, alert: "ClassAlert", samples: tuple[str, ...]) -> Notice:
        release, data = self._in_production()
        key, state = self._key(alert)
        deviations = round(alert.deviations, 2)
        # Under the policy: one that goes back once, whoever types it, and however often.
        by_itself = self._rolls_back(deviations) and not alert.rate
        how = ["--auto", key] if by_itself else ["--reason", "alarm"]
        missing = alert.suspect
        return Notice(
            key=key,
            state=state,
            model=self.model,
            class_=alert.class_,
            sentence=alert.sentence,
            time=timestamp(),
            observed=alert.observed,
            predictions=alert.predictions,
            expected=round(alert.expected, 3),
            deviations=deviations,
            per_false_alarm=1 / alert.alert.false_alarm_rate,
            release=release,
            data=data,
            suspected=missing.class_ if missing else "",
            suspected_observed=missing.observed if missing else 0,
            suspected_expected=round(missing.expected, 3) if missing else 0.0,
            between=alert.between,
            samples=(*alert.samples, *samples),
            command=shlex.join(["bezoar", "rollback", self.model, *how]),
        )

    def _in_production(self) -> tuple[str, tuple[str, ...]]:
        """Return the digest of the model that answers, and the roots of what it learned from."""
        try:
            registry = open_registry(self.project)
            champion = registry.pointer(self.model).champion
            if champion is None:
                return "", ()
            record = registry.record(self.model, champion.version)
        except BezoarError:  # An alarm is told whatever became of the registry.
            return "", ()
        return champion.digest, tuple(one.root for one in record.data)
