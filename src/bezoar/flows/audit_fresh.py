"""Whether the pipelines of a project are the ones that were audited: asked before a release.

An audit of the own project leaves an event with the digest of each file that it judged. What a
pipeline is made of today is worked out anew, so that a definition which was added counts as a
change as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.event import Event
from bezoar.core.finding import Finding
from bezoar.core.json_object import canonical
from bezoar.core.place import Place, PlaceKind
from bezoar.datasets.entry import now
from bezoar.evaluate.audit import CHANGED_SINCE_AUDIT
from bezoar.flows.audit_reading import read_definitions
from bezoar.ledger import open_ledger
from bezoar.project import Project

AUDITED: Final = "pipelines.audited"
_NEXT: Final = "bezoar audit"
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Freshness:
    """How the newest audit of a project stands.

    Attributes:
        audited: Its event; None where nobody audited the project.
        findings: Of BZ238: what speaks against it; none where the audit is fresh.
    """

    audited: Event | None
    findings: tuple[Finding, ...]

    @property
    def fresh(self) -> bool:
        """True where the definitions are the ones that were audited, and not too long ago."""
        return not self.findings


def audited_fresh(project: Project, days: int) -> Freshness:
    """Say whether the pipelines of a project are the ones that were audited.

    Args:
        project: Whose.
        days: How old the audit may be, as `[audit] require_fresh_days` says.

    Raises:
        BezoarError: If the ledger cannot be read.
    """
    event = last_audit(project)
    if event is None:
        message = "Nobody audited the pipelines of this project."
        return Freshness(None, (_finding(str(project.root.name), message),))
    before = _definitions(event)
    today = {path: str(one) for path, one in read_definitions(project).digests.items()}
    return Freshness(event, tuple(_faults(event, before, today, days)))


def last_audit(project: Project) -> Event | None:
    """Return the event of the newest audit of a project; None where there is none."""
    with open_ledger(project) as ledger:
        found = [event for event in ledger.events() if event.kind == AUDITED]
    # Of two at the same moment the later in its chain.
    return max(reversed(found), key=lambda event: event.time, default=None)


def note_audit(project: Project, definitions: Mapping[str, Digest], **detail: Any) -> None:
    """Leave the event of an audit in the project's ledger.

    Args:
        project: That was audited, as a whole.
        definitions: The digest of each file that a pipeline is made of, by path.
        detail: What came of it; JSON values.

    Raises:
        BezoarError: If the ledger cannot be written.
    """
    listed = {path: str(one) for path, one in definitions.items()}
    with open_ledger(project) as ledger:
        subject = str(audit_subject(definitions))
        ledger.append(AUDITED, subject, {"definitions": listed, **detail})


def audit_subject(definitions: Mapping[str, Digest]) -> Digest:
    """Return the one digest that an audit is bound to: over the path and digest of each file."""
    return Digest.of(canonical({path: str(one) for path, one in definitions.items()}))


def _definitions(event: Event) -> dict[str, str]:
    found = event.detail.get("definitions")
    return {str(path): str(one) for path, one in found.items()} if isinstance(found, dict) else {}


def _faults(
    event: Event, before: Mapping[str, str], today: Mapping[str, str], days: int
) -> Iterator[Finding]:
    when = _time(event)
    if when is None or when > now() + timedelta(days=1):
        yield _finding("pipelines", f"The audit is dated {event.time}, which cannot be.")
    elif now() - when > timedelta(days=days):
        yield _finding("pipelines", f"The audit of {event.time[:10]} is older than {days:,} days.")
    changed = [path for path in sorted({*before, *today}) if before.get(path) != today.get(path)]
    for path in changed[:_MOST_SHOWN]:
        yield _finding(path, _how(before.get(path), today.get(path), event.time))
    if len(changed) > _MOST_SHOWN:
        more = len(changed) - _MOST_SHOWN
        yield _finding(changed[_MOST_SHOWN], f"This and {more - 1:,} more files changed, too.")


def _how(before: str | None, today: str | None, time: str) -> str:
    if before is None:
        return f"It came to the pipelines after the audit of {time[:10]}."
    if today is None:
        return f"It is gone, or belongs to no pipeline, since the audit of {time[:10]}."
    return f"It was changed after the audit of {time[:10]}."


def _finding(name: str, message: str, **evidence: Any) -> Finding:
    return Finding(
        CHANGED_SINCE_AUDIT,
        Place(PlaceKind.FILE, name or "."),
        message,
        evidence=evidence,
        next=_NEXT,
    )


def _time(event: Event) -> datetime | None:
    try:
        when = datetime.fromisoformat(event.time)
    except ValueError:
        return None
    return when if when.tzinfo else None
