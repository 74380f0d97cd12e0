"""How Slack's incoming webhooks want to hear it: Block Kit.

Source: Slack, "Sending messages using incoming webhooks" and "Block Kit": a header of at most 150
characters, sections of at most 3,000, at most ten fields of at most 2,000; `&`, `<` and `>` are
escaped. A webhook knows neither threads nor updates: an end is a message of its own.
"""

from typing import Any, Final

from bezoar.core.place import printable
from bezoar.limit.alerts.notice import Notice, State

_HEADER: Final = 150
_FIELD: Final = 2000
_SECTION: Final = 3000
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def slack(notice: Notice) -> dict[str, Any]:
    """Return the message of an alarm."""
    on = notice.state is not State.RESOLVED
    sign = "\N{LARGE RED CIRCLE} ALARM" if on else "RESOLVED"
    blocks = [
        _block("header", {"type": "plain_text", "text": f"{sign} {_flat(notice.title)}"[:_HEADER]}),
        _block("section", _text(_escaped(notice.sentence), _SECTION)),
        {"type": "section", "fields": _fields(notice)},
    ]
    if notice.command and on:
        back = f"*Back to the last good model*\n```{_escaped(notice.command)}```"
        blocks.append(_block("section", _text(back, _SECTION)))
    if notice.samples:
        kept = "\n".join(f"• {_escaped(name)}" for name in notice.samples)
        blocks.append(_block("section", _text(f"*Inputs that were kept*\n{kept}", _SECTION)))
    context = f"{notice.time} · {_escaped(notice.key)}"
    blocks.append({"type": "context", "elements": [_text(context, _FIELD)]})
    pair = f" Suspected: {_escaped(notice.pair)}." if notice.pair else ""
    return {"text": f"{sign} {_escaped(notice.sentence)}{pair}"[:_SECTION], "blocks": blocks}


def _fields(notice: Notice) -> list[dict[str, str]]:
    rows = {
        "Class": notice.class_ or "(unknown)",
        "Seen": f"{notice.observed:,} in {notice.predictions:,}",
        "Expected": f"{notice.expected:,.1f}",
        "Deviation": f"{notice.deviations:.1f}\u03c3",
        "False alarms": f"at most 1 in {notice.per_false_alarm:,.0f} predictions",
        "Suspected": notice.evidence_of_pair,
        "Alarms between": f"{notice.between:,}" if notice.between else "",
        "Model": f"{notice.model} {notice.release[:19]}".strip(),
        "Trained on": ", ".join(root[:26] for root in notice.data),
    }
    return [_text(f"*{name}*\n{_escaped(value)}", _FIELD) for name, value in rows.items() if value]


def _block(kind: str, text: dict[str, str]) -> dict[str, Any]:
    return {"type": kind, "text": text}


def _text(text: str, most: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text[:most]}


def _escaped(text: str) -> str:
    """Escape what Slack would act on; a back-tick ends code, and is a stranger's at times."""
    return printable(text).replace("`", "'").translate(_ESCAPED)


def _flat(text: str) -> str:
    return printable(text)
