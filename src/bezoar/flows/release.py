"""Registering releases, and how they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.release import ReleaseState
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import timestamp
from bezoar.flows.release_remote import tell_registered
from bezoar.flows.release_trust import open_registry, revoked_data, trusted_gate
from bezoar.flows.run_record import find_run
from bezoar.ledger import open_ledger
from bezoar.limit.releases.record import (
    ReleaseRecord,
    TrainedOn,
    first_fault,
    model_digest,
)
from bezoar.limit.releases.smoke import models_in
from bezoar.limit.releases.statement import Gated
from bezoar.project import Project

REGISTERED: Final = "release.registered"
_HELP: Final = "bezoar release register --help"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a release stands.

    Attributes:
        record: Which one.
        state: Staging, production or archived.
        previous: Whether a rollback would bring it back.
        gated: What the gate said, if its word holds.
        fault: Why it does not, or why the release may not be served; else empty.
    """

    record: ReleaseRecord
    state: ReleaseState
    previous: bool
    gated: Gated | None
    fault: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            **self.record.binding(),
            "time": self.record.time,
            "state": str(self.state),
            "previous": self.previous,
            "verdict": self.gated.decision if self.gated else None,
            "override": list(self.gated.override) if self.gated else [],
            "fault": self.fault,
        }


def register(
    project: Project,
    name: str,
    path: Path,
    version: str,
    *,
    data: Iterable[str] = (),
    run: str | None = None,
    card: Path | None = None,
) -> tuple[ReleaseRecord, list[str]]:
    """Keep a model as a release in staging, with what it was made of.

    Args:
        project: Whose releases.
        name: Of the model.
        path: A file, or a folder of files.
        version: Of this release.
        data: `NAME` or `NAME@VERSION` of what it was trained on.
        run: The run that made it, whose data counts as well.
        card: The model card.

    Returns:
        The release, and what a person should know.

    Raises:
        UsageError: If the name or version is off or taken, the dataset or run is not known, or
            the run did not make this model.
        BezoarError: If a file cannot be read or kept.
    """
    registry = open_registry(project)
    files = registry.store.put(path)
    try:
        record = ReleaseRecord(
            name=name,
            version=version,
            model=str(model_digest(files)),
            files=files,
            data=_trained_on(project, data, run, {one.sha256 for one in files}),
            card=_card_digest(card),
            time=timestamp(),
        )
    except ValidationError as error:
        raise UsageError(f"not a release: {first_fault(error)}", _HELP) from None
    registry.add(record)
    notes = tell_registered(project, record)
    with open_ledger(project) as ledger:
        ledger.append(REGISTERED, record.model, record.binding() | ({"run": run} if run else {}))
    return record, [*notes, *_odd(project, record)]


def standings(project: Project, name: str) -> list[Standing]:
    """Return how each release of a model stands, oldest first.

    Raises:
        UsageError: If there is none.
        BezoarError: If a file of the registry is damaged.
    """
    registry = open_registry(project)
    records = registry.versions(name)
    if not records:
        message = f"there is no release of {name!r}"
        known = ", ".join(registry.names())
        raise UsageError(message, f"one of {known}" if known else _HELP)
    pointer = registry.pointer(name)
    live, before = pointer.champion, {one.version for one in pointer.before()}
    was_live = {step.version for step in pointer.steps}
    previous = pointer.previous.version if pointer.previous else None
    found = []
    for record in records:
        state = (
            ReleaseState.ARCHIVED if record.version in was_live | before else ReleaseState.STAGING
        )
        if live is not None and live.version == record.version:
            state = ReleaseState.PRODUCTION
        gated, fault = _judged(project, record)
        found.append(Standing(record, state, record.version == previous, gated, fault))
    return found


def find_release(project: Project, spec: str) -> ReleaseRecord:
    """Return a release by `NAME@VERSION`; by `NAME` the one that was registered last.

    Raises:
        UsageError: If there is none.
    """
    registry = open_registry(project)
    name, at, version = spec.partition("@")
    if at:
        return registry.record(name, version)
    records = registry.versions(name)
    if not records:
        raise UsageError(f"there is no release of {name!r}", next=_HELP)
    return records[-1]


def differences(one: ReleaseRecord, other: ReleaseRecord) -> dict[str, Any]:
    """Return what differs between two releases, as JSON values."""
    files, others = ({f.path: f.sha256 for f in r.files} for r in (one, other))
    data, more = ({d.dataset: d.root for d in r.data} for r in (one, other))
    return {
        "model": [one.model, other.model],
        "files": _changes(files, others),
        "data": _changes(data, more),
        "card": [one.card, other.card],
    }


def _changes(old: dict[str, str], new: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "old": old.get(name), "new": new.get(name)}
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _judged(project: Project, record: ReleaseRecord) -> tuple[Gated | None, str]:
    for why in revoked_data(project, record):
        return None, f"trained on revoked data: {why}"
    try:
        gated = trusted_gate(project, record)
    except BezoarError as error:
        return None, error.message.removeprefix(f"{record.spec}: ")
    return gated, gated.lacking


def _trained_on(
    project: Project, data: Iterable[str], run: str | None, made: set[str]
) -> tuple[TrainedOn, ...]:
    found = dict(_of_run(project, run, made)) if run else {}
    dbom = Dbom(project)
    for name in data:
        entry = dbom.find(name)
        if entry.content is None:
            message = f"{entry.spec} is a draft: nobody has registered its bytes"
            raise UsageError(message, next=f"bezoar dbom add PATH --name {entry.name}")
        found[entry.spec] = str(entry.root)
    return tuple(TrainedOn(dataset=spec, root=root) for spec, root in sorted(found.items()))


def _of_run(project: Project, run: str, made: set[str]) -> list[tuple[str, str]]:
    with open_ledger(project) as ledger:
        first, last = find_run(ledger.events(), run)
    outputs = last.detail.get("outputs") if last is not None else None
    known = set(outputs.values()) if isinstance(outputs, dict) else set()
    if not made & known:
        message = f"{run} made none of these files, as far as the ledger knows"
        raise UsageError(message, next=f"bezoar trace {run}")
    listed = first.detail.get("datasets")
    rows = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [(str(one["dataset"]), str(one["root"])) for one in rows if one.get("root")]


def _card_digest(card: Path | None) -> str | None:
    if card is None:
        return None
    try:
        return str(Digest.of(card.read_bytes()))
    except OSError as error:
        message = f"cannot read {card}: {error.strerror}"
        raise BezoarError(message, next=f"ls -l {card}") from error


def _odd(project: Project, record: ReleaseRecord) -> Iterable[str]:
    if not record.data:
        yield "it names no data: the gate will not admit it; register with --data or --run"
    known = models_in([one.path for one in record.files])
    if not known and record.name not in project.settings.release.smoke:
        yield (
            "no smoke inference knows such files: name a command in bezoar.toml,"
            f' [release.smoke] {record.name} = ["python", "smoke.py"]'
        )
