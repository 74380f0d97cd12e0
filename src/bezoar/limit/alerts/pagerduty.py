"""How PagerDuty wants to hear it: Events API v2.

Source: PagerDuty, "Send an Alert Event" (Events API v2): `dedup_key` of at most 255 characters,
`summary` of at most 1,024, one of four severities, 512 KB in all. The end of an alarm resolves the
incident that its beginning opened; what becomes known in between goes to the same incident.
"""

from typing import Any, Final

from bezoar.core.place import printable
from bezoar.limit.alerts.notice import Notice, State

ADDRESS: Final = "https://events.pagerduty.com/v2/enqueue"
_SUMMARY: Final = 1024


def pagerduty(notice: Notice, routing_key: str) -> dict[str, Any]:
    """Return the event of an alarm.

    Args:
        notice: The alarm.
        routing_key: Of the service's integration; a secret.
    """
    if notice.state is State.RESOLVED:
        return {
            "routing_key": routing_key,
            "event_action": "resolve",
            "dedup_key": notice.key,
        }
    pair = f" Suspected: {notice.pair}." if notice.pair else ""
    details = {name: value for name, value in notice.as_json().items() if value}
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": notice.key,
        "payload": {
            "summary": printable(notice.sentence + pair)[:_SUMMARY],
            "source": notice.model,
            "severity": "critical",
            "timestamp": notice.time,
            "component": notice.release or notice.model,
            "group": notice.model,
            "class": "prediction distribution",
            "custom_details": details,
        },
        "client": "bezoar",
    }
