"""OpenSSF model-signing bundles: one that its own tool wrote, our own, and hostile ones."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from bezoar.adapters.model_signing import (
    MEDIA_TYPE,
    private_key,
    public_key,
    verify_bundle,
    write_bundle,
)
from bezoar.core.manifest import Entry, Manifest

GOLDEN = Path(__file__).parents[2] / "golden" / "model-signing"
"""Written by model-signing 1.1.1: `model_signing sign key m`, of the three files below."""
FILES = {".hidden": b"h\n", "cat/1.txt": b"a\n", "dog/2.txt": b"b\n"}


def manifest(files):
    entries = (
        Entry(path, len(data), hashlib.sha256(data).digest(), None) for path, data in files.items()
    )
    return Manifest.of(entries)


@pytest.fixture(params=[ec.SECP256R1, ec.SECP384R1, ec.SECP521R1], ids=lambda curve: curve.name)
def key(request):
    return ec.generate_private_key(request.param())


def signed(key, statement, **outer):
    """Sign any statement as a bundle."""
    from bezoar.adapters import model_signing as ms  # noqa: PLC0415 - behind the curtain

    payload = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    signature = key.sign(ms._message(payload), ms._algorithm(key.public_key()))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
    }
    return json.dumps({"mediaType": MEDIA_TYPE, "dsseEnvelope": envelope} | outer).encode()


def statement(key):
    bundle = json.loads(write_bundle(manifest(FILES), "m", key))
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def test_a_bundle_of_the_other_tool_is_verified():
    key = public_key((GOLDEN / "key.pub").read_bytes())
    found = verify_bundle((GOLDEN / "bundle.sig").read_bytes(), key)
    assert found.name == "m"
    assert found.differences(manifest(FILES)) == []
    assert ".git" in found.ignored


def test_ours_says_the_same_as_theirs(key):
    theirs = json.loads((GOLDEN / "bundle.sig").read_bytes())
    payload = json.loads(base64.b64decode(theirs["dsseEnvelope"]["payload"]))
    mine = statement(key)
    assert mine["subject"] == payload["subject"]
    assert mine["predicate"]["resources"] == payload["predicate"]["resources"]
    assert json.loads(write_bundle(manifest(FILES), "m", key)).keys() == theirs.keys()


def test_what_was_written_is_verified(key):
    data = write_bundle(manifest(FILES), "signs@1", key)
    found = verify_bundle(data, key.public_key())
    assert (found.name, found.ignored) == ("signs@1", ())
    assert found.differences(manifest(FILES)) == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (FILES | {"cat/1.txt": b"A\n"}, ["cat/1.txt: its bytes differ"]),
        (FILES | {"new": b""}, ["new: nobody signed it"]),
        (FILES | {".git/config": b"x"}, [".git/config: nobody signed it"]),
        ({"cat/1.txt": b"a\n", "dog/2.txt": b"b\n"}, [".hidden: it is missing"]),
        (
            {".hidden": b"h\n", "bat/1.txt": b"a\n", "dog/2.txt": b"b\n"},
            ["bat/1.txt: nobody signed it", "cat/1.txt: it is missing"],
        ),
    ],
)
def test_each_difference_is_named(files, why):
    """A renamed class folder leaves the other tool's root digest as it was, and shows here."""
    key = public_key((GOLDEN / "key.pub").read_bytes())
    found = verify_bundle((GOLDEN / "bundle.sig").read_bytes(), key)
    assert found.differences(manifest(files)) == why


def test_another_key_did_not_sign_it(key):
    other = ec.generate_private_key(key.curve)
    with pytest.raises(ValueError, match="that key did not sign it"):
        verify_bundle(write_bundle(manifest(FILES), "m", key), other.public_key())


def test_any_changed_byte_of_what_is_signed_ends_it(key):
    bundle = json.loads(write_bundle(manifest(FILES), "m", key))
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    for at in range(0, len(payload), 7):
        changed = bytearray(payload)
        changed[at] ^= 1
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(changed).decode()
        with pytest.raises(ValueError, match="that key did not sign it"):
            verify_bundle(json.dumps(bundle).encode(), key.public_key())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"mediaType":1,"mediaType":2}',
        json.dumps({"mediaType": MEDIA_TYPE}).encode(),
        json.dumps({"mediaType": MEDIA_TYPE, "dsseEnvelope": []}).encode(),
        json.dumps({"mediaType": MEDIA_TYPE, "dsseEnvelope": {"payload": 1}}).encode(),
        json.dumps(
            {
                "mediaType": MEDIA_TYPE,
                "dsseEnvelope": {
                    "payload": "é",
                    "payloadType": "application/vnd.in-toto+json",
                    "signatures": [{"sig": ""}],
                },
            }
        ).encode(),
    ],
)
def test_what_is_no_bundle(data):
    key = public_key((GOLDEN / "key.pub").read_bytes())
    with pytest.raises(ValueError, match="it "):
        verify_bundle(data, key)


def test_two_signatures_or_none(key):
    bundle = json.loads(write_bundle(manifest(FILES), "m", key))
    one = bundle["dsseEnvelope"]["signatures"]
    for some in ([], one * 2):
        bundle["dsseEnvelope"]["signatures"] = some
        with pytest.raises(ValueError, match="with one signature"):
            verify_bundle(json.dumps(bundle).encode(), key.public_key())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s.update(_type="x"), "something else"),
        (lambda s: s.update(predicateType="x"), "something else"),
        (lambda s: s.update(subject=[]), "something else"),
        (lambda s: s["predicate"].update(resources=5), "something else"),
        (lambda s: s["predicate"]["serialization"].update(method="shards"), "one by one"),
        (lambda s: s["predicate"]["serialization"].update(allow_symlinks=True), "one by one"),
        (lambda s: s["predicate"]["serialization"].update(ignore_paths=5), "ignores"),
        (lambda s: s["predicate"]["resources"][0].update(algorithm="blake3"), "no SHA-256"),
        (lambda s: s["predicate"]["resources"][0].update(digest="00"), "no SHA-256"),
        (lambda s: s["predicate"]["resources"][0].update(digest="zz" * 32), "no SHA-256"),
        (lambda s: s["predicate"]["resources"][0].update(name=5), "no name"),
        (lambda s: s["predicate"]["resources"][0].update(name="cat/1.txt"), "names a file twice"),
    ],
)
def test_a_signed_statement_of_another_shape(key, change, why):
    found = statement(key)
    change(found)
    with pytest.raises(ValueError, match=why):
        verify_bundle(signed(key, found), key.public_key())


def test_the_other_tools_older_predicate_is_not_read(key):
    data = signed(key, {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicate": {}})
    with pytest.raises(ValueError, match="something else"):
        verify_bundle(data, key.public_key())


def pem(key, passphrase=None):
    kind = serialization.PrivateFormat.PKCS8
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, kind, encryption)


def test_keys_are_read(key):
    assert private_key(pem(key)).curve.name == key.curve.name
    assert private_key(pem(key, b"word"), b"word").curve.name == key.curve.name
    for data, word in ((pem(key, b"word"), b"other"), (pem(key, b"word"), None), (b"x", None)):
        with pytest.raises(ValueError, match="no private key"):
            private_key(data, word)


def test_keys_of_another_kind():
    for other in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1())):
        with pytest.raises(ValueError, match=r"no ECDSA key|no key on the curve"):
            private_key(pem(other))
        info = serialization.PublicFormat.SubjectPublicKeyInfo
        public = other.public_key().public_bytes(serialization.Encoding.PEM, info)
        with pytest.raises(ValueError, match=r"no ECDSA key|no key on the curve"):
            public_key(public)
    with pytest.raises(ValueError, match="no public key"):
        public_key(b"-----BEGIN PUBLIC KEY-----\n")
