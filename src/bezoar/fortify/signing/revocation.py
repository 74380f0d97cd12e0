"""`Revocation`: data that must not be used any more; once known, it is never undone.

One key is enough: to stop is easier than to go. It is known by its root, so that the same bytes
under another name are refused, too, and it is remembered outside the repository.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.datasets.entry import Spec
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope, parse_envelope
from bezoar.fortify.signing.keyring import Keyring, Role
from bezoar.fortify.signing.statement import DigestText, Predicate, Reason, TimeText
from bezoar.project.home import home

REVOCATION: Final = "urn:bezoar:revocation:v1"
REVOKERS: Final = (Role.APPROVER, Role.REVIEWER)
"""Any one key with one of these roles revokes."""


class Revocation(Predicate):
    """Data that must not be used any more.

    Attributes:
        spec: Under which name it was revoked.
        root: Which data.
        reason: Why.
        keyring: Which version of the keyring was in force.
        time: RFC 3339.
    """

    kind: ClassVar[str] = REVOCATION

    spec: Spec
    root: DigestText
    reason: Reason
    keyring: Annotated[int, Field(ge=1)]
    time: TimeText

    @property
    def roots(self) -> tuple[str, ...]:
        """The roots of the data that it withdraws."""
        return (self.root,)

    def subjects(self) -> list[dict[str, Any]]:
        """Return the data."""
        root = Digest.parse(self.root)
        return [{"name": self.spec, "digest": {root.algorithm: root.hex}}]


def verified_revocation(data: bytes, keyring: Keyring) -> Revocation:
    """Read an envelope that anybody may have written.

    Raises:
        ValueError: If it is none, or no key that may revoke has signed it.
    """
    envelope = parse_envelope(data, IN_TOTO)
    found = Revocation.parse(envelope.payload)
    if not envelope.signers(keyring.holders(*REVOKERS)):
        raise ValueError("no key that may revoke has signed it")
    return found


def learn_revocation(data: bytes, keyring: Keyring) -> Revocation:
    """Remember a revocation that came from anywhere, as from a mirror.

    Raises:
        ValueError: If it is none, or no key that may revoke has signed it.
        BezoarError: If it cannot be written.
    """
    found = verified_revocation(data, keyring)
    path = remembered_path(Digest.parse(found.root))
    if not path.exists():
        write_whole(path, data)
    return found


def remembered(root: Digest) -> str | None:
    """Return why data with this root was revoked, as far as this machine knows; else None.

    Nothing is verified again: who can write there can write anything there. What cannot be read
    still says that it was revoked.
    """
    path = remembered_path(root)
    try:
        data = read_document(path)
        if data is None:
            return None
        return Revocation.parse(parse_envelope(data, IN_TOTO).payload).reason
    except ValueError as error:
        return f"{path}: {error}"


def remembered_path(root: Digest) -> Path:
    """Return where this machine remembers that data was revoked."""
    return home() / "revoked" / f"{root.hex}.json"


def remember(envelope: Envelope, root: Digest) -> None:
    """Remember a revocation that was just made or verified; where nothing can be written, don't."""
    path = remembered_path(root)
    try:
        if not path.exists():
            write_whole(path, envelope.content())
    except (BezoarError, OSError):
        return
