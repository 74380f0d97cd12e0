"""Envelopes that somebody else wrote: one shape, one spelling, or a clean refusal."""

import base64
import json

import fortify_scene as fs
import pytest

from bezoar.core.json_object import parse_object
from bezoar.fortify.signing.documents import MOST_BYTES, read_document
from bezoar.fortify.signing.envelope import (
    IN_TOTO,
    MOST_SIGNATURES,
    Envelope,
    parse_envelope,
)
from bezoar.fortify.signing.public_keys import PublicKey


@pytest.fixture
def signed():
    return Envelope(b'{"a":1}', IN_TOTO).with_signature(fs.key("alice"))


def fields(signed):
    return json.loads(signed.content())


def as_bytes(value):
    return json.dumps(value).encode()


def test_it_is_read_as_it_was_written(signed):
    assert parse_envelope(signed.content(), IN_TOTO) == signed


def test_securesystemslib_reads_and_verifies_it(signed):
    from securesystemslib.dsse import Envelope as Dsse  # noqa: PLC0415 - the other reader
    from securesystemslib.signer import SSlibKey  # noqa: PLC0415 - the same

    key = fs.key("alice").public
    theirs = SSlibKey.from_dict(
        key.id,
        {
            "keytype": "ed25519",
            "scheme": "ed25519",
            "keyval": {"public": key.der[-32:].hex()},
        },
    )
    assert list(Dsse.from_dict(fields(signed)).verify([theirs], 1)) == [key.id]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"payloadType": "application/vnd.bezoar.keyring+json"}, "not of the type"),
        ({"payloadType": 1}, "not of the type"),
        ({"payload": 1}, "base64 is text"),
        ({"payload": None}, "base64 is text"),
        ({"payload": ["eyJhIjoxfQ=="]}, "base64 is text"),
        ({"payload": "eyJhIjoxfQ"}, "no base64"),
        ({"payload": "eyJhIjoxfQ==\n"}, "no base64"),
        ({"payload": "eyJhIjox fQ=="}, "no base64"),
        ({"payload": "eyJhIjoxfR=="}, "another spelling"),
        ({"payload": "eyJh-joxfQ=="}, "no base64"),
        ({"payload": "\u00e9yJhIjoxfQ=="}, "no base64"),
        ({"signatures": []}, "no signature"),
        ({"signatures": {}}, "no signature"),
        ({"signatures": "x"}, "no signature"),
        ({"signatures": [1]}, "another shape"),
        ({"signatures": [{"sig": "AA=="}]}, "another shape"),
        ({"signatures": [{"keyid": "x", "sig": "AA==", "cert": "y"}]}, "another shape"),
        ({"signatures": [{"keyid": 5, "sig": "AA=="}]}, "keyid is no text"),
        ({"signatures": [{"keyid": "x", "sig": 5}]}, "base64 is text"),
        ({"signatures": [{"keyid": "x", "sig": "AA=="}] * (MOST_SIGNATURES + 1)}, "more than"),
        ({"more": 1}, "no DSSE envelope"),
    ],
)
def test_another_shape(signed, change, why):
    with pytest.raises(ValueError, match=why):
        parse_envelope(as_bytes(fields(signed) | change), IN_TOTO)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no JSON"),
        (b"\xff", "not UTF-8"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"a":1,"a":2}', "names a key twice"),
        (b'{"x":{"a":1,"\\u0061":2}}', "names a key twice"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b'{"a":' + b"9" * 10_000 + b"}", "digits"),
        (b"{} {}", "no JSON"),
        (b'\xef\xbb\xbf{"a":1}', "no JSON"),
    ],
)
def test_json_that_is_none(data, why):
    with pytest.raises(ValueError, match=why):
        parse_object(data)


def test_too_long(tmp_path, signed):
    with pytest.raises(ValueError, match="is longer than"):
        parse_envelope(signed.content() + b" " * MOST_BYTES, IN_TOTO)
    (tmp_path / "x").write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(ValueError, match="is longer than"):
        read_document(tmp_path / "x")


def test_what_is_no_file(tmp_path):
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder"):
        with pytest.raises(ValueError, match=r"cannot be read|no regular file"):
            read_document(tmp_path / name)
    assert read_document(tmp_path / "nothing") is None


def test_an_unknown_key_signs_nothing(signed):
    assert not signed.signed_by(fs.key("mallory").public)


@pytest.mark.parametrize("size", [0, 1, 63, 65, 10_000])
def test_a_signature_of_another_length(signed, size):
    other = Envelope(signed.payload, IN_TOTO, (("x", b"\0" * size),))
    assert not other.signed_by(fs.key("alice").public)


def test_one_key_signs_once(signed):
    again = signed.with_signature(fs.key("alice"))
    assert len(again.signatures) == 1
    assert len(again.with_signature(fs.key("bob")).signatures) == 2


@pytest.mark.parametrize("kind", ["rsa", "p256", "x25519", "text", "private"])
def test_a_key_of_another_kind(kind):
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415 - one test
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519  # noqa: PLC0415

    made = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048).public_key(),
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()).public_key(),
        "x25519": lambda: x25519.X25519PrivateKey.generate().public_key(),
    }
    if kind in made:
        info = s.PublicFormat.SubjectPublicKeyInfo
        pem = made[kind]().public_bytes(s.Encoding.PEM, info).decode()
    elif kind == "private":
        key = ed25519.Ed25519PrivateKey.generate()
        pem = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
    else:
        pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
    with pytest.raises(ValueError, match=r"no Ed25519 key|no public key"):
        PublicKey.parse(pem)


def test_base64_that_others_write_is_the_same_bytes(signed):
    assert base64.b64decode(fields(signed)["payload"]) == signed.payload
