"""`revoke`: a dataset, or samples wherever they lie, must not be used any more.

A revoked sample withdraws each version that holds it. What was made from such a version is
withdrawn as well, unless it is a selection of its samples without that one, as `clean` writes it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.datasets.manifest import manifest_path, read_manifest
from bezoar.flows.approve import with_status
from bezoar.flows.events import record_event
from bezoar.flows.trace import Trace, trace_samples
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.choosing import choose_key
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.signing.private_keys import Passphrase
from bezoar.fortify.signing.revocation import REVOKERS
from bezoar.fortify.signing.revoked_samples import RevokedSamples, revoke_samples
from bezoar.fortify.signing.sample_revocation import (
    LONGEST_NAME,
    MOST_SAMPLES,
    Holder,
    RevokedSample,
)
from bezoar.fortify.signing.signing_off import revoke as sign_revocation
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.entries import read_entries

REVOKED: Final = "dataset.revoked"
SAMPLE_REVOKED: Final = "sample.revoked"
_SAMPLE: Final = re.compile(r"([^/@]+@[^/@]+)/(.+)", re.DOTALL)
_SHA256: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class WithdrawnSamples:
    """What came of revoking samples.

    Attributes:
        samples: Which.
        versions: Which versions are withdrawn by it, as `NAME@VERSION`, sorted.
        path: Where the revocation is kept.
        reach: How far the samples reached.
    """

    samples: tuple[RevokedSample, ...]
    versions: tuple[str, ...]
    path: Path
    reach: Trace


def means_sample(text: str) -> bool:
    """Tell a sample, `NAME@VERSION/path` or a SHA-256, from a dataset's name."""
    return bool(_SAMPLE.fullmatch(text) or _SHA256.fullmatch(text))


def revoke(
    project: Project, name: str, reason: str, passphrase: Passphrase, *, key: str | None = None
) -> tuple[DbomEntry, Path]:
    """Withdraw a dataset for good: one key is enough.

    Args:
        project: Whose DBOM.
        name: `NAME` or `NAME@VERSION`.
        reason: Why it must not be used.
        passphrase: Asks for the passphrase of the key.
        key: Which key signs; None: the only one here that may.

    Returns:
        The entry as it is now, and where the revocation is kept.

    Raises:
        UsageError: If the reason is missing, or nobody has registered its bytes.
        BezoarError: If the keys do not hold, or no key here may sign.
    """
    dbom = Dbom(project)
    entry = dbom.find(name)
    keyring = trusted_keyring(project.root, keys_folder(project.dbom))
    signer = choose_key(keyring, REVOKERS, key, passphrase)
    path = sign_revocation(project.dbom, entry, reason, keyring, signer)
    entry = with_status(dbom, entry, Status.REVOKED, reason)
    by = keyring.keys[signer.public.id].name
    record_event(project, REVOKED, entry, {"reason": reason, "signers": [by]})
    return entry, path


def withdraw_samples(
    project: Project,
    subjects: Sequence[str],
    reason: str,
    passphrase: Passphrase,
    *,
    key: str | None = None,
) -> WithdrawnSamples:
    """Withdraw samples for good, and set aside each version that they are in.

    Args:
        project: Whose DBOM and manifests.
        subjects: Each `NAME@VERSION/path` or a SHA-256; one that nothing holds yet is refused
            when it comes.
        reason: Why they must not be used.
        passphrase: Asks for the passphrase of the key.
        key: Which key signs; None: the only one here that may.

    Raises:
        UsageError: If the reason is missing, a version holds no such sample, or they are too many.
        BezoarError: If the keys do not hold, no key here may sign, or a manifest is damaged.
    """
    samples = _identified(Dbom(project), subjects)
    keyring = trusted_keyring(project.root, keys_folder(project.dbom))
    signer = choose_key(keyring, REVOKERS, key, passphrase)
    reach = trace_samples(project, (Digest.parse(one.sha256) for one in samples))
    entries = _reached(project, reach)
    holders = [Holder(dataset=one.spec, root=str(one.root)) for one in entries]
    said, path = revoke_samples(
        project.dbom, samples, holders, reason, keyring=keyring, signer=signer
    )
    known = RevokedSamples([said])
    for entry in entries:
        if entry.status is not Status.REVOKED:
            why = known.of_root(str(entry.root))
            with_status(Dbom(project), entry, Status.QUARANTINED, why)
    specs = tuple(one.spec for one in entries)
    by = keyring.keys[signer.public.id].name
    with open_ledger(project) as ledger:
        for one in samples:
            detail = {"name": one.name, "reason": reason, "signers": [by]}
            ledger.append(SAMPLE_REVOKED, one.sha256, {**detail, "versions": list(specs)})
    return WithdrawnSamples(samples, specs, path, reach)


def _identified(dbom: Dbom, subjects: Iterable[str]) -> tuple[RevokedSample, ...]:
    """Return the samples that are meant, each once."""
    found: dict[str, RevokedSample] = {}
    for text in subjects:
        if digest := _SHA256.fullmatch(text):
            one = RevokedSample(sha256=f"sha256:{digest[1]}")
        else:
            one = _named(dbom, text)
        found.setdefault(one.sha256, one)
    if len(found) > MOST_SAMPLES:
        message = f"{len(found):,} samples: one revocation holds {MOST_SAMPLES:,}"
        raise UsageError(message, "bezoar revoke WHAT --reason …, with fewer at once")
    return tuple(found.values())


def _named(dbom: Dbom, text: str) -> RevokedSample:
    match = _SAMPLE.fullmatch(text)
    if match is None:
        message = f"{text!r} is no sample: want NAME@VERSION/PATH, or a SHA-256"
        raise UsageError(message, "bezoar revoke --help")
    entry = dbom.find(match[1])
    manifest = read_manifest(manifest_path(dbom.manifests, entry.manifest), entry.manifest)
    for one in manifest.entries:
        if one.path == match[2]:
            name = text if len(text) <= LONGEST_NAME and text.isprintable() else ""
            return RevokedSample(sha256=f"sha256:{one.sha256.hex()}", name=name)
    message = f"{entry.spec} holds no sample {match[2]!r}"
    raise UsageError(message, f"bezoar revoke {entry.spec}/PATH --reason …")


def _reached(project: Project, reach: Trace) -> list[DbomEntry]:
    """Return the entries with data that the samples reached, sorted."""
    entries, _ = read_entries(Dbom(project))
    names = {node.name for top in reach.found for node in top.reached() if node.kind == "dataset"}
    return [entries[spec] for spec in sorted(names & entries.keys()) if entries[spec].content]
