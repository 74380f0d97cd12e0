"""What is refused: data without a sign-off, data that was revoked, data that holds such samples."""

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.datasets.containers import readable
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.manifest import digests_of, manifest_path
from bezoar.fortify.signing import revocation
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.envelope import IN_TOTO, parse_envelope
from bezoar.fortify.signing.keyring import Keyring
from bezoar.fortify.signing.places import revocation_path
from bezoar.fortify.signing.revoked_samples import known_samples, remember_samples
from bezoar.project import Project


class NotApprovedError(BezoarError):
    """No sign-off stands behind the data, as it is now (exit code 1).

    Attributes:
        dataset: `NAME@VERSION`.
        why: What is wrong, in a sentence without the dataset's name.
    """

    exit_code = 1

    def __init__(self, dataset: str, why: str, next: str) -> None:  # noqa: A002 - the field's name
        super().__init__(f"{dataset} is not approved: {why}", next)
        self.dataset, self.why = dataset, why


class RevokedError(NotApprovedError):
    """The data was withdrawn, for good (exit code 1)."""

    def __init__(self, dataset: str, why: str) -> None:
        super().__init__(dataset, f"it is revoked: {why}", f"bezoar trace {dataset}")


def refuse_revoked(project: Project, entry: DbomEntry, keyring: Keyring | None) -> None:
    """Raise where the data was revoked, as a whole or for a sample in it.

    Args:
        project: Whose revocations.
        entry: Which data.
        keyring: Whose signatures count; None where it does not hold, and nothing is remembered.

    Raises:
        RevokedError: If so.
        NotApprovedError: If a revocation of samples, or the manifest to look into, is damaged.
    """
    refuse_revoked_version(project, entry, keyring)
    if keyring is not None:
        remember_samples(project.dbom, keyring)
    try:
        why = revoked_sample(project, entry)
    except BezoarError as error:
        raise NotApprovedError(entry.spec, error.message, error.next) from error
    if why:
        raise RevokedError(entry.spec, why)


def refuse_revoked_version(project: Project, entry: DbomEntry, keyring: Keyring | None) -> None:
    """Raise where the entry, a revocation beside it, or this machine's memory says so.

    Args:
        project: Whose revocations.
        entry: Which data.
        keyring: Whose signatures count; None where it does not hold, and nothing is remembered.

    Raises:
        RevokedError: If one of them does.
    """
    if entry.status is Status.REVOKED:
        raise RevokedError(entry.spec, entry.reason)
    if entry.content is not None and (why := revocation.remembered(entry.root)) is not None:
        raise RevokedError(entry.spec, why)
    path = revocation_path(project.dbom, entry.spec)
    try:
        data = read_document(path)
        if data is None:
            return
        envelope = parse_envelope(data, IN_TOTO)
        found = revocation.Revocation.parse(envelope.payload)
    except ValueError as error:
        # Whoever can damage a revocation must not gain by it.
        raise RevokedError(entry.spec, f"{path.name}: {readable(str(error))}") from None
    if keyring is not None and envelope.signers(keyring.holders(*revocation.REVOKERS)):
        revocation.remember(envelope, Digest.parse(found.root))
    raise RevokedError(entry.spec, found.reason)


def revoked_sample(project: Project, entry: DbomEntry) -> str:
    """Return which revoked sample a version holds, and why it was revoked; empty for none.

    A manifest that is not here is not fetched: whoever fetches it looks into it.

    Raises:
        BezoarError: If a revocation of samples, or the manifest, is damaged.
    """
    known = known_samples(project.dbom)
    if not known or entry.content is None:
        return ""
    if why := known.of_root(str(entry.root)):
        return why
    path = manifest_path(project.state / "manifests", entry.manifest)
    if not path.exists():
        return ""
    return known.told(digests_of(path, entry.manifest))
