"""`mirror`: an approved version goes to the team's mirror, with a receipt and an event."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, HashMismatch
from bezoar.core.outcome import Outcome
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.entry_toml import format_entry
from bezoar.datasets.manifest import check_digest, manifest_path, read_manifest
from bezoar.flows.events import record_event
from bezoar.fortify.mirror.content import Version
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.opening import declared_mirror
from bezoar.fortify.mirror.publishing import Published, publish, publish_revocation
from bezoar.fortify.mirror.receipt import (
    DamagedReceiptError,
    Receipt,
    read_receipt,
    receipt_path,
    write_receipt,
)
from bezoar.fortify.mirror.rules import OTHER_SIZE
from bezoar.fortify.mirror.store import Store
from bezoar.fortify.mirror.verifying import verify
from bezoar.fortify.signing import Approval, RevokedError, check_approval
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.places import keys_folder, sign_off_path
from bezoar.fortify.signing.revoked_samples import verified_withdrawal
from bezoar.fortify.vetting.record import record_path
from bezoar.project import Project

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes."""

MIRRORED = "dataset.mirrored"
LOOKED = "mirror.looked"
"""It was only looked at, or told of revocations; what it holds of a version is as it was."""

REFUSED = "dataset.refused"


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What came of it.

    Attributes:
        entry: Which version.
        mirror: The mirror's address.
        published: What was put there; None where nothing was to be.
        outcomes: What there is to say about the mirror, and about what lies in it.
        revocations: How many revocations the mirror knows of now.
        receipt: Where the receipt lies; None where it is not wholly there.
        mended: Whether what was damaged or gone is as it should be, now.
        seconds: Wall-clock time.
    """

    entry: DbomEntry
    mirror: str
    published: Published | None
    outcomes: tuple[Outcome, ...]
    revocations: int
    receipt: Path | None
    mended: bool
    seconds: float


def mirror(
    project: Project,
    name: str,
    progress: Progress,
    *,
    verifying: bool = False,
    mend: bool = False,
) -> Mirrored:
    """Put an approved version into the mirror that a project declares, or look at it there.

    What was revoked is not put there; that it was revoked is.

    Args:
        project: The project.
        name: `NAME`, whose newest version is meant, or `NAME@VERSION`.
        progress: Told how far it is.
        verifying: Read everything that is there, and put nothing, except to mend.
        mend: Put the right bytes in the place of what is damaged or gone.

    Raises:
        NotApprovedError: If no sign-off stands behind it.
        HashMismatch: If a file is not what was approved.
        BezoarError: If a file cannot be read, or the mirror refuses or does not answer.
    """
    began, entry, store = time.monotonic(), Dbom(project).find(name), declared_mirror(project)
    approval = _approval(project, entry)
    revoked = approval is None
    state = store.outcomes()
    grave = any(one.severity >= Severity.HIGH for outcome in state for one in outcome.findings)
    done = Mirrored(entry, store.uri, None, state, 0, None, mended=False, seconds=0.0)
    if not grave:
        if revoked or not verifying:
            done = replace(done, revocations=_publish_revocations(project, store))
        if approval is not None:
            try:
                done = _brought(
                    project, done, store, approval, progress, verifying=verifying, mend=mend
                )
            except HashMismatch as error:
                _refused(project, entry, error)
                raise
    done = replace(done, seconds=round(time.monotonic() - began, 3))
    record_event(project, MIRRORED if done.receipt else LOOKED, entry, _detail(done))
    return done


def _brought(
    project: Project,
    done: Mirrored,
    store: Store,
    approval: Approval,
    progress: Progress,
    *,
    verifying: bool,
    mend: bool,
) -> Mirrored:
    """Do what is asked for with an approved version."""
    version = _version(project, done.entry, approval)
    if not verifying:
        published = publish(store, version, progress)
        outcome = Outcome.of(OTHER_SIZE, published.findings)
        return _published(project, replace(done, outcomes=(*done.outcomes, outcome)), published)
    blobs = version.blobs()
    found = verify(store, blobs, version.spec, store.workers, progress)
    done = replace(done, outcomes=done.outcomes + found)
    damaged = frozenset(one.place.name for outcome in found for one in outcome.findings)
    if not (mend and damaged):
        return done
    published = publish(store, version, progress, damaged=damaged)
    # A store may believe to have what it has not, and take nothing.
    again = [blob for blob in blobs if blob_key(blob.digest) in damaged]
    looked = verify(store, again, version.spec, store.workers, progress)
    mended = all(outcome.passed for outcome in looked)
    return _published(project, replace(done, mended=mended), published)


def _published(project: Project, done: Mirrored, published: Published) -> Mirrored:
    path = _keep(project, published.receipt) if published.receipt else None
    return replace(done, published=published, receipt=path)


def _version(project: Project, entry: DbomEntry, approval: Approval) -> Version:
    """Return what is to be published, from the very bytes that the sign-off names."""
    dbom = Dbom(project)
    statement = _document(sign_off_path(project.dbom, entry.spec), entry)
    vet = _document(record_path(project.dbom, entry.spec), entry)
    if Digest.of(vet) != approval.vet:
        raise BezoarError(f"{entry.spec}: its vet record changes", f"bezoar mirror {entry.spec}")
    files, manifest = (
        manifest_path(dbom.manifests, one) for one in (approval.files, approval.manifest)
    )
    documents = {
        "entry": format_entry(entry).encode(),
        "statement": statement,
        "vet": vet,
        "manifest": check_digest(manifest, approval.manifest),
        "files": check_digest(files, approval.files),
    }
    delivered = read_manifest(files, approval.files)
    return Version(
        entry.name, entry.version, approval.root, delivered, dbom.locate(entry), documents
    )


def _document(path: Path, entry: DbomEntry) -> bytes:
    try:
        data = read_document(path, 1 << 24)
        if data is None:
            raise ValueError("it is gone")  # noqa: TRY301 - one way out
    except ValueError as error:
        raise BezoarError(f"{path}: {error}", f"bezoar vet {entry.spec}") from None
    return data


def _approval(project: Project, entry: DbomEntry) -> Approval | None:
    """Return the sign-off behind a version; None where it was revoked, or holds such a sample."""
    try:
        return check_approval(project, entry)
    except RevokedError:
        return None


def _publish_revocations(project: Project, store: Store) -> int:
    """Put every revocation of the project into the mirror; return how many there are."""
    paths = sorted((project.dbom / "signatures").glob("*.revoked.json"))
    if not paths:
        return 0
    keyring = trusted_keyring(project.root, keys_folder(project.dbom))
    by_root: dict[str, bytes] = {}
    for path in paths:
        try:
            data = read_document(path) or b""
            for root in verified_withdrawal(data, keyring).roots:
                by_root.setdefault(root, data)  # one that withdraws it is enough
        except ValueError as error:
            # Whoever can damage a revocation must not gain by it.
            raise BezoarError(f"{path}: {error}", f"git log -- {path}") from None
    for root, data in by_root.items():
        publish_revocation(store, Digest.parse(root), data)
    return len(paths)


def _keep(project: Project, receipt: Receipt) -> Path:
    """Store a receipt, unless one that says the same is there."""
    path = receipt_path(project.dbom, receipt.spec)
    try:
        if read_receipt(path).same_as(receipt):
            return path
    except DamagedReceiptError:
        pass  # there is none, or none that is worth keeping
    write_receipt(receipt, path)
    return path


def _detail(done: Mirrored) -> dict[str, Any]:
    findings = [finding.code for outcome in done.outcomes for finding in outcome.findings]
    detail = {
        "mirror": done.mirror,
        "findings": findings,
        "revocations": done.revocations,
        "seconds": done.seconds,
    }
    if done.published is None:
        return detail
    counts = {
        "new_objects": done.published.new_objects,
        "new_bytes": done.published.new_bytes,
        "present": done.published.present,
        "mended": done.mended,
    }
    receipt = done.published.receipt
    return detail | counts | {"receipt": str(Digest.of(receipt.content())) if receipt else None}


def _refused(project: Project, entry: DbomEntry, error: HashMismatch) -> None:
    """Leave an event; where the ledger cannot be written, the refusal still stands."""
    detail = {"what": type(error).__name__, "why": error.message, "where": error.place}
    try:
        record_event(
            project, REFUSED, entry, detail | {"expected": error.expected, "found": error.found}
        )
    except BezoarError as failed:
        error.add_note(f"the ledger does not know of it: {failed.message}")
