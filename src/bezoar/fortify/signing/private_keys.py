"""`PrivateKey`: the half of a signing key that never leaves a person's home."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.writing import write_whole
from bezoar.fortify.signing.documents import read_document
from bezoar.fortify.signing.keyring import check_name
from bezoar.fortify.signing.public_keys import PublicKey
from bezoar.project.home import home

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

PASSPHRASE: Final = "BEZOAR_PASSPHRASE"  # noqa: S105 - the variable's name
_MODE: Final = 0o600
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"

Passphrase = Callable[[str], bytes]
"""Asks for a key's passphrase, given the key's name."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """The half of a signing key that signs.

    Attributes:
        name: Of its file.
        public: The other half.
    """

    name: str
    public: PublicKey
    _signer: "CryptoSigner"

    def sign(self, message: bytes) -> bytes:
        """Return a signature."""
        return bytes.fromhex(self._signer.sign(message).signature)


def make_key(name: str, passphrase: bytes | None) -> PrivateKey:
    """Make a key and keep its private half under `BEZOAR_HOME`, for its owner alone.

    Args:
        name: Of its file.
        passphrase: What encrypts the file; None: nothing does.

    Raises:
        UsageError: If the name is off, or there is such a key already.
        BezoarError: If it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see the package
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - the same
        Ed25519PrivateKey,
    )

    path = _path(name)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption(),
    )
    _write_new(path, pem)
    return reuse_key(name, lambda _: passphrase or b"")


def reuse_key(name: str, passphrase: Passphrase) -> PrivateKey:
    """Read a private key, and keep its public half beside it: no passphrase is asked for that.

    Raises:
        UsageError: If there is none, others may read it, or the passphrase is another.
        BezoarError: If it cannot be written.
    """
    key = load_key(name, passphrase)
    write_whole(_path(name).with_suffix(".pub"), key.public.pem.encode())
    return key


def load_key(name: str, passphrase: Passphrase) -> PrivateKey:
    """Read a private key.

    Raises:
        UsageError: If there is none, others may read it, or the passphrase is another.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see the package
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - the same
        Ed25519PrivateKey,
    )
    from securesystemslib.signer import CryptoSigner, SSlibKey  # noqa: PLC0415 - the same

    path = _path(name)
    pem = _read_private(path)
    try:
        word = passphrase(name) if pem.startswith(_ENCRYPTED) else None
        key = serialization.load_pem_private_key(pem, word)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(
            f"{path} cannot be opened: another passphrase, or no key", next=f"ls -l {path}"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} is no Ed25519 key", next="bezoar keys new NAME")
    public = PublicKey.of(key.public_key())
    signer = CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), keyid=public.id))
    return PrivateKey(name, public, signer)


def own_keys() -> dict[str, PublicKey]:
    """Return the keys whose private half lies here, by name, without opening one.

    Raises:
        UsageError: If a public half cannot be read.
    """
    found = {}
    for path in sorted(_folder().glob("*.pub")):
        try:
            data = read_document(path)
            if data is not None and path.with_suffix(".pem").exists():
                found[path.stem] = PublicKey.parse(data.decode("ascii"))
        except ValueError as error:
            raise UsageError(f"{path} is damaged: {error}", next=f"rm {path}") from None
    return found


def _folder() -> Path:
    return home() / "keys"


def _path(name: str) -> Path:
    try:
        return _folder() / f"{check_name(name)}.pem"
    except ValueError as error:
        raise UsageError(str(error), next="bezoar keys new --help") from None


def _read_private(path: Path) -> bytes:
    try:
        pem = read_document(path)
        mode = path.stat().st_mode if pem is not None else 0
    except (ValueError, OSError) as error:
        raise UsageError(f"{path}: {error}", next=f"ls -l {path}") from None
    if pem is None:
        raise UsageError(f"there is no key {path.stem} here", next="bezoar keys list")
    if mode & 0o077:
        raise UsageError(f"others may read {path}", next=f"chmod 600 {path}")
    return pem


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read, and that is not there yet."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        with open(os.open(path, flags, _MODE), "wb") as file:  # noqa: PTH123 - it is open already
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UsageError(
            f"{path} is there already, and a key is never overwritten", next="bezoar keys list"
        ) from None
    except OSError as error:
        raise BezoarError(
            f"cannot write {path}: {error.strerror}", next=f"ls -ld {path.parent}"
        ) from error
