"""What `vet` writes into the DBOM about the data that it looked at."""

from pathlib import Path
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.outcome import findings_in
from bezoar.core.policy import Verdict
from bezoar.datasets.dbom import Dbom, describe
from bezoar.datasets.entry import DbomEntry, Status, now
from bezoar.datasets.indexed import IndexedDataset
from bezoar.datasets.manifest import write_manifest
from bezoar.flows.vet_data import Held
from bezoar.flows.vet_reading import Samples
from bezoar.fortify.fetch.registering import REASON as FETCHED
from bezoar.recon.registering import changed

_LONGEST_REASON: Final = 500
_VETTED: Final = "vetted: "


def register(entry: DbomEntry, held: Held, samples: Samples, dbom: Dbom) -> DbomEntry:
    """Store what is in a dataset, or make sure that it is what was registered.

    Raises:
        BezoarError: If it is something else than was registered, or cannot be written.
    """
    if entry.content is not None:
        if samples.manifest.root != entry.root:
            why = f"its root is {samples.manifest.root}"
            found = findings_in(samples.outcomes)
            if found and not samples.whole:
                why = f"{found[0].place}: {found[0].message}"
            raise BezoarError(
                f"{entry.spec} is not what was registered: {why}",
                next=f"bezoar verify {entry.spec}",
            )
        return entry
    digest = write_manifest(samples.manifest, dbom.manifests)
    retrieved = held.fetched.retrieved_at if held.fetched else now()
    after = changed(
        entry,
        origin=entry.origin.model_copy(update={"retrieved_at": retrieved}),
        content=describe(
            _as_opened(held.root, samples), held.root, samples.manifest, digest, dbom.root
        ),
    )
    dbom.put(after)
    return after


def judged(entry: DbomEntry, verdict: Verdict, dbom: Dbom) -> DbomEntry:
    """Store what the verdict makes of an entry: only a sign-off approves, so `admit` changes least.

    What a fetch or a vetting quarantined and is admitted now waits, as a draft, for somebody who
    signs. What a person quarantined stays so, for that person's reason.
    """
    quarantined = entry.status is Status.QUARANTINED
    if quarantined and entry.reason != FETCHED and not entry.reason.startswith(_VETTED):
        return entry
    if verdict.admits and not quarantined:
        return entry
    reason = f"{_VETTED}{verdict.decision}: {'; '.join(verdict.decided_by)}"[:_LONGEST_REASON]
    status = Status.DRAFT if verdict.admits else Status.QUARANTINED
    after = changed(entry, status=status, reason="" if verdict.admits else reason)
    dbom.update(after)
    return after


def _as_opened(root: Path, samples: Samples) -> IndexedDataset:
    """Return what `describe` asks of a dataset, without opening it outside of the sandbox."""
    return IndexedDataset(
        name=root.name,
        ids=(),
        labels=(),
        keys=(),
        read=_unread,
        root=(root if root.is_dir() else root.parent) if samples.rooted else None,
        layout=samples.layout,
    )


def _unread(path: str) -> bytes:
    raise OSError(f"{path} is read in the sandbox alone")
