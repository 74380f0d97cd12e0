"""`Incidents`: alarms between the detector, which raises them, and those who are told of them.

An alarm comes as early as it can be sure that a class comes up too often. Which class is missing in
its place is clear only later at times: it is looked for until it is, and then told under the same
alarm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bezoar.limit.kept_inputs import KeptInputs, Sent
from bezoar.limit.monitor import ClassAlert, Monitor
from bezoar.limit.untold import Untold, as_json, parse_alert

_LEAST_MORE: Final = 4
"""Events of a class from one look for its suspect to the next; later, a quarter of them."""


class Incidents:
    """Which alarms are on, and who has to hear of what.

    Attributes:
        on: The alarms that are on, by class, with the latest evidence.
        untold: What is to be told, in order.
        inputs: Keeps inputs; None: nobody asked for that.
    """

    def __init__(self, inputs: KeptInputs | None = None) -> None:
        self.on: dict[str, ClassAlert] = {}
        self.untold = Untold()
        self.inputs = inputs
        self._looks: dict[str, tuple[int, int]] = {}

    def took(
        self, alerts: Sequence[ClassAlert], monitor: Monitor, sent: Sent | None = None
    ) -> tuple[ClassAlert, ...]:
        """Take in what a batch brought, and return its alarms with the inputs that were kept.

        Args:
            alerts: Alarms that it began or ended.
            monitor: As it stands after the batch.
            sent: The inputs that came with it.
        """
        if self.inputs is not None and sent is not None:
            self.inputs.add(sent)
        turns = tuple(self._turn(alert, monitor) for alert in alerts)
        for class_, alert in list(self.on.items()):
            if alert.suspect is None and not alert.rate:
                self._look(class_, alert, monitor)
        return turns

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "on": [as_json(alert) for alert in self.on.values()],
            "looks": self._looks,
            "untold": self.untold.as_json(),
            "inputs": self.inputs.as_json() if self.inputs is not None else None,
        }

    def restore(self, values: Mapping[str, Any]) -> None:
        """Go on where `as_json` stood.

        Raises:
            ValueError: If that cannot be read; so do KeyError and TypeError.
        """
        if not values:
            return
        self.on = {alert.class_: alert for alert in map(parse_alert, values["on"])}
        self._looks = {str(name): (int(a), int(b)) for name, (a, b) in values["looks"].items()}
        self.untold = Untold(values["untold"])
        if self.inputs is not None and values["inputs"]:
            self.inputs.restore(values["inputs"])

    def _turn(self, alert: ClassAlert, monitor: Monitor) -> ClassAlert:
        if not alert.began:
            self.on.pop(alert.class_, None)
            self._looks.pop(alert.class_, None)
        else:
            alert = replace(alert, samples=self._samples(alert, monitor))
            self.on[alert.class_] = alert
        self.untold.add(alert)
        return alert

    def _samples(self, alert: ClassAlert, monitor: Monitor) -> tuple[str, ...]:
        if self.inputs is None or alert.rate:
            return ()
        return self.inputs.pin(monitor.number(alert.class_))

    def _look(self, class_: str, alert: ClassAlert, monitor: Monitor) -> None:
        """Look for the class that is missing in the place of an alarmed one, ever more seldom."""
        which = monitor.number(class_)
        events = int(monitor.evidence.events[which])
        began, then = self._looks.get(class_, (events, events))
        if events < then:
            return
        self._looks[class_] = (began, events + max(_LEAST_MORE, (events - began) // 4))
        suspect = monitor.suspect(which)
        if suspect is None:
            return
        predictions, observed, expected = monitor.evidence.recent(which)
        self.on[class_] = replace(
            alert,
            predictions=predictions,
            observed=observed,
            expected=expected,
            suspect=suspect,
            samples=self._samples(alert, monitor),
            again=True,
        )
        self.untold.add(self.on[class_])
