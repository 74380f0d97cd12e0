"""Where things lie in a mirror: the names of its objects."""

import re
from typing import Final

from bezoar.core.digest import Digest

BLOBS: Final = "blobs/sha256/"
DATASETS: Final = "datasets/"
REVOKED: Final = "revoked/"

_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(?:/[A-Za-z0-9][A-Za-z0-9._+-]*)*")
_BLOB: Final = re.compile(r"blobs/sha256/([0-9a-f]{2})/(\1[0-9a-f]{62})")


def blob_key(digest: Digest) -> str:
    """Return the name of some content.

    Raises:
        ValueError: If its digest is no SHA-256.
    """
    if digest.algorithm != "sha256":
        raise ValueError(f"content is named by its sha256, not {digest}")
    return f"{BLOBS}{digest.hex[:2]}/{digest.hex}"


def blob_digest(key: str) -> Digest | None:
    """Return the digest that a name states; None where it is not the name of some content."""
    match = _BLOB.fullmatch(key)
    return Digest("sha256", bytes.fromhex(match[2])) if match else None


def index_key(name: str, version: str) -> str:
    """Return the name of a version's index: what belongs to it, for convenience only."""
    return f"{DATASETS}{name}/{version}.json"


def revocation_key(root: Digest) -> str:
    """Return the name of the revocation of everything with this Merkle root."""
    return f"{REVOKED}{root.hex}.json"


def checked(key: str) -> str:
    """Return a name that leads nowhere else, whatever store it is used in.

    Raises:
        ValueError: If a part of it is empty, begins with a dot, or holds unusual characters.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not the name of an object in a mirror: {key!r}")
    return key
