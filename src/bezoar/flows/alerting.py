"""`Alerting`: what an alarm of the monitor sets in motion: the ledger, the outbox, the sinks."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bezoar.datasets.entry import timestamp
from bezoar.ledger import open_ledger
from bezoar.limit.alerts.delivery import Delivery
from bezoar.limit.alerts.notice import Alarms, Notice, State, most_missing
from bezoar.limit.alerts.outbox import Outbox
from bezoar.limit.alerts.sinks import open_sinks
from bezoar.project import Project

if TYPE_CHECKING:
    from bezoar.limit.monitor import ClassAlert

ALARM, OVER = "monitor.alarm", "monitor.over"
"""What the ledger calls the beginning and the end of an alarm."""


def open_delivery(project: Project) -> Delivery:
    """Return what sends a project's alerts; nothing is sent before `start` or `deliver`.

    Raises:
        UsageError: If a secret is missing.
    """
    settings = project.settings.alerts
    outbox = Outbox(project.state / "alerts" / "outbox.sqlite")
    return Delivery(outbox, open_sinks(settings.sinks), most=settings.most)


@dataclass
class Alerting:
    """Turns alarms into notices and events.

    Attributes:
        project: Whose alarms they are.
        model: The model that is watched, by name.
        delivery: What sends the notices.
        shares: Share of each class in the baseline.
        stream: Where the predictions come from, by name.
        release: Digest of the model that answers; empty where nobody knows.
        data: Manifest roots of what it was trained on.
        alarms: Which alarms are on.
    """

    project: Project
    model: str
    delivery: Delivery
    shares: Mapping[str, float] = field(default_factory=dict)
    stream: str = "production"
    release: str = ""
    data: tuple[str, ...] = ()
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

        Args:
            alert: The alarm.
            counts: How often each class came up lately, to tell which one is missing.
            samples: Inputs that were kept, by name.

        Raises:
            BezoarError: If the ledger or the outbox cannot be written.
        """
        notice = self._notice(alert, counts or {}, samples)
        kind = ALARM if notice.state is State.FIRING else OVER
        with open_ledger(self.project) as ledger:
            ledger.append(kind, notice.release or self.model, notice.as_json())
        self.delivery.put(notice)
        return notice

    def _notice(
        self, alert: "ClassAlert", counts: Mapping[str, int], samples: tuple[str, ...]
    ) -> Notice:
        suspected = most_missing(self.shares, counts, alert.class_) if alert.began else ""
        return Notice(
            key=self.alarms.key(alert.class_, began=alert.began),
            state=State.FIRING if alert.began else State.RESOLVED,
            model=self.model,
            class_=alert.class_,
            sentence=alert.sentence,
            time=timestamp(),
            observed=alert.observed,
            predictions=alert.predictions,
            expected=round(alert.expected, 3),
            deviations=round(alert.deviations, 2),
            per_false_alarm=1 / alert.alert.false_alarm_rate,
            release=self.release,
            data=self.data,
            suspected=suspected,
            samples=samples,
            command=shlex.join(["bezoar", "rollback", self.model, "--reason", "alarm"]),
        )
