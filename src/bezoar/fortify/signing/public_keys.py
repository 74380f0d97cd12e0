"""`PublicKey`: the half of a signing key that everybody may see."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from bezoar.core.digest import Digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from securesystemslib.signer import SSlibKey


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key.

    Law: two spellings of one key are equal, so that it never counts twice.

    Attributes:
        der: SubjectPublicKeyInfo, DER.
    """

    der: bytes

    @classmethod
    def parse(cls, pem: str) -> Self:
        """Read a PEM.

        Raises:
            ValueError: If it is no Ed25519 public key.
        """
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see signing
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - the same
            Ed25519PublicKey,
        )

        try:
            key = serialization.load_pem_public_key(pem.encode("ascii"))
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("it is no public key in PEM") from None
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("it is no Ed25519 key")  # noqa: TRY004 - one exception
        return cls.of(key)

    @classmethod
    def of(cls, key: "Ed25519PublicKey") -> Self:
        """Return a key of the cryptography library as one of ours."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same

        info = serialization.PublicFormat.SubjectPublicKeyInfo
        return cls(key.public_bytes(serialization.Encoding.DER, info))

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 over the DER; it is the key's id, so that nobody can choose one."""
        return Digest("sha256", hashlib.sha256(self.der).digest())

    @property
    def id(self) -> str:
        """The fingerprint as text."""
        return str(self.fingerprint)

    @cached_property
    def pem(self) -> str:
        """The key as PEM."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same

        info = serialization.PublicFormat.SubjectPublicKeyInfo
        key = serialization.load_der_public_key(self.der)
        return key.public_bytes(serialization.Encoding.PEM, info).decode("ascii")

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the private half made this signature over this message."""
        from securesystemslib.exceptions import UnverifiedSignatureError  # noqa: PLC0415 - the same
        from securesystemslib.signer import Signature  # noqa: PLC0415 - the same

        try:
            self._verifier.verify_signature(Signature(self.id, signature.hex()), message)
        except UnverifiedSignatureError:
            return False
        return True

    @cached_property
    def _verifier(self) -> "SSlibKey":
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - the same
            Ed25519PublicKey,
        )
        from securesystemslib.signer import SSlibKey  # noqa: PLC0415 - the same

        key = serialization.load_der_public_key(self.der)
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError("not an Ed25519 key")
        return SSlibKey.from_crypto(key, keyid=self.id)
