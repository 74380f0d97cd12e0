"""Blast radius: which releases were trained on something, and which one is untouched by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bezoar.core.errors import BezoarError
from bezoar.flows.release_trust import (
    NotReleasedError,
    check_servable,
    open_registry,
    refuse_revoked_data,
)
from bezoar.flows.trace import Trace
from bezoar.limit.releases.pointer import Pointer
from bezoar.limit.releases.record import ReleaseRecord
from bezoar.project import Project


@dataclass(frozen=True, slots=True)
class Reached:
    """A model with releases that were trained on something.

    Attributes:
        model: By name.
        releases: Their versions, oldest first.
        live: Whether the one in production is among them.
        untouched: Version of the newest one that is not, was live and may be served; None where
            there is none.
    """

    model: str
    releases: tuple[str, ...]
    live: bool
    untouched: str | None

    @property
    def next(self) -> str:
        """The command to type; empty where nothing has to be done."""
        if not self.live:
            return ""
        if self.untouched is None:
            return f"bezoar release list {self.model}"
        return f"bezoar rollback {self.model} --to {self.untouched} --reason …"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "model": self.model,
            "releases": list(self.releases),
            "in_production": self.live,
            "untouched": self.untouched,
            "next": self.next,
        }


def releases_reached(project: Project, found: Trace) -> tuple[Reached, ...]:
    """Return the models that what was traced went into.

    Args:
        project: Whose releases.
        found: How far something reached, as `trace` says.

    Raises:
        BezoarError: If a file of the registry is damaged.
    """
    names = {node.name for top in found.found for node in top.reached()}
    registry = open_registry(project)
    return tuple(
        one
        for name in registry.names()
        if (one := _reached(project, registry.pointer(name), registry.versions(name), names))
    )


def _reached(
    project: Project, pointer: Pointer, records: Iterable[ReleaseRecord], names: set[str]
) -> Reached | None:
    records = tuple(records)
    touched = {one.version for one in records if _touches(one, names)}
    if not touched:
        return None
    live = pointer.champion is not None and pointer.champion.version in touched
    by_version = {one.version: one for one in records}
    untouched = [
        step.version
        for step in pointer.before()
        if step.version not in touched and _good(project, by_version.get(step.version))
    ]
    ordered = tuple(one.version for one in records if one.version in touched)
    return Reached(pointer.name, ordered, live, untouched[0] if untouched else None)


def _touches(record: ReleaseRecord, names: set[str]) -> bool:
    known = {record.model, *(one.sha256 for one in record.files)}
    known |= {one.dataset for one in record.data} | {one.root for one in record.data}
    return bool(known & names)


def _good(project: Project, record: ReleaseRecord | None) -> bool:
    """Say whether a release may be served; its bytes are held against it by the rollback."""
    if record is None:
        return False
    try:
        check_servable(project, record)
        refuse_revoked_data(project, record)
    except NotReleasedError:
        return False
    except BezoarError:
        return False
    return True
