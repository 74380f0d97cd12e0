"""The two manifests of a version: its samples, and its files; from here, or from the mirror."""

from dataclasses import dataclass
from pathlib import Path

from bezoar.core.digest import Digest
from bezoar.core.errors import HashMismatch
from bezoar.core.manifest import Manifest
from bezoar.datasets.manifest import DamagedManifestError, manifest_path, read_manifest
from bezoar.datasets.writing import write_whole
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.publishing import read_object
from bezoar.fortify.pull.content import Contents
from bezoar.fortify.signing import Approval

MOST_BYTES = 1 << 31
"""Of a manifest: ten million samples take a third of it."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a version consists of.

    Attributes:
        samples: Every sample with its label.
        files: Every file that is delivered.
    """

    samples: Manifest
    files: Manifest


def read_manifests(approval: Approval, folder: Path, contents: Contents) -> Manifests:
    """Return the manifests that a sign-off covers; what is not here is brought from the mirror.

    Args:
        approval: The sign-off.
        folder: Where the project keeps manifests.
        contents: Where they were published, and what is asked of them.

    Raises:
        HashMismatch: If one of them is not what was signed.
        BezoarError: If the mirror does not answer.
    """
    samples = _read("the sample manifest", approval.manifest, folder, contents)
    files = _read("the files manifest", approval.files, folder, contents)
    contents.verification.samples(approval.spec, samples, files, approval.root)
    return Manifests(samples, files)


def _read(what: str, digest: Digest, folder: Path, contents: Contents) -> Manifest:
    path = manifest_path(folder, digest)
    if not path.exists():
        write_whole(path, _fetched(what, digest, contents))
    try:
        return read_manifest(path, contents.verification.pinned(digest))
    except DamagedManifestError as error:
        why = f"{error.message}; to have it anew, remove that file"
        raise HashMismatch(contents.dataset, what, why, expected=str(digest)) from error


def _fetched(what: str, digest: Digest, contents: Contents) -> bytes:
    """Read a manifest from the mirror; nothing of it is parsed before its digest is right."""
    verification, key = contents.verification, blob_key(digest)
    data = read_object(contents.mirror, key, MOST_BYTES)
    hashing = verification.hashing()
    hashing.update(data)
    found, wanted = (len(data), hashing.digest()), (len(data), digest.value)
    verification.content(contents.dataset, f"{what}, {key}", wanted, found)
    return data
