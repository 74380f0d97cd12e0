"""Where a project's keys and signatures lie."""

from pathlib import Path

from bezoar.core.digest import Digest


def keys_folder(dbom: Path) -> Path:
    """Return the folder of the keyring's versions."""
    return dbom / "keys"


def sign_off_path(dbom: Path, spec: str) -> Path:
    """Return where the sign-off of a version is kept."""
    return dbom / "signatures" / f"{spec}.json"


def revocation_path(dbom: Path, spec: str) -> Path:
    """Return where the revocation of a version is kept."""
    return dbom / "signatures" / f"{spec}.revoked.json"


def sample_revocation_path(dbom: Path, statement: Digest) -> Path:
    """Return where a revocation of samples is kept."""
    return dbom / "signatures" / f"samples-{statement.hex[:16]}.revoked.json"


def sample_revocations(dbom: Path) -> list[Path]:
    """Return where each revocation of samples is kept."""
    return sorted((dbom / "signatures").glob("samples-*.revoked.json"))
