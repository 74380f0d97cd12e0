"""`Envelope`: bytes and the signatures over them, as DSSE says (Dead Simple Signing Envelope v1).

The signing and the encoding before it are securesystemslib's. Reading is stricter than its own:
one spelling of base64, no field that nobody knows, and a signature counts for the key that
verifies it, whatever key it claims to be by.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

from bezoar.core.digest import Digest
from bezoar.core.json_object import parse_object
from bezoar.fortify.signing.documents import bounded
from bezoar.fortify.signing.public_keys import PublicKey

IN_TOTO: Final = "application/vnd.in-toto+json"
MOST_SIGNATURES: Final = 64


class Signer(Protocol):
    """What signs: a private key."""

    @property
    def public(self) -> PublicKey:
        """The other half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return a signature."""
        ...


class _Key(Protocol):
    @property
    def key(self) -> PublicKey: ...


_AnyKey = TypeVar("_AnyKey", bound=_Key)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bytes and the signatures over them.

    Laws: `parse_envelope(e.content(), e.kind) == e`; with one changed byte of the payload, its
    kind or a signature, that signature counts for nobody.

    Attributes:
        payload: What is signed.
        kind: Its media type, which is signed along.
        signatures: Which key each claims to be by, and the raw signature.
    """

    payload: bytes
    kind: str
    signatures: tuple[tuple[str, bytes], ...] = ()

    @property
    def digest(self) -> Digest:
        """Of the payload: more signatures do not change it."""
        return Digest.of(self.payload)

    def signers(self, keys: Iterable[_AnyKey]) -> tuple[_AnyKey, ...]:
        """Return whose signatures hold, each once, whatever the signatures claim."""
        message = self._message()
        return tuple(
            one
            for one in keys
            if any(one.key.verifies(signature, message) for _, signature in self.signatures)
        )

    def signed_by(self, key: PublicKey) -> bool:
        """Tell whether a signature of this key is on it."""
        message = self._message()
        return any(key.verifies(signature, message) for _, signature in self.signatures)

    def with_signature(self, signer: Signer) -> "Envelope":
        """Return it with one more signature, in place of an older one that claims the same key."""
        kept = tuple(one for one in self.signatures if one[0] != signer.public.id)
        new = (signer.public.id, signer.sign(self._message()))
        return replace(self, signatures=(*kept, new))

    def content(self) -> bytes:
        """Return it as JSON, one signature after the other."""
        fields = {
            "payload": _base64(self.payload),
            "payloadType": self.kind,
            "signatures": [
                {"keyid": key, "sig": _base64(signature)} for key, signature in self.signatures
            ],
        }
        return (json.dumps(fields, indent=2) + "\n").encode("ascii")

    def _message(self) -> bytes:
        """Return what a signature is over (DSSE's pre-authentication encoding)."""
        from securesystemslib.dsse import Envelope as Dsse  # noqa: PLC0415 - see the package

        return Dsse(self.payload, self.kind, {}).pae()


def parse_envelope(data: bytes, kind: str) -> Envelope:
    """Read an envelope; no signature is verified yet.

    Args:
        data: JSON.
        kind: The media type that its payload must have.

    Raises:
        ValueError: If it has another shape or kind.
    """
    fields = parse_object(bounded(data))
    if fields.keys() != {"payload", "payloadType", "signatures"}:
        raise ValueError("it is no DSSE envelope")
    if fields["payloadType"] != kind:
        raise ValueError(f"its payload is not of the type {kind}")
    signatures = fields["signatures"]
    if not isinstance(signatures, list) or not 1 <= len(signatures) <= MOST_SIGNATURES:
        raise ValueError(f"it has no signature, or more than {MOST_SIGNATURES}")
    return Envelope(_bytes(fields["payload"]), kind, tuple(map(_signature, signatures)))


def _signature(fields: Any) -> tuple[str, bytes]:
    if not isinstance(fields, dict) or fields.keys() != {"keyid", "sig"}:
        raise ValueError("a signature has another shape")
    if not isinstance(fields["keyid"], str):
        raise ValueError("a signature's keyid is no text")  # noqa: TRY004 - one exception
    return fields["keyid"], _bytes(fields["sig"])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: Any) -> bytes:
    """Read base64 in its one spelling: no line ends, no loose bits, all of the padding."""
    if not isinstance(text, str):
        raise ValueError("base64 is text")  # noqa: TRY004 - one exception for every shape
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("it holds what is no base64") from None
    if _base64(data) != text:
        raise ValueError("it holds base64 in another spelling")
    return data
