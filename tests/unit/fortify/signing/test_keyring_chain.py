"""A pull request cannot bring its own judge: each way to try, by name."""

import shutil

import fortify_scene as fs
import pytest

from bezoar.core.digest import Digest
from bezoar.core.errors import UsageError
from bezoar.core.json_object import canonical
from bezoar.fortify.signing import NotApprovedError, check_approval, trust
from bezoar.fortify.signing.chain import BrokenKeyringError, NoKeysError, read_chain
from bezoar.fortify.signing.envelope import Envelope, parse_envelope
from bezoar.fortify.signing.keyring import KIND, Keyring, Member, Role, parse_keyring
from bezoar.fortify.signing.keyring_changes import begin, with_member, with_thresholds
from bezoar.fortify.signing.places import keys_folder, sign_off_path
from bezoar.fortify.signing.public_keys import PublicKey
from bezoar.fortify.signing.trust import Pin


@pytest.fixture
def where(tmp_path):
    """A project with alice (admin, approver) and bob (approver): version 2."""
    project = fs.project(tmp_path / "p")
    fs.with_key(project)
    fs.admit(project, "bob")
    return project


def folder(where):
    return keys_folder(where.dbom)


def write(where, keyring, *names):
    """Put a version in place, signed by whom one likes."""
    envelope = Envelope(keyring.content(), KIND)
    for name in names:
        envelope = envelope.with_signature(fs.key(name))
    (folder(where) / f"{keyring.version}.json").write_bytes(envelope.content())


def broken(where, why):
    with pytest.raises(BrokenKeyringError, match=why) as error:
        fs.keyring(where)
    assert error.value.exit_code == 1
    assert error.value.next


def mallory(current, roles=(Role.ADMIN, Role.APPROVER)):
    return with_member(current, Member.of("mallory", fs.key("mallory").public, roles))


def test_the_keys_lead_to_the_pinned_one(where):
    assert {one.name for one in fs.keyring(where).keys.values()} == {"alice", "bob"}


def test_all_keys_replaced(where, tmp_path):
    other = fs.project(tmp_path / "other")
    fs.with_key(other, "mallory")
    shutil.rmtree(folder(where))
    shutil.copytree(folder(other), folder(where))
    broken(where, "the first key is sha256:.*, and sha256:.* is pinned")


def test_nobody_pinned_anything(where, tmp_path, monkeypatch):
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "fresh"))
    broken(where, "nobody here said which key to trust")


def test_a_pin_in_the_environment_counts_first(where, monkeypatch):
    monkeypatch.setenv("BEZOAR_TRUST", fs.key("bob").public.id)
    broken(where, "is pinned")
    monkeypatch.setenv("BEZOAR_TRUST", fs.key("alice").public.id)
    assert fs.keyring(where).version == 2


def test_a_pinned_version_of_the_keyring(where, monkeypatch):
    monkeypatch.setenv("BEZOAR_TRUST", str(Pin(fs.keyring(where).digest, 2)))
    assert fs.keyring(where).version == 2
    monkeypatch.setenv("BEZOAR_TRUST", str(Pin(Digest.of(b""), 2)))
    broken(where, "version 2 is not the pinned one")
    monkeypatch.setenv("BEZOAR_TRUST", str(Pin(Digest.of(b""), 3)))
    broken(where, "version 3 is pinned, and the newest is older")


@pytest.mark.parametrize("text", ["", " ", "sha256:00", "0:sha256:" + "0" * 64, "alice"])
def test_a_pin_that_is_none(where, monkeypatch, text):
    monkeypatch.setenv("BEZOAR_TRUST", text or "x")
    with pytest.raises(UsageError, match="not a fingerprint"):
        fs.keyring(where)


def test_a_version_is_skipped(where):
    fs.demand(where, approver=2)
    (folder(where) / "2.json").unlink()
    broken(where, "version 2 is missing")


def test_the_first_version_is_gone(where):
    (folder(where) / "1.json").unlink()
    broken(where, "version 1 is missing")


def test_an_older_keyring_is_replayed(where):
    assert fs.keyring(where).version == 2
    (folder(where) / "2.json").unlink()
    broken(where, "version 2 was seen here before: 1 is a replay")


def test_a_version_seen_before_is_rewritten(where):
    fs.demand(where, approver=2)
    assert fs.keyring(where).version == 3
    for number in (2, 3):
        (folder(where) / f"{number}.json").unlink()
    for version in range(2, 4):
        current = read_chain(folder(where)).current
        write(where, with_thresholds(current, {Role.ADMIN: 1}), "alice")
        assert read_chain(folder(where)).current.version == version
    broken(where, "version 2 is another than the one seen here before")


def test_one_more_key_signed_by_itself(where):
    write(where, mallory(fs.keyring(where)), "mallory")
    broken(where, "version 3 has 0 of 1 signatures of a key with the role admin")


def test_one_more_key_signed_by_nobody(where):
    path = folder(where) / "3.json"
    write(where, mallory(fs.keyring(where)), "alice")
    text = path.read_text()
    path.write_text(text[: text.index("[")] + "[]\n}")
    broken(where, "it has no signature")


def test_an_approver_who_is_no_admin_changes_the_keys(where):
    write(where, mallory(fs.keyring(where)), "bob")
    broken(where, "version 3 has 0 of 1 signatures of a key with the role admin")


def test_a_signature_that_claims_to_be_by_an_admin(where):
    new = mallory(fs.keyring(where))
    signed = Envelope(new.content(), KIND).with_signature(fs.key("mallory"))
    spoofed = Envelope(new.content(), KIND, ((fs.key("alice").public.id, signed.signatures[0][1]),))
    (folder(where) / "3.json").write_bytes(spoofed.content())
    broken(where, "0 of 1 signatures")


def test_a_signature_counts_whatever_key_it_claims(where):
    new = mallory(fs.keyring(where))
    signed = Envelope(new.content(), KIND).with_signature(fs.key("alice"))
    renamed = Envelope(new.content(), KIND, (("somebody", signed.signatures[0][1]),))
    (folder(where) / "3.json").write_bytes(renamed.content())
    assert fs.keyring(where).version == 3


def test_the_threshold_is_lowered_without_signatures(where):
    fs.admit(where, "carol", roles=[Role.ADMIN])
    fs.demand(where, admin=2)
    lowered = fs.keyring(where)
    assert lowered.thresholds[Role.ADMIN] == 2
    write(where, with_thresholds(lowered, {Role.ADMIN: 1}), "alice")
    broken(where, "version 5 has 1 of 2 signatures")
    write(where, with_thresholds(lowered, {Role.ADMIN: 1}), "alice", "alice")
    broken(where, "version 5 has 1 of 2 signatures")
    write(where, with_thresholds(lowered, {Role.ADMIN: 1}), "alice", "carol")
    assert fs.keyring(where).thresholds[Role.ADMIN] == 1


def test_one_signature_written_twice_counts_once(where):
    fs.admit(where, "carol", roles=[Role.ADMIN])
    fs.demand(where, admin=2)
    new = with_thresholds(fs.keyring(where), {Role.ADMIN: 1})
    (_, signature), *_ = Envelope(new.content(), KIND).with_signature(fs.key("alice")).signatures
    ids = (fs.key("alice").public.id, fs.key("carol").public.id, "third")
    envelope = Envelope(new.content(), KIND, tuple((one, signature) for one in ids))
    (folder(where) / f"{new.version}.json").write_bytes(envelope.content())
    broken(where, "1 of 2 signatures")


def test_a_version_that_does_not_follow(where):
    new = mallory(fs.keyring(where)).model_copy(update={"previous": str(Digest.of(b"x"))})
    write(where, new, "alice")
    broken(where, "version 3 does not follow version 2")


def test_a_version_under_another_number(where):
    (folder(where) / "3.json").write_bytes((folder(where) / "2.json").read_bytes())
    broken(where, "3.json holds version 2")


def test_a_first_version_with_two_keys(tmp_path):
    other = fs.project(tmp_path / "other")
    first = fs.with_key(other, "dora")
    one = read_chain(folder(other)).current
    two = Member.of("mallory", fs.key("mallory").public, [Role.APPROVER])
    keys = {**one.keys, two.key.id: two}
    write(other, one.model_copy(update={"keys": keys}), "dora")
    broken(other, "version 1 has more keys")
    assert trust.pinned(other.root) == Pin(first.public.fingerprint)


def fields(where):
    return fs.keyring(where).model_dump(mode="json")


def test_a_key_under_another_fingerprint(where):
    found = fields(where)
    (one, two) = found["keys"]
    found["keys"][one], found["keys"][two] = found["keys"][two], found["keys"][one]
    with pytest.raises(ValueError, match="under another fingerprint than its own"):
        parse_keyring(canonical(found))


def test_a_key_twice_under_two_names(where):
    """Its fingerprint is its id, and JSON that names an id twice is refused."""
    current = fs.keyring(where)
    with pytest.raises(UsageError, match="in the keyring already, as bob"):
        with_member(current, Member.of("robert", fs.key("bob").public, [Role.APPROVER]))
    text = canonical(fields(where)).decode()
    bob = fs.key("bob").public.id
    twice = text.replace('"keys":{', f'"keys":{{"{bob}":{{}},')
    with pytest.raises(ValueError, match="names a key twice"):
        parse_keyring(twice.encode())


def test_a_key_twice_by_another_spelling(where):
    found = fields(where)
    bob = next(one for one in found["keys"].values() if one["name"] == "bob")
    bob["public"] = bob["public"].replace("\n", "\r\n")
    with pytest.raises(ValueError, match="a key has one spelling"):
        parse_keyring(canonical(found))


def test_two_keys_of_one_name(where):
    found = fields(where)
    for one in found["keys"].values():
        one["name"] = "bob"
    with pytest.raises(ValueError, match="two keys are named bob"):
        parse_keyring(canonical(found))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"keys": {}}, "1 to 64 keys"),
        ({"version": True}, "version"),
        ({"version": 0}, "version"),
        ({"version": "2"}, "version"),
        ({"previous": None}, "only the first version"),
        ({"thresholds": {"approver": 1}}, "a threshold for each"),
        ({"thresholds": {"admin": 0, "approver": 1, "reviewer": 0}}, "admin is at least 1"),
        ({"thresholds": {"admin": 1, "approver": 0, "reviewer": 0}}, "approver is at least 1"),
        ({"thresholds": {"admin": 1, "approver": -1, "reviewer": 0}}, "approver is at least 1"),
        ({"thresholds": {"admin": 1, "approver": 3, "reviewer": 0}}, "nothing could ever"),
        ({"thresholds": {"admin": 2, "approver": 1, "reviewer": 0}}, "nobody could change it"),
        ({"thresholds": {"admin": 1, "approver": 1.0, "reviewer": 0}}, "thresholds"),
        ({"surprise": 1}, "surprise"),
        ({"schema_version": 2}, "schema_version"),
    ],
)
def test_a_keyring_of_another_shape(where, change, why):
    with pytest.raises(ValueError, match=why):
        parse_keyring(canonical(fields(where) | change))


def test_a_keyring_in_another_spelling(where):
    content = fs.keyring(where).content()
    with pytest.raises(ValueError, match="spelled otherwise"):
        parse_keyring(content.replace(b'":', b'": ', 1))


def test_two_thresholds_are_never_met_by_one_person(where):
    fs.admit(where, "both", roles=[Role.APPROVER, Role.REVIEWER])
    fs.demand(where, reviewer=1)
    keyring = fs.keyring(where)
    alice, both = keyring.named("alice"), keyring.named("both")
    assert "1 of 2 signatures of different keys" in keyring.lacking([both])
    assert "role reviewer" in keyring.lacking([alice])
    assert keyring.lacking([alice, both]) == ""


def test_a_reviewer_alone_approves_nothing(where):
    fs.admit(where, "rita", roles=[Role.REVIEWER])
    scene = fs.registered(where)
    scene = fs.sign(scene, fs.vetted(scene), "rita")
    with pytest.raises(NotApprovedError, match="0 of 1 signatures of a key with the role approver"):
        check_approval(where, scene.entry)


def test_an_admin_alone_approves_nothing(where):
    fs.admit(where, "root", roles=[Role.ADMIN])
    scene = fs.registered(where)
    scene = fs.sign(scene, fs.vetted(scene), "root")
    with pytest.raises(NotApprovedError, match="0 of 1 signatures of a key with the role approver"):
        check_approval(where, scene.entry)


def test_what_a_removed_key_signed_counts_no_more(where):
    scene = fs.registered(where)
    scene = fs.sign(scene, fs.vetted(scene), "bob")
    assert check_approval(where, scene.entry).signers == ("bob",)
    from bezoar.fortify.signing.keyring_changes import propose, without_member  # noqa: PLC0415

    current = fs.keyring(where)
    propose(folder(where), current, without_member(current, "bob"), fs.key("alice"))
    with pytest.raises(NotApprovedError, match="0 of 1 signatures"):
        check_approval(where, scene.entry)


def test_a_sign_off_from_a_later_keyring_shows_a_replay(where, tmp_path, monkeypatch):
    """A machine with no memory, as CI has: the approval itself says how new the keys were."""
    scene = fs.registered(where)
    scene = fs.sign(scene, fs.vetted(scene))
    (folder(where) / "2.json").unlink()
    pin = fs.key("alice").public.id
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "ci"))
    monkeypatch.setenv("BEZOAR_TRUST", pin)
    with pytest.raises(NotApprovedError, match="signed under version 2 of the keyring"):
        check_approval(where, scene.entry)


def test_a_keyring_is_no_sign_off(where):
    scene = fs.registered(where)
    scene = fs.sign(scene, fs.vetted(scene))
    path = sign_off_path(where.dbom, "signs@1")
    path.write_bytes((folder(where) / "1.json").read_bytes())
    with pytest.raises(NotApprovedError, match="payload is not of the type"):
        check_approval(where, scene.entry)


def test_what_was_seen_is_damaged(where):
    fs.keyring(where)
    path = next((trust.home() / "keyrings").iterdir())
    for text in ("", "[]", '{"keyrings": 5}', '{"keyrings": ["x"]}', "{}"):
        path.write_text(text)
        with pytest.raises(Exception, match="is damaged") as error:
            fs.keyring(where)
        assert error.value.next == f"rm {path}"


@pytest.mark.parametrize("text", ["x", "projects = 5", "[projects]\na = 1", "\xff"])
def test_the_file_of_pins_is_damaged(where, text):
    (trust.home() / "trust.toml").write_text(text, encoding="latin-1")
    with pytest.raises((UsageError, BrokenKeyringError)) as error:
        fs.keyring(where)
    assert error.value.next


def test_a_home_that_cannot_be_written_remembers_nothing(where, tmp_path, monkeypatch):
    pin = fs.key("alice").public.id
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BEZOAR_TRUST", pin)
    monkeypatch.setenv("BEZOAR_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr(trust, "_seen_file", lambda _: tmp_path / "file" / "below.json")
    monkeypatch.setattr(trust, "seen", lambda _: ())
    assert fs.keyring(where).version == 2


def test_no_keys_at_all(tmp_path):
    with pytest.raises(NoKeysError):
        fs.keyring(fs.project(tmp_path / "p"))


def test_a_second_beginning_is_another_chain(where):
    """Whoever begins anew has another first key, and it is not the pinned one."""
    begin(where.root.parent, folder(where), "mallory", fs.ADMIN, fs.key("mallory"))
    (folder(where) / "2.json").unlink()
    broken(where, "is pinned")


def test_laws_of_a_keyring(where):
    keyring = fs.keyring(where)
    assert parse_keyring(keyring.content()) == keyring
    data = (folder(where) / "2.json").read_bytes()
    assert parse_envelope(data, KIND).content() == data
    assert isinstance(keyring, Keyring)


def test_these_tests_see_signatures_that_are_not_verified(where, monkeypatch):
    """With verification switched off, what is refused above is taken."""
    write(where, mallory(fs.keyring(where)), "mallory")
    with pytest.raises(BrokenKeyringError):
        fs.keyring(where)
    monkeypatch.setattr(PublicKey, "verifies", lambda *_: True)
    assert fs.keyring(where).named("mallory") is not None
