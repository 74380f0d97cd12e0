"""How a person reads it in plain text: e-mail, and whatever apprise reaches."""

from bezoar.core.place import printable
from bezoar.limit.alerts.notice import Notice, State


def subject(notice: Notice) -> str:
    """Return one line."""
    sign = "RESOLVED" if notice.state is State.RESOLVED else "ALARM"
    return printable(f"[bezoar] {sign} {notice.title}")[:200]


def body(notice: Notice) -> str:
    """Return the whole story."""
    rows = [printable(notice.sentence), ""]
    facts = {
        "time": notice.time,
        "model": f"{notice.model} {notice.release}".strip(),
        "trained on": ", ".join(notice.data),
        "suspected": notice.evidence_of_pair,
        "alarms between": f"{notice.between:,}" if notice.between else "",
        "kept inputs": ", ".join(notice.samples),
        "alarm": notice.key,
    }
    rows += [f"{name}: {printable(value)}" for name, value in facts.items() if value]
    if notice.command and notice.state is not State.RESOLVED:
        rows += ["", "back to the last good model:", f"  {printable(notice.command)}"]
    return "\n".join(rows) + "\n"
