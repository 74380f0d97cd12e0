"""`Alerting`: what an alarm of the monitor sets in motion: the ledger, the outbox, the sinks."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bezoar.core.errors import BezoarError
from bezoar.datasets.entry import timestamp
from bezoar.flows.release_trust import open_registry
from bezoar.flows.rollback_auto import may_roll_back
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import BEGAN, OVER, Alarm, lift_alarm, raise_alarm, read_alarms
from bezoar.limit.alerts.delivery import Delivery
from bezoar.limit.alerts.notice import Alarms, Notice, State, most_missing
from bezoar.limit.alerts.outbox import Outbox
from bezoar.limit.alerts.sinks import open_sinks
from bezoar.project import Project

if TYPE_CHECKING:
    from bezoar.limit.monitor import ClassAlert


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
        shares: Share of each class in the baseline.
        stream: Where the predictions come from, by name.
        auto: Answers to an alarm that the policy lets set off a rollback, given its key; soon, and
            elsewhere.
        alarms: Which alarms are on.
    """

    project: Project
    model: str
    delivery: Delivery
    shares: Mapping[str, float] = field(default_factory=dict)
    stream: str = "production"
    auto: Callable[[str], object] | None = None
    alarms: Alarms = field(init=False)

    def __post_init__(self) -> None:
        """Go on counting where the outbox left off: a key is never used for two alarms."""
        self.alarms = Alarms(self.model, self.stream)
        for row in self.delivery.outbox.rows():
            start, _, number = row.alarm.rpartition(":")
            prefix = f"{self.model}:{self.stream}:"
            if start.startswith(prefix) and number.isdecimal():
                class_ = start.removeprefix(prefix)
                known = self.alarms.numbers.get(class_, 0)
                self.alarms.numbers[class_] = max(known, int(number))

    def notify(
        self,
        alert: "ClassAlert",
        *,
        counts: Mapping[str, int] | None = None,
        samples: tuple[str, ...] = (),
    ) -> Notice:
        """Tell of an alarm that began or ended; returns once it is in the ledger and the outbox.

        From its beginning on, replicas hold the class back; its end does not change that, since a
        pause of the attacker mends no model: a rollback does, or a person.

        Args:
            alert: The alarm.
            counts: How often each class came up lately, to tell which one is missing.
            samples: Inputs that were kept, by name.

        Raises:
            BezoarError: If the ledger or the outbox cannot be written.
        """
        notice = self._notice(alert, counts or {}, samples)
        firing = notice.state is State.FIRING
        with open_ledger(self.project) as ledger:
            kind = BEGAN if firing else OVER
            ledger.append(kind, notice.release or self.model, notice.as_json())
        if firing:
            alarm = Alarm(self.model, notice.class_, notice.time, notice.key, notice.release)
            raise_alarm(self.project.state / "alerts", alarm)
        self.delivery.put(notice)
        if firing and self._rolls_back(notice.deviations) and self.auto is not None:
            self.auto(notice.key)
        return notice

    def _rolls_back(self, deviations: float) -> bool:
        return may_roll_back(self.project.settings.release, deviations)

    def _notice(
        self, alert: "ClassAlert", counts: Mapping[str, int], samples: tuple[str, ...]
    ) -> Notice:
        suspected = most_missing(self.shares, counts, alert.class_) if alert.began else ""
        release, data = self._in_production()
        key = self.alarms.key(alert.class_, began=alert.began)
        deviations = round(alert.deviations, 2)
        # Under the policy: one that goes back once, whoever types it, and however often.
        how = ["--auto", key] if self._rolls_back(deviations) else ["--reason", "alarm"]
        return Notice(
            key=key,
            state=State.FIRING if alert.began else State.RESOLVED,
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
            suspected=suspected,
            samples=samples,
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
