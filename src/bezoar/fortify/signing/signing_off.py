"""Signing: a sign-off that one person begins and others join, and a revocation."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.containers import readable
from bezoar.datasets.entry import DbomEntry, timestamp
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing import revocation
from bezoar.fortify.signing.approval import mismatch
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope, Signer, parse_envelope
from bezoar.fortify.signing.keyring import Keyring, fault
from bezoar.fortify.signing.places import revocation_path, sign_off_path
from bezoar.fortify.signing.refusing import NotApprovedError
from bezoar.fortify.signing.revocation import Revocation
from bezoar.fortify.signing.statement import (
    Head,
    SignOff,
    Vetting,
    entry_digest,
)
from bezoar.fortify.vetting.record import VetRecord

_REASON: Final = "--reason …"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an approval rests on, beside the vet record.

    Attributes:
        reason: Why the data is approved.
        override: Codes of what decided against it.
        review: Digest of the newest spot check's event.
        ledger: The ledger's head.
        previous: Digest of the approval of the version before.
    """

    reason: str
    override: tuple[str, ...] = ()
    review: Digest | None = None
    ledger: Head | None = None
    previous: Digest | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A sign-off after a signature was added.

    Attributes:
        statement: What is signed.
        envelope: With all of its signatures.
        signers: Names of the keys whose signatures hold, sorted.
        lacking: What it still lacks; empty where it approves.
    """

    statement: SignOff
    envelope: Envelope
    signers: tuple[str, ...]
    lacking: str


def sign_off(
    entry: DbomEntry, vet: VetRecord, grounds: Grounds, keyring: Keyring, signer: Signer
) -> Signed:
    """Begin a sign-off.

    Raises:
        NotApprovedError: If the vet record is about other data, or its verdict is not `admit` and
            the override does not name each code that decided so.
        UsageError: If the reason is missing, or the override names what did not decide.
    """
    _check_record(entry, vet)
    _check_override(entry, vet, grounds.override)
    try:
        statement = SignOff(
            spec=entry.spec,
            entry=str(entry_digest(entry)),
            root=vet.root,
            manifest=vet.manifest,
            files=vet.files,
            vet=Vetting(digest=str(vet.digest), verdict=vet.verdict),
            review=str(grounds.review) if grounds.review else None,
            reason=grounds.reason,
            override=tuple(sorted(set(grounds.override))),
            keyring=keyring.version,
            ledger=grounds.ledger,
            time=timestamp(),
            previous=str(grounds.previous) if grounds.previous else None,
        )
    except ValidationError as error:
        raise UsageError(fault(error), f"bezoar approve {entry.spec} {_REASON}") from None
    return _signed(statement, Envelope(statement.payload(), IN_TOTO), keyring, signer)


def join(
    entry: DbomEntry,
    vet: VetRecord,
    begun: Envelope,
    keyring: Keyring,
    signer: Signer,
    *,
    override: Iterable[str] = (),
) -> Signed:
    """Add a signature to a sign-off that somebody began, if it says what this person sees.

    Raises:
        NotApprovedError: If it says something else.
    """
    try:
        statement = SignOff.parse(begun.payload)
    except ValueError as error:
        raise _other(entry, readable(str(error))) from None
    if difference := mismatch(statement, entry, vet.content()):
        raise _other(entry, difference)
    if set(override) != set(statement.override):
        codes = " ".join(f"--override {code}" for code in statement.override) or "no --override"
        raise NotApprovedError(
            entry.spec,
            f"the sign-off that was begun has {codes}: say the same",
            f"bezoar approve {entry.spec} {_REASON}",
        )
    if statement.keyring > keyring.version:
        raise _other(entry, f"it was begun under version {statement.keyring} of the keyring")
    return _signed(statement, begun, keyring, signer)


def read_sign_off(dbom: Path, entry: DbomEntry) -> Envelope | None:
    """Return the sign-off of a version as it stands, no signature verified; None without one.

    Raises:
        NotApprovedError: If it cannot be read.
    """
    path = sign_off_path(dbom, entry.spec)
    try:
        data = read_document(path)
        return parse_envelope(data, IN_TOTO) if data is not None else None
    except ValueError as error:
        raise _other(entry, readable(str(error))) from None


def write_sign_off(dbom: Path, signed: Signed) -> Path:
    """Store a sign-off and return its path.

    Raises:
        BezoarError: If it cannot be written.
    """
    path = sign_off_path(dbom, signed.statement.spec)
    write_whole(path, signed.envelope.content())
    return path


def revoke(dbom: Path, entry: DbomEntry, reason: str, keyring: Keyring, signer: Signer) -> Path:
    """Sign a revocation, store it beside the sign-off, and remember it on this machine.

    Raises:
        UsageError: If the reason is missing.
        BezoarError: If the key may not revoke, or it cannot be written.
    """
    try:
        found = Revocation(
            spec=entry.spec,
            root=str(entry.root),
            reason=reason,
            keyring=keyring.version,
            time=timestamp(),
        )
    except ValidationError as error:
        raise UsageError(fault(error), f"bezoar revoke {entry.spec} {_REASON}") from None
    envelope = Envelope(found.payload(), IN_TOTO).with_signature(signer)
    if not envelope.signers(keyring.holders(*revocation.REVOKERS)):
        raise BezoarError("this key may not revoke", "bezoar keys list")
    path = revocation_path(dbom, entry.spec)
    write_whole(path, envelope.content())
    revocation.remember(envelope, entry.root)
    return path


def _signed(statement: SignOff, envelope: Envelope, keyring: Keyring, signer: Signer) -> Signed:
    envelope = envelope.with_signature(signer)
    signers = keyring.signers(envelope)
    names = tuple(sorted(one.name for one in signers))
    return Signed(statement, envelope, names, keyring.lacking(signers))


def _check_record(entry: DbomEntry, vet: VetRecord) -> None:
    if vet.spec != entry.spec or (vet.root, vet.manifest) != (
        str(entry.root),
        str(entry.manifest),
    ):
        raise NotApprovedError(
            entry.spec, "its vet record is about other data", f"bezoar vet {entry.spec}"
        )


def _check_override(entry: DbomEntry, vet: VetRecord, override: tuple[str, ...]) -> None:
    if vet.admits:
        if override:
            raise UsageError(
                f"{entry.spec} was admitted: there is nothing to override",
                f"bezoar approve {entry.spec} {_REASON}",
            )
        return
    deciding = vet.deciding()
    verdict = f"its vetting says {vet.verdict}: {'; '.join(vet.decided_by)}"
    codes = " ".join(f"--override {code}" for code in deciding)
    if not deciding:
        raise NotApprovedError(entry.spec, verdict, f"bezoar vet {entry.spec}")
    if missing := [code for code in deciding if code not in override]:
        raise NotApprovedError(
            entry.spec,
            f"no override names {', '.join(missing)}; {verdict}",
            f"bezoar approve {entry.spec} {codes} {_REASON}, if that is wrong or may be lived with",
        )
    if idle := sorted(set(override) - set(deciding)):
        raise UsageError(
            f"{', '.join(idle)} did not decide against {entry.spec}",
            f"bezoar approve {entry.spec} {codes} {_REASON}",
        )


def _other(entry: DbomEntry, why: str) -> NotApprovedError:
    return NotApprovedError(
        entry.spec,
        f"the sign-off that was begun says something else: {why}",
        f"bezoar approve {entry.spec} --anew {_REASON}",
    )
