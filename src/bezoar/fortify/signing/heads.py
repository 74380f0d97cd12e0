"""The heads of ledgers that sign-offs have noted."""

from collections.abc import Iterator

from bezoar.core.digest import Digest
from bezoar.core.event import SignedHead
from bezoar.fortify.signing.approval import counted
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import IN_TOTO, parse_envelope
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.statement import SignOff
from bezoar.project import Project


def signed_heads(project: Project) -> tuple[SignedHead, ...]:
    """Return the heads in a project's sign-offs; one signature that counts is enough.

    A sign-off that ended with an edit still says how long the ledger was.

    Raises:
        BrokenKeyringError: If the keys do not lead to the pinned one.
    """
    keyring = trusted_keyring(project.root, keys_folder(project.dbom))
    return tuple(
        SignedHead(one.ledger.writer, one.ledger.number, Digest.parse(one.ledger.digest), one.spec)
        for one in _sign_offs(project, keyring)
        if one.ledger is not None
    )


def _sign_offs(project: Project, keyring: Keyring) -> Iterator[SignOff]:
    for path in sorted((project.dbom / "signatures").glob("*@*.json")):
        try:
            envelope = parse_envelope(read_document(path) or b"", IN_TOTO)
            statement = SignOff.parse(envelope.payload)
        except ValueError:
            continue  # a revocation, or what `check_approval` refuses
        if counted(keyring, envelope):
            yield statement
