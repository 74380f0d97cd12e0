"""`register_dataset`: one version of a dataset into the DBOM, pinned to its bytes and labels."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bezoar.core.finding import Finding
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom, describe
from bezoar.datasets.entry import DbomEntry, Origin, Status, check_names, now
from bezoar.datasets.manifest import write_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.datasets.survey import survey

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person says about a dataset; `DbomEntry` explains each."""

    name: str
    version: str
    origin: tuple[str, ...]
    purpose: str = ""
    revision: str | None = None
    publisher: str | None = None
    licence: str | None = None


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
    path: Path, facts: Facts, dbom: Dbom, progress: Progress | None = None
) -> Registration:
    """Hash each sample, store the manifest, add an entry.

    A dataset with findings of medium severity or worse is added as quarantined. One with samples
    that cannot be read is not added: its manifest would leave them out.

    Args:
        path: Where the dataset lies.
        facts: What a person says about it.
        dbom: Where the entry goes.
        progress: Called now and then with (done, total).

    Raises:
        UsageError: If a fact is off, or that version is there already.
        NothingToInspectError: If there is no image in it.
        BezoarError: If something cannot be written.
    """
    check_names(facts.name, facts.version)
    dbom.require_new(facts.name, facts.version)
    dataset = open_dataset(path)
    found = survey(dataset, progress=progress)
    findings = (*dataset.problems, *found.unreadable)
    if found.unreadable or not found.manifest.entries:
        return Registration(None, findings)
    time, reason = now(), _reason(findings)
    digest = write_manifest(found.manifest, dbom.manifests)
    entry = DbomEntry(
        name=facts.name,
        version=facts.version,
        purpose=facts.purpose,
        status=Status.QUARANTINED if reason else Status.DRAFT,
        reason=reason,
        added_at=time,
        origin=Origin(
            uris=facts.origin,
            revision=facts.revision,
            publisher=facts.publisher,
            licence=facts.licence,
            retrieved_at=time,
        ),
        content=describe(dataset, path, found.manifest, digest, dbom.root),
    )
    dbom.add(entry)
    return Registration(entry, findings)


def _reason(findings: tuple[Finding, ...]) -> str:
    grave = Counter(f.rule for f in findings if f.severity >= Severity.MEDIUM)
    return "; ".join(f"{rule.code} {rule.title} ({count})" for rule, count in grave.items())
