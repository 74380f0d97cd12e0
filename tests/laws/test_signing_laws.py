"""Laws of signing: any one changed byte of anything that is signed ends an approval."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import fortify_scene as fs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bezoar.core.digest import Digest
from bezoar.datasets.manifest import manifest_path
from bezoar.fortify.signing import NotApprovedError, check_approval
from bezoar.fortify.signing.envelope import IN_TOTO, Envelope, parse_envelope
from bezoar.fortify.signing.keyring import Keyring, Member, Role, parse_keyring
from bezoar.fortify.signing.places import keys_folder, sign_off_path
from bezoar.fortify.signing.statement import SignOff, Vetting
from bezoar.fortify.signing.trust import Pin

DIGESTS = st.binary(min_size=32, max_size=32).map(lambda value: Digest("sha256", value))
TEXT = st.text(min_size=1, max_size=30)


@pytest.fixture(scope="module", autouse=True)
def home():
    """One home for the module: examples share one scene."""
    patch = pytest.MonkeyPatch()
    folder = Path(tempfile.mkdtemp())
    patch.setenv("BEZOAR_HOME", str(folder / "home"))
    yield folder
    patch.undo()
    scene.cache_clear()
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _same_home(home, monkeypatch):
    monkeypatch.setenv("BEZOAR_HOME", str(home / "home"))


@cache
def scene(folder):
    where = fs.project(folder / "p")
    fs.with_key(where)
    fs.admit(where, "bob")
    fs.demand(where, approver=2)
    found = fs.registered(where)
    return fs.sign(found, fs.vetted(found), "alice", "bob")


def parts(one):
    """Return every file that a sign-off vouches for, or that vouches for it."""
    manifests = one.project.state / "manifests"
    return {
        "sign-off": sign_off_path(one.project.dbom, one.entry.spec),
        "vet record": one.vet_path,
        "sample manifest": manifest_path(manifests, one.entry.manifest),
        "files manifest": manifest_path(manifests, one.files),
        "keyring 1": keys_folder(one.project.dbom) / "1.json",
        "keyring 2": keys_folder(one.project.dbom) / "2.json",
        "keyring 3": keys_folder(one.project.dbom) / "3.json",
    }


@pytest.mark.parametrize("name", [
    "sign-off", "vet record", "sample manifest", "files manifest",
    "keyring 1", "keyring 2", "keyring 3",
])  # fmt: skip
@given(where=st.integers(min_value=0), flip=st.integers(1, 255))
@settings(max_examples=60)
def test_any_changed_byte_ends_it(home, name, where, flip):
    one = scene(home)
    path = parts(one)[name]
    before = path.read_bytes()
    changed = bytearray(before)
    changed[where % len(changed)] ^= flip
    path.write_bytes(changed)
    try:
        with pytest.raises(NotApprovedError):
            check_approval(one.project, one.entry)
    except pytest.fail.Exception:
        # The one thing that is not signed: which key a signature claims to be by, and spaces.
        assert vouches_the_same(before, bytes(changed))
    finally:
        path.write_bytes(before)
    assert check_approval(one.project, one.entry)


def vouches_the_same(one, other):
    import json  # noqa: PLC0415 - one law

    def signed(data):
        fields = json.loads(data)
        return fields["payload"], fields["payloadType"], [s["sig"] for s in fields["signatures"]]

    return signed(one) == signed(other)


@given(payload=st.binary(max_size=200), where=st.integers(0), flip=st.integers(1, 255))
def test_a_signature_is_over_each_byte(payload, where, flip):
    key = fs.key("alice")
    signed = Envelope(payload, IN_TOTO).with_signature(key)
    assert signed.signed_by(key.public)
    assert parse_envelope(signed.content(), IN_TOTO) == signed
    (claim, signature), *_ = signed.signatures
    broken = bytearray(signature)
    broken[where % len(broken)] ^= flip
    assert not Envelope(payload, IN_TOTO, ((claim, bytes(broken)),)).signed_by(key.public)
    if payload:
        other = bytearray(payload)
        other[where % len(other)] ^= flip
        assert not Envelope(bytes(other), IN_TOTO, signed.signatures).signed_by(key.public)
    assert not Envelope(payload, IN_TOTO + "x", signed.signatures).signed_by(key.public)


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_read_is_an_envelope_or_refused(data):
    try:
        envelope = parse_envelope(data, IN_TOTO)
    except ValueError:
        return
    assert envelope.kind == IN_TOTO


@given(DIGESTS, st.none() | st.integers(1, 999_999))
def test_a_pin_is_read_as_it_is_written(digest, version):
    assert Pin.parse(str(Pin(digest, version))) == Pin(digest, version)


@given(
    reason=TEXT,
    digests=st.tuples(*[DIGESTS] * 5),
    review=st.none() | DIGESTS,
    codes=st.sets(st.sampled_from(["BZ311", "BZ312", "BZ501"])),
    keyring=st.integers(1, 10**9),
)
def test_a_statement_is_read_as_it_is_written(reason, digests, review, codes, keyring):
    root, manifest, files, entry, vet = digests
    statement = SignOff(
        spec="signs@1",
        entry=str(entry),
        root=str(root),
        manifest=str(manifest),
        files=str(files),
        vet=Vetting(digest=str(vet), verdict="reject" if codes else "admit"),
        review=str(review) if review else None,
        reason=reason,
        override=tuple(sorted(codes)),
        keyring=keyring,
        ledger=None,
        time="2026-11-25T00:00:00Z",
        previous=None,
    )
    assert SignOff.parse(statement.payload()) == statement


@given(roles=st.lists(st.sets(st.sampled_from(list(Role)), min_size=1), min_size=1, max_size=4))
def test_more_signers_never_lack_more(roles):
    members = [
        Member.of(f"k{number}", fs.key(f"k{number}").public, some)
        for number, some in enumerate(roles)
    ]
    numbers = {Role.ADMIN: 1, Role.APPROVER: 1, Role.REVIEWER: 1}
    keys = {one.key.id: one for one in members}
    try:
        keyring = Keyring(version=2, previous=str(Digest.of(b"")), keys=keys, thresholds=numbers)
    except ValueError:
        return
    assert parse_keyring(keyring.content()) == keyring
    enough = [not keyring.lacking(members[:count]) for count in range(len(members) + 1)]
    assert enough == sorted(enough)
    assert enough[-1]
    assert not enough[0]
