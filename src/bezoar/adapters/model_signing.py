"""OpenSSF model signing v1.0: bundles that its own tool verifies, and reading those that it wrote.

A bundle is a sigstore bundle around a DSSE envelope around an in-toto statement that lists each
file with its SHA-256. Only bare ECDSA keys are known here: certificates and sigstore's own
identities need a network or its trust roots. The digest of its subject leaves out file names, so
nothing here compares by it: what counts is the list.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bezoar.core.json_object import JsonObject, parse_object
from bezoar.core.manifest import Entry, Manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        ECDSA,
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE: Final = "https://model_signing/signature/v1.0"
MOST_BYTES: Final = 1 << 28
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_IN_TOTO: Final = "application/vnd.in-toto+json"
_SHA256_BYTES: Final = 32
_SIZES: Final = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}


@dataclass(frozen=True, slots=True)
class SignedFiles:
    """What a verified bundle vouches for.

    Attributes:
        name: What it calls the model or dataset.
        files: SHA-256 of each file, by its path.
        ignored: Paths that it leaves out: nobody vouches for what lies there.
    """

    name: str
    files: dict[str, bytes]
    ignored: tuple[str, ...]

    def differences(self, manifest: Manifest) -> list[str]:
        """Return in what the files that lie here differ, in a sentence each, by path.

        A file that the bundle left out counts as one that nobody signed.
        """
        here = {entry.path: entry.sha256 for entry in manifest.entries}
        found = [(path, "nobody signed it") for path in here.keys() - self.files.keys()]
        found += [(path, "it is missing") for path in self.files.keys() - here.keys()]
        both = here.keys() & self.files.keys()
        found += [(path, "its bytes differ") for path in both if here[path] != self.files[path]]
        return [f"{path}: {why}" for path, why in sorted(found)]


def write_bundle(manifest: Manifest, name: str, key: "EllipticCurvePrivateKey") -> bytes:
    """Return a bundle over the files of a manifest.

    Args:
        manifest: Each file with its SHA-256; labels are not said.
        name: What the bundle calls it.
        key: ECDSA on P-256, P-384 or P-521.

    Raises:
        ValueError: If the key is on another curve.
    """
    payload = json.dumps(_statement(manifest.entries, name)).encode()
    signature = key.sign(_message(payload), _algorithm(key.public_key()))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": _IN_TOTO,
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
    }
    material = {"publicKey": {"hint": _hint(key.public_key())}, "tlogEntries": []}
    bundle = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": material,
        "dsseEnvelope": envelope,
    }
    return json.dumps(bundle).encode()


def verify_bundle(data: bytes, key: "EllipticCurvePublicKey") -> SignedFiles:
    """Return what a bundle vouches for, if this key signed it; its own word about keys is not read.

    Args:
        data: The bundle, whoever wrote it.
        key: ECDSA on P-256, P-384 or P-521, known from elsewhere.

    Raises:
        ValueError: If it is no such bundle, another key signed it, or it lists its files otherwise
            than one by one with their SHA-256.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - few need it

    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    payload, signature = _opened(parse_object(data))
    try:
        key.verify(signature, _message(payload), _algorithm(key))
    except InvalidSignature:
        raise ValueError("that key did not sign it") from None
    return _listed(parse_object(payload))


def private_key(pem: bytes, passphrase: bytes | None = None) -> "EllipticCurvePrivateKey":
    """Read a private key.

    Raises:
        ValueError: If it is none on a curve that is known here, or the passphrase is another.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - few need it
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - the same

    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("it is no private key in PEM, or has another passphrase") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("it is no ECDSA key")  # noqa: TRY004 - one exception for every shape
    _algorithm(key.public_key())
    return key


def public_key(pem: bytes) -> "EllipticCurvePublicKey":
    """Read a public key.

    Raises:
        ValueError: If it is none on a curve that is known here.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - few need it
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - the same

    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("it is no public key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("it is no ECDSA key")  # noqa: TRY004 - one exception for every shape
    _algorithm(key)
    return key


def _statement(entries: Iterable[Entry], name: str) -> JsonObject:
    entries = sorted(entries, key=lambda entry: entry.path)
    root = hashlib.sha256(b"".join(entry.sha256 for entry in entries)).hexdigest()
    serialization = {
        "method": "files",
        "hash_type": "sha256",
        "allow_symlinks": False,
        "ignore_paths": [],
    }
    resources = [
        {"name": entry.path, "algorithm": "sha256", "digest": entry.sha256.hex()}
        for entry in entries
    ]
    return {
        "_type": _STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": root}}],
        "predicateType": PREDICATE,
        "predicate": {"serialization": serialization, "resources": resources},
    }


def _opened(bundle: JsonObject) -> tuple[bytes, bytes]:
    """Return the payload and its one signature."""
    if bundle.get("mediaType") != MEDIA_TYPE:
        raise ValueError(f"it is no bundle of the type {MEDIA_TYPE}")
    match bundle.get("dsseEnvelope"):
        case {
            "payload": str(payload),
            "payloadType": kind,
            "signatures": [{"sig": str(signature)}],
        } if kind == _IN_TOTO:
            return _bytes(payload), _bytes(signature)
    raise ValueError("it holds no in-toto statement with one signature")


def _listed(statement: JsonObject) -> SignedFiles:
    match statement:
        case {
            "_type": kind,
            "predicateType": predicate,
            "subject": [{"name": str(name)}],
            "predicate": {"serialization": dict(how), "resources": list(resources)},
        } if kind == _STATEMENT and predicate == PREDICATE:
            pass
        case _:
            raise ValueError("it is a statement about something else")
    if how.get("method") != "files" or how.get("allow_symlinks") not in (False, None):
        raise ValueError("it does not list its files one by one, or follows links")
    files = dict(map(_file, resources))
    if len(files) != len(resources):
        raise ValueError("it names a file twice")
    ignored = how.get("ignore_paths", [])
    if not isinstance(ignored, list) or not all(isinstance(path, str) for path in ignored):
        raise ValueError("it has an odd list of paths that it ignores")
    return SignedFiles(name, files, tuple(ignored))


def _file(resource: Any) -> tuple[str, bytes]:
    match resource:
        case {"name": str(name), "algorithm": "sha256", "digest": str(digest)}:
            try:
                value = bytes.fromhex(digest)
            except ValueError:
                value = b""
            if len(value) == _SHA256_BYTES:
                return name, value
    raise ValueError("a file has no name, or no SHA-256")


def _message(payload: bytes) -> bytes:
    """Return what the signature is over: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %b %d %b" % (len(_IN_TOTO), _IN_TOTO.encode(), len(payload), payload)


def _algorithm(key: "EllipticCurvePublicKey") -> "ECDSA":
    """Return what a curve is used with: ECDSA with the hash of its size."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - few need it
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - the same

    if key.curve.name not in _SIZES:
        raise ValueError(f"no key on the curve {key.curve.name} is known here")
    return ec.ECDSA(getattr(hashes, _SIZES[key.curve.name])())


def _hint(key: "EllipticCurvePublicKey") -> str:
    """Return what the format calls a key by: SHA-256 over its PEM."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - few need it

    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.PEM, info)).hexdigest()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("it holds what is no base64") from None
