"""What a flow leaves in the ledger about a version of a dataset."""

from collections.abc import Mapping
from typing import Any

from bezoar.core.errors import BezoarError
from bezoar.datasets.entry import DbomEntry
from bezoar.ledger import open_ledger
from bezoar.project import Project


def record_event(project: Project, kind: str, entry: DbomEntry, detail: Mapping[str, Any]) -> None:
    """Leave an event about a version: its subject is the root where it has one, else its name."""
    subject = str(entry.root) if entry.content is not None else entry.spec
    with open_ledger(project) as ledger:
        ledger.append(kind, subject, {"dataset": entry.spec, **detail})


def note_event(
    project: Project, kind: str, subject: str, detail: Mapping[str, Any], actor: str | None
) -> list[str]:
    """Leave an event about what is done already, and return what a person should know.

    A ledger that is down must not keep a bad model in production.
    """
    try:
        with open_ledger(project) as ledger:
            ledger.append(kind, subject, detail, actor)
    except BezoarError as error:
        return [f"the ledger does not know of it: {error.message}"]
    return []
