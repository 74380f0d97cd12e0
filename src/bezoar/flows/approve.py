"""`approve`: a person's word about a dataset, signed, in the DBOM and in the ledger.

What is signed rests on what three rooms know: the vet record, the data as it lies here now, and
the spot check and the head of the ledger.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.event import Event
from bezoar.core.outcome import findings_in
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.files import open_registered
from bezoar.datasets.manifest import manifest_path, read_manifest
from bezoar.flows.events import record_event
from bezoar.fortify.signing import NotApprovedError, check_approval
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.choosing import choose_key
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import Passphrase
from bezoar.fortify.signing.refusing import refuse_revoked
from bezoar.fortify.signing.revocation import REVOKERS
from bezoar.fortify.signing.signing_off import (
    Grounds,
    Signed,
    join,
    read_sign_off,
    sign_off,
    write_sign_off,
)
from bezoar.fortify.signing.statement import Head
from bezoar.fortify.vetting.files import take_stock
from bezoar.fortify.vetting.record import read_vet_record, record_path
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.registered import verify_entry
from bezoar.recon.spot_check.record import last_reviews

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

APPROVED: Final = "dataset.approved"
SIGNED: Final = "dataset.signed"


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of an approval.

    Attributes:
        entry: As it is now.
        signed: The sign-off with its signatures.
        path: Where it is kept.
        review: The newest spot check of the data; None where nobody looked.
    """

    entry: DbomEntry
    signed: Signed
    path: Path
    review: Event | None

    @property
    def in_force(self) -> bool:
        """Whether enough have signed."""
        return not self.signed.lacking


def approve(
    project: Project,
    name: str,
    reason: str,
    passphrase: Passphrase,
    *,
    override: Iterable[str] = (),
    key: str | None = None,
    anew: bool = False,
    progress: Progress | None = None,
) -> Approved:
    """Sign a dataset; once enough have signed, it is approved.

    The data is compared with both of its manifests first, byte by byte.

    Args:
        project: Whose DBOM.
        name: `NAME` or `NAME@VERSION`.
        reason: Why it may be used.
        passphrase: Asks for the passphrase of the key.
        override: Codes of what decided against it.
        key: Which key signs; None: the only one here that may.
        anew: Begin a new sign-off in place of one that is there.
        progress: Called now and then with (done, total).

    Raises:
        NotApprovedError: If it was not vetted, was vetted otherwise than it is, was not admitted
            and the override does not name why, is not what was vetted, or nobody spot-checked it
            and the settings want it.
        RevokedError: If it was revoked.
        BezoarError: If the keys do not hold, or no key here may sign.
    """
    dbom = Dbom(project)
    entry = dbom.find(name)
    keyring = trusted_keyring(project.root, keys_folder(project.dbom))
    refuse_revoked(project, entry, keyring)
    record = read_vet_record(record_path(project.dbom, entry.spec))
    signer = choose_key(keyring, REVOKERS, key, passphrase)
    begun = None if anew else read_sign_off(project.dbom, entry)
    grounds, review = _grounds(project, entry, reason, tuple(override))
    # What a person got wrong is told before gigabytes are hashed.
    if begun is None:
        signed = sign_off(entry, record, grounds, keyring, signer)
    else:
        signed = join(entry, record, begun, keyring, signer, override=grounds.override)
    _verify(entry, dbom, Digest.parse(record.files), progress)
    path = write_sign_off(project.dbom, signed)
    if not signed.lacking:
        entry = with_status(dbom, entry, Status.APPROVED, signed.statement.reason)
    record_event(project, SIGNED if signed.lacking else APPROVED, entry, _detail(signed, reason))
    return Approved(entry, signed, path, review)


def _grounds(
    project: Project, entry: DbomEntry, reason: str, override: tuple[str, ...]
) -> tuple[Grounds, Event | None]:
    with open_ledger(project) as ledger:
        review = last_reviews(ledger).get(str(entry.root))
        last = deque(ledger.events(project.writer), maxlen=1)
    if review is None and project.settings.approve.require_review:
        raise NotApprovedError(
            entry.spec, "nobody has looked at its samples", f"bezoar review {entry.spec}"
        )
    head = next((Head(writer=e.writer, number=e.number, digest=str(e.digest)) for e in last), None)
    grounds = Grounds(
        reason=reason,
        override=override,
        review=review.digest if review else None,
        ledger=head,
        previous=_before(project, entry),
    )
    return grounds, review


def _before(project: Project, entry: DbomEntry) -> Digest | None:
    """Return the digest of the sign-off of the newest older version that is approved."""
    older = [one for one in Dbom(project).entries(entry.name) if one.added_at < entry.added_at]
    for one in reversed(older):
        try:
            return check_approval(project, one).statement
        except NotApprovedError:
            continue
    return None


def _verify(entry: DbomEntry, dbom: Dbom, files: Digest, progress: Progress | None) -> None:
    """Raise unless the data that lies here is what was vetted, sample by sample, file by file."""
    path = dbom.locate(entry)
    if not path.exists():
        raise NotApprovedError(
            entry.spec, f"its data is not here: {path} does not exist", f"bezoar vet {entry.spec}"
        )
    opened = open_registered(entry.registered, path)
    outcomes = verify_entry(entry, dbom.manifests, opened, progress=progress).outcomes
    findings = findings_in(outcomes)
    if grave := [finding for finding in findings if finding.severity >= Severity.MEDIUM]:
        raise _changed(entry, f"{grave[0].place}: {grave[0].message}")
    delivered = read_manifest(manifest_path(dbom.manifests, files), files)
    if take_stock(path, progress).manifest.root != delivered.root:
        raise _changed(entry, "its files are others than those that were vetted")


def _changed(entry: DbomEntry, why: str) -> NotApprovedError:
    return NotApprovedError(
        entry.spec, f"it is not what was vetted: {why}", f"bezoar verify {entry.spec}"
    )


def with_status(dbom: Dbom, entry: DbomEntry, status: Status, reason: str) -> DbomEntry:
    """Note how far an entry has come, and why, and return it as it is now."""
    after = entry.model_copy(update={"status": status, "reason": reason})
    dbom.update(after)
    return after


def _detail(signed: Signed, reason: str) -> dict[str, Any]:
    statement = signed.statement
    return {
        "statement": str(signed.envelope.digest),
        "signers": list(signed.signers),
        "reason": reason,
        "override": list(statement.override),
        "vet": statement.vet.digest,
        "manifest": statement.manifest,
        "files": statement.files,
        "keyring": statement.keyring,
    } | ({"lacking": signed.lacking} if signed.lacking else {})
