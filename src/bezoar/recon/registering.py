"""One version of a dataset into the DBOM: as a draft, then pinned to its bytes and labels."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bezoar.core.errors import UsageError
from bezoar.core.finding import Finding
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom, describe
from bezoar.datasets.entry import DbomEntry, Derivation, Origin, Status, check_names, now
from bezoar.datasets.entry_toml import first_fault
from bezoar.datasets.files import open_files
from bezoar.datasets.licence import parse_licence
from bezoar.datasets.manifest import write_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.survey import survey
from bezoar.recon.published import compare_published, in_place

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person says about a dataset; `DbomEntry` explains each."""

    name: str
    version: str
    origin: tuple[str, ...] = ()
    purpose: str = ""
    revision: str | None = None
    publisher: str | None = None
    licence: str | None = None
    sensitivity: str | None = None
    owners: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    transform: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of it.

    Attributes:
        entry: The new entry; None where a sample could not be read, or there was none.
        findings: What was wrong with the data.
    """

    entry: DbomEntry | None
    findings: tuple[Finding, ...]


def register_dataset(
    path: Path,
    facts: Facts,
    dbom: Dbom,
    progress: Progress | None = None,
    *,
    files: bool = False,
) -> Registration:
    """Hash each sample, store the manifest, add an entry or complete a draft.

    A dataset with findings of medium severity or worse is added as quarantined, as is one with
    other bytes than its source published. One with samples that cannot be read is not added: its
    manifest would leave them out.

    Args:
        path: Where the dataset lies.
        facts: What a person says about it; what a draft says already may be left out.
        dbom: Where the entry goes.
        progress: Called now and then with (done, total).
        files: Pin each file as it is, whatever it holds: tables, models.

    Raises:
        UsageError: If a fact is off, or that version has bytes already.
        NothingToInspectError: If there is no image in it.
        BezoarError: If something cannot be written.
    """
    return pin(_described(facts, dbom), path, dbom, progress, files=files)


def pin(
    entry: DbomEntry,
    path: Path,
    dbom: Dbom,
    progress: Progress | None = None,
    *,
    files: bool = False,
) -> Registration:
    """Complete an entry with the bytes that are here, and store it; see `register_dataset`."""
    dataset = open_files(path) if files else open_dataset(path)
    found = survey(dataset, progress=progress)
    findings = (*dataset.problems, *found.unreadable)
    if found.unreadable or not found.manifest.entries:
        return Registration(None, findings)
    published, unlike = compare_published(entry.origin.files, in_place(path))
    findings = (*findings, *unlike)
    digest = write_manifest(found.manifest, dbom.manifests)
    if grave := reason_of(findings):
        entry = changed(entry, status=Status.QUARANTINED, reason=grave)
    entry = changed(
        entry,
        origin=entry.origin.model_copy(update={"files": published, "retrieved_at": now()}),
        content=describe(dataset, path, found.manifest, digest, dbom.root),
    )
    dbom.put(entry)
    return Registration(entry, findings)


def draft_dataset(facts: Facts, dbom: Dbom) -> DbomEntry:
    """Add an entry about a dataset whose bytes are not here yet.

    Raises:
        UsageError: If a fact is off, or that version is there already.
        BezoarError: If it cannot be written.
    """
    check_names(facts.name, facts.version)
    dbom.require_new(facts.name, facts.version)
    entry = _described(facts, dbom)
    dbom.put(entry)
    return entry


def set_facts(
    entry: DbomEntry, facts: Facts, dbom: Dbom, *, status: str | None = None, reason: str = ""
) -> tuple[DbomEntry, dict[str, list[Any]]]:
    """Store an entry with other facts, or another status.

    Args:
        entry: The entry as it is.
        facts: What a person says about it; what they do not say stays.
        dbom: Where it goes.
        status: `draft`, `quarantined` or `revoked`.
        reason: Why the status changes.

    Returns:
        The entry as it is now, and for each field that changed its old and its new JSON value.

    Raises:
        UsageError: If a fact is off, or the status is not one that is given by hand.
        BezoarError: If it cannot be written.
    """
    after = with_facts(entry, facts, dbom)
    if bool(status) != bool(reason):
        raise UsageError("--status and --reason belong together", next="bezoar dbom set --help")
    if status == Status.APPROVED:
        raise UsageError(
            "a dataset is approved by sign-off, not by hand", next="bezoar dbom set --help"
        )
    if status:
        after = changed(after, status=status, reason=reason)
    old, new = (one.model_dump(mode="json") for one in (entry, after))
    changes = {key: [old[key], new[key]] for key in new if old[key] != new[key]}
    if changes:
        dbom.update(after)
    return after, changes


def changed(entry: DbomEntry, **fields: object) -> DbomEntry:
    """Return an entry with other fields, checked as if it had been read.

    Raises:
        UsageError: If a value is off.
    """
    try:
        return DbomEntry.model_validate({**dict(entry), **fields})
    except ValidationError as error:
        raise UsageError(first_fault(error), next="bezoar dbom set --help") from None


def _described(facts: Facts, dbom: Dbom) -> DbomEntry:
    """Return an entry with what a person says, and what a draft of that version says."""
    check_names(facts.name, facts.version)
    before = dbom.draft(facts.name, facts.version)
    if before is None:
        if not all(facts.origin) or not facts.origin:
            raise UsageError("where does it come from? give --origin URI", "bezoar dbom add --help")
        origin = Origin(uris=facts.origin)
        before = DbomEntry(name=facts.name, version=facts.version, added_at=now(), origin=origin)
    return with_facts(before, facts, dbom)


def with_facts(entry: DbomEntry, facts: Facts, dbom: Dbom) -> DbomEntry:
    """Return an entry with what a person says about it; what they do not say stays.

    Raises:
        UsageError: If a fact is off, or what it is derived from is not in the DBOM.
    """
    said = {
        "uris": facts.origin,
        "revision": facts.revision,
        "publisher": facts.publisher,
        "licence": _licence(facts.licence),
    }
    given = {key: value for key, value in said.items() if value}
    fields: dict[str, object] = {
        "origin": entry.origin.model_copy(update=given),
        "purpose": facts.purpose,
        "sensitivity": facts.sensitivity,
        "owners": facts.owners,
        "lineage": _lineage(facts, dbom),
    }
    return changed(entry, **{key: value for key, value in fields.items() if value})


def _licence(text: str | None) -> str | None:
    try:
        return parse_licence(text) if text is not None else None
    except ValueError as error:
        raise UsageError(str(error), next="bezoar dbom add --licence CC-BY-4.0 …") from None


def _lineage(facts: Facts, dbom: Dbom) -> tuple[Derivation, ...]:
    if bool(facts.derived_from) != bool(facts.transform):
        raise UsageError(
            "--derived-from NAME@VERSION and --transform TEXT belong together",
            next="bezoar dbom add --help",
        )
    parents = [dbom.find(spec) for spec in facts.derived_from]
    return tuple(
        Derivation(
            dataset=parent.spec,
            transform=facts.transform,
            root=parent.content.root if parent.content else None,
        )
        for parent in parents
    )


def reason_of(findings: tuple[Finding, ...]) -> str:
    """Return why data with these findings is quarantined; empty where it is not."""
    grave = Counter(f.rule for f in findings if f.severity >= Severity.MEDIUM)
    return "; ".join(f"{rule.code} {rule.title} ({count})" for rule, count in grave.items())
