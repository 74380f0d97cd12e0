"""Where a project's keys and signatures lie."""

from pathlib import Path


def keys_folder(dbom: Path) -> Path:
    """Return the folder of the keyring's versions."""
    return dbom / "keys"


def sign_off_path(dbom: Path, spec: str) -> Path:
    """Return where the sign-off of a version is kept."""
    return dbom / "signatures" / f"{spec}.json"


def revocation_path(dbom: Path, spec: str) -> Path:
    """Return where the revocation of a version is kept."""
    return dbom / "signatures" / f"{spec}.revoked.json"
