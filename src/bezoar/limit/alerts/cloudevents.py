"""How anything else wants to hear it: a CloudEvents 1.0 envelope, in structured mode.

Source: CNCF, CloudEvents 1.0.2, JSON event format and HTTP protocol binding.
"""

from typing import Any, Final
from urllib.parse import quote

from bezoar.limit.alerts.notice import Notice

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"


def cloudevent(notice: Notice) -> dict[str, Any]:
    """Return the event of an alarm; its id is the same each time that it is sent."""
    return {
        "specversion": "1.0",
        "id": f"{quote(notice.key, safe='')}/{notice.state}",
        "source": f"urn:bezoar:monitor:{quote(notice.model, safe='')}",
        "type": f"bezoar.monitor.alarm.{notice.state}",
        "subject": quote(notice.class_, safe=" ") or "unknown",
        "time": notice.time,
        "datacontenttype": "application/json",
        "data": notice.as_json(),
    }
