"""`check_approval`: does a sign-off stand behind a dataset, as it is now?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.datasets.containers import readable
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.manifest import manifest_path
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope, parse_envelope
from bezoar.fortify.signing.keyring import Keyring, Member
from bezoar.fortify.signing.places import keys_folder, sign_off_path
from bezoar.fortify.signing.refusing import NotApprovedError, refuse_revoked
from bezoar.fortify.signing.revocation import REVOKERS
from bezoar.fortify.signing.statement import SignOff, entry_digest
from bezoar.fortify.vetting.record import MOST_BYTES as MOST_RECORD_BYTES
from bezoar.fortify.vetting.record import parse_vet_record, record_path
from bezoar.project import Project

_MOST_MANIFEST_BYTES: Final = 1 << 33


@dataclass(frozen=True, slots=True)
class Approval:
    """A sign-off that holds.

    Attributes:
        spec: `NAME@VERSION`.
        root: The Merkle root of the samples.
        manifest: Digest of the sample manifest.
        files: Digest of the files manifest: every file that is delivered.
        vet: Digest of the vet record.
        signers: Names of the keys that signed, sorted.
        time: When the first of them did, RFC 3339.
        reason: Why.
        override: Codes of what had decided against it.
        statement: Digest of the signed statement.
        keyring: The version of the keyring that judged it.
    """

    spec: str
    root: Digest
    manifest: Digest
    files: Digest
    vet: Digest
    signers: tuple[str, ...]
    time: str
    reason: str
    override: tuple[str, ...]
    statement: Digest
    keyring: int


def check_approval(project: Project, entry: DbomEntry) -> Approval:
    """Return the sign-off that stands behind an entry.

    Everything is read anew, each time: the keys, what was revoked, the signatures, the vet record.

    Args:
        project: Whose keys and signatures.
        entry: As it is read from the project's DBOM.

    Raises:
        RevokedError: If the data was revoked, here or anywhere this machine knows of.
        NotApprovedError: If there is no sign-off, too few signatures hold, the keys do not lead to
            the pinned one, or the entry, a manifest or the vet record is another than was signed.
    """
    try:
        keyring = trusted_keyring(project.root, keys_folder(project.dbom))
    except BezoarError as error:
        # What is known to be revoked is so without a keyring, too.
        refuse_revoked(project, entry, None)
        raise NotApprovedError(entry.spec, error.message, error.next) from error
    refuse_revoked(project, entry, keyring)
    if entry.status is not Status.APPROVED:
        why = f"its status is {entry.status}" + (f" ({entry.reason})" if entry.reason else "")
        raise NotApprovedError(entry.spec, why, f"bezoar approve {entry.spec} --reason …")
    envelope = _read(sign_off_path(project.dbom, entry.spec), entry, "nobody has signed it")
    vet = _read(record_path(project.dbom, entry.spec), entry, "its vet record is missing")
    approval = judge(entry, envelope, vet, keyring)
    _check_stored(project.state / "manifests", approval)
    return approval


def judge(entry: DbomEntry, envelope: bytes, vet: bytes, keyring: Keyring) -> Approval:
    """Return the sign-off that documents from anywhere make up; it asks for no revocation.

    Args:
        entry: The entry, whatever its status.
        envelope: The signed statement.
        vet: The vet record.
        keyring: Whose signatures count.

    Raises:
        NotApprovedError: If they do not belong together, or too few signatures hold.
    """
    try:
        signed = parse_envelope(envelope, IN_TOTO)
        statement = SignOff.parse(signed.payload)
    except ValueError as error:
        why = f"its sign-off cannot be read: {readable(str(error))}"
        raise _unlike(entry, why) from None
    if fault := mismatch(statement, entry, vet) or _lack(keyring, signed, statement):
        raise _unlike(entry, fault)
    return Approval(
        spec=statement.spec,
        root=Digest.parse(statement.root),
        manifest=Digest.parse(statement.manifest),
        files=Digest.parse(statement.files),
        vet=Digest.parse(statement.vet.digest),
        signers=tuple(sorted(one.name for one in counted(keyring, signed))),
        time=statement.time,
        reason=statement.reason,
        override=statement.override,
        statement=signed.digest,
        keyring=keyring.version,
    )


def mismatch(statement: SignOff, entry: DbomEntry, vet: bytes) -> str:
    """Return in what a statement differs from an entry and a vet record; empty where in nothing."""
    if statement.spec != entry.spec:
        return f"its sign-off is about {statement.spec}"
    if (statement.root, statement.manifest) != (str(entry.root), str(entry.manifest)):
        return "its root or manifest is another than the one that was signed"
    if statement.entry != str(entry_digest(entry)):
        return "its entry was edited after it was signed"
    if statement.vet.digest != str(Digest.of(vet)):
        return "its vet record is another than the one that was signed"
    return _unlike_record(statement, vet)


def _unlike_record(statement: SignOff, vet: bytes) -> str:
    """Return what a statement says about its own vet record that is not so."""
    try:
        record = parse_vet_record(vet)
    except ValueError as error:
        return f"its vet record cannot be read: {error}"
    vetted = (record.spec, record.root, record.manifest, record.files, record.verdict)
    stated = (statement.root, statement.manifest, statement.files, statement.vet.verdict)
    if vetted != (statement.spec, *stated):
        return "its vet record is about other data than its sign-off"
    if missing := set(record.deciding()) - set(statement.override):
        return f"{', '.join(sorted(missing))} decided against it, and no override names it"
    return ""


def counted(keyring: Keyring, envelope: Envelope) -> tuple[Member, ...]:
    """Return the keys whose signatures on an approval count for something."""
    return tuple(one for one in keyring.signers(envelope) if set(one.roles) & set(REVOKERS))


def _lack(keyring: Keyring, envelope: Envelope, statement: SignOff) -> str:
    if statement.keyring > keyring.version:
        return (
            f"it was signed under version {statement.keyring} of the keyring, and the one here is"
            f" version {keyring.version}"
        )
    lack = keyring.lacking(keyring.signers(envelope))
    return f"it has {lack}" if lack else ""


def _read(path: Path, entry: DbomEntry, missing: str) -> bytes:
    try:
        data = read_document(path, MOST_RECORD_BYTES)
    except ValueError as error:
        raise _unlike(entry, f"{path.name}: {error}") from None
    if data is None:
        raise _unlike(entry, missing)
    return data


def _check_stored(folder: Path, approval: Approval) -> None:
    """Raise where a manifest lies here with other bytes; one that is not here is fetched."""
    for digest in (approval.manifest, approval.files):
        path = manifest_path(folder, digest)
        try:
            data = read_document(path, _MOST_MANIFEST_BYTES)
        except ValueError as error:
            raise _edited(approval.spec, path, str(error)) from None
        if data is not None and Digest.of(data) != digest:
            raise _edited(approval.spec, path, "its digest is another")


def _edited(spec: str, path: Path, why: str) -> NotApprovedError:
    return NotApprovedError(spec, f"manifest {path}: {why}", f"rm {path}")


def _unlike(entry: DbomEntry, why: str) -> NotApprovedError:
    return NotApprovedError(entry.spec, why, f"bezoar approve {entry.spec} --reason …")
