"""Which samples were revoked, and how one more is."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.json_object import parse_object
from bezoar.core.manifest import Entry
from bezoar.datasets.containers import readable
from bezoar.datasets.entry import timestamp
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing.documents import MOST_BYTES, read_document
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope, Signer, parse_envelope
from bezoar.fortify.signing.keyring import Keyring, fault
from bezoar.fortify.signing.places import sample_revocation_path, sample_revocations
from bezoar.fortify.signing.revocation import (
    REVOKERS,
    Revocation,
    learn_revocation,
    verified_revocation,
)
from bezoar.fortify.signing.sample_revocation import (
    SAMPLE_REVOCATION,
    Holder,
    RevokedSample,
    SampleRevocation,
)
from bezoar.project.home import home


class RevokedSamples:
    """All samples that were revoked, as far as a project and this machine know."""

    def __init__(self, revocations: Iterable[SampleRevocation]) -> None:
        self._roots: dict[str, str] = {}
        self._samples: dict[bytes, str] = {}
        for one in revocations:
            first = f"{one.samples[0]}: {one.reason}"
            self._roots |= dict.fromkeys(one.roots, first)
            for sample in one.samples:
                self._samples[Digest.parse(sample.sha256).value] = f"{sample}: {one.reason}"

    def __bool__(self) -> bool:
        return bool(self._samples)

    def why(self, digest: bytes) -> str:
        """Return as what a sample was revoked, and why; empty where it was not."""
        return self._samples.get(digest, "")

    def of_root(self, root: str) -> str:
        """Return which sample withdraws data with this root, and why; empty for none."""
        which = self._roots.get(root)
        return f"it holds, or was made with, a revoked sample, {which}" if which else ""

    def among(self, entries: Iterable[Entry]) -> str:
        """Return which of some samples or files is revoked, and why; empty for none."""
        return self.told(entry.sha256 for entry in entries)

    def told(self, digests: Iterable[bytes]) -> str:
        """Return which of some digests is that of a revoked sample, and why; empty for none."""
        which = next((self._samples[one] for one in digests if one in self._samples), None)
        return f"it holds a revoked sample, {which}" if which else ""


def known_samples(dbom: Path) -> RevokedSamples:
    """Return what a project says was revoked, and what this machine remembers.

    No signature is asked for: to stop is easier than to go.

    Args:
        dbom: The project's data bill of materials.

    Raises:
        BezoarError: If a revocation cannot be read: which samples it is about is not known.
    """
    return RevokedSamples(
        map(_read, (*sample_revocations(dbom), *sorted(_memory().glob("*.json"))))
    )


def revoke_samples(
    dbom: Path,
    samples: Iterable[RevokedSample],
    versions: Iterable[Holder],
    reason: str,
    *,
    keyring: Keyring,
    signer: Signer,
) -> tuple[SampleRevocation, Path]:
    """Sign a revocation, store it beside the sign-offs, and remember it on this machine.

    Raises:
        UsageError: If the reason is missing, or the samples are too many for one statement.
        BezoarError: If the key may not revoke, or it cannot be written.
    """
    again = "bezoar revoke WHAT --reason …"
    try:
        found = SampleRevocation(
            samples=tuple(samples),
            versions=tuple(versions),
            reason=reason,
            keyring=keyring.version,
            time=timestamp(),
        )
    except ValidationError as error:
        raise UsageError(fault(error), again) from None
    envelope = Envelope(found.payload(), IN_TOTO).with_signature(signer)
    if not envelope.signers(keyring.holders(*REVOKERS)):
        raise BezoarError("this key may not revoke", "bezoar keys list")
    content = envelope.content()
    if len(content) > MOST_BYTES:
        raise UsageError("these are too many samples for one statement", f"{again}, with fewer")
    path = sample_revocation_path(dbom, envelope.digest)
    write_whole(path, content)
    _remember(envelope)
    return found, path


def remember_samples(dbom: Path, keyring: Keyring) -> None:
    """Remember a project's signed revocations on this machine; where nothing can be written, don't.

    Whoever takes them out of the repository afterwards gains nothing by it.
    """
    for path in sample_revocations(dbom):
        with suppress(ValueError):
            envelope = parse_envelope(read_document(path) or b"", IN_TOTO)
            if envelope.signers(keyring.holders(*REVOKERS)):
                _remember(envelope)


def verified_withdrawal(data: bytes, keyring: Keyring) -> Revocation | SampleRevocation:
    """Read an envelope that anybody may have written, be it about a version or about samples.

    Raises:
        ValueError: If it is none, or no key that may revoke has signed it.
    """
    envelope = parse_envelope(data, IN_TOTO)
    if parse_object(envelope.payload).get("predicateType") != SAMPLE_REVOCATION:
        return verified_revocation(data, keyring)
    found = SampleRevocation.parse(envelope.payload)
    if not envelope.signers(keyring.holders(*REVOKERS)):
        raise ValueError("no key that may revoke has signed it")
    return found


def learn_withdrawal(data: bytes, keyring: Keyring) -> None:
    """Remember a revocation that came from anywhere, as from a mirror.

    Raises:
        ValueError: If it is none, or no key that may revoke has signed it.
        BezoarError: If it cannot be written.
    """
    if isinstance(verified_withdrawal(data, keyring), Revocation):
        learn_revocation(data, keyring)
    else:
        _remember(parse_envelope(data, IN_TOTO))


def _read(path: Path) -> SampleRevocation:
    try:
        data = read_document(path)
        if data is None:
            raise ValueError("it is gone")  # noqa: TRY301 - one way out
        return SampleRevocation.parse(parse_envelope(data, IN_TOTO).payload)
    except ValueError as error:
        # Whoever can damage a revocation must not gain by it.
        message = f"{path} revokes samples, and cannot be read: {readable(str(error))}"
        raise BezoarError(message, f"git log -- {path}") from None


def _memory() -> Path:
    return home() / "revoked" / "samples"


def _remember(envelope: Envelope) -> None:
    path = _memory() / f"{envelope.digest.hex}.json"
    with suppress(BezoarError, OSError):
        if not path.exists():
            write_whole(path, envelope.content())
