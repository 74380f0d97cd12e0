"""The gate of a release, and what a promotion demands."""

import fortify_scene
import pytest
import release_scene
from release_scene import MODEL, no_passphrase

from bezoar.core.errors import BezoarError, UsageError
from bezoar.core.outcome import Status
from bezoar.flows.release import differences, find_release, register, standings
from bezoar.flows.release_gate import gate
from bezoar.flows.release_promote import promote
from bezoar.flows.release_trust import NotReleasedError, check_servable, trusted_gate
from bezoar.fortify.signing.keyring import Role
from bezoar.fortify.signing.signing_off import revoke
from bezoar.ledger import open_ledger
from bezoar.project import Project


def judged(scene, version="1", data=("signs@1",)):
    return gate(scene.project, release_scene.staged(scene, version, data), no_passphrase)


def found(result):
    return [one.rule.code for one in result.outcomes if one.status is Status.FOUND]


def withdraw(scene):
    keyring = fortify_scene.keyring(scene.project)
    revoke(scene.project.dbom, scene.dataset.entry, "poison", keyring, fortify_scene.key("alice"))


def test_a_release_on_approved_verified_inspected_data_is_admitted_and_signed(tmp_path):
    scene = release_scene.prepared(tmp_path)
    result = judged(scene)
    assert result.verdict.admits
    assert result.signer == "alice"
    assert trusted_gate(scene.project, result.record) == result.gated
    promote(scene.project, result.record, no_passphrase)
    assert scene.champion() == "1"
    (event,) = scene.events("release.promoted")
    assert event.subject == result.record.model
    assert event.detail["data"][0]["root"] == str(scene.dataset.entry.root)


def test_what_nobody_verified_or_inspected_is_not_admitted(tmp_path):
    dataset = fortify_scene.approved(tmp_path)
    scene = release_scene.ReleaseScene(dataset.project, dataset)
    result = judged(scene)
    assert found(result) == ["BZ423", "BZ424"]
    with pytest.raises(NotReleasedError, match="BZ424"):
        promote(scene.project, result.record, no_passphrase)
    assert scene.champion() is None


def test_an_inspection_of_other_bytes_or_one_that_found_something_does_not_count(tmp_path):
    scene = release_scene.prepared(tmp_path)
    root = str(scene.dataset.entry.root)
    with open_ledger(scene.project) as ledger:
        ledger.append("dataset.inspected", "signs", {"root": root, "verdict": "quarantine"})
    assert found(judged(scene)) == ["BZ424"]


def test_a_release_that_names_no_data_is_not_admitted(tmp_path):
    scene = release_scene.prepared(tmp_path)
    assert found(judged(scene, data=())) == ["BZ421"]


def test_revoked_data_is_not_admitted_and_no_override_lets_it_go(tmp_path):
    scene = release_scene.prepared(tmp_path)
    withdraw(scene)
    result = judged(scene)
    assert "BZ425" in found(result)
    with pytest.raises(NotReleasedError, match="revoked data"):
        promote(
            scene.project,
            result.record,
            no_passphrase,
            override=result.gated.deciding,
            reason="it is fine",
        )
    assert scene.champion() is None


def test_a_card_and_a_fresh_audit_are_asked_for_where_the_settings_say_so(tmp_path):
    settings = "[release]\nrequire_card = true\n[audit]\nrequire_fresh_days = 30\n"
    scene = release_scene.prepared(tmp_path, settings)
    assert found(judged(scene)) == ["BZ426", "BZ238"]
    card = tmp_path / "card.md"
    card.write_text("# card")
    path = release_scene.graph(tmp_path / "m.onnx", 7)
    record, _ = register(scene.project, MODEL, path, "7", data=["signs"], card=card)
    assert found(gate(scene.project, record, no_passphrase)) == ["BZ238"]


def test_an_override_names_each_code_and_is_signed_with_its_reason(tmp_path):
    dataset = fortify_scene.approved(tmp_path)
    scene = release_scene.ReleaseScene(dataset.project, dataset)
    record = judged(scene).record

    def go(**more):
        promote(scene.project, record, no_passphrase, **more)

    with pytest.raises(NotReleasedError, match="no override names BZ424"):
        go(override=["BZ423"], reason="x")
    with pytest.raises(UsageError, match="BZ421 did not decide"):
        go(override=["BZ421", "BZ423", "BZ424"], reason="x")
    with pytest.raises(UsageError, match="reason"):
        go(override=["BZ423", "BZ424"], reason=" ")
    go(override=["BZ423", "BZ424"], reason="field test of one day")
    gated = check_servable(scene.project, record)
    assert (gated.override, gated.reason) == (("BZ423", "BZ424"), "field test of one day")
    assert standings(scene.project, MODEL)[0].gated.override


def test_a_verdict_that_nobody_signed_or_that_was_edited_does_not_count(tmp_path):
    scene = release_scene.prepared(tmp_path)
    one, other = judged(scene, "1"), judged(scene, "2")
    path = scene.registry.gate_path(one.record)
    signed = path.read_bytes()
    for forged in (
        one.gated.payload(),  # unsigned
        scene.registry.gate_path(other.record).read_bytes(),  # of another release
        signed.replace(b'"sig": "', b'"sig": "AAAA'),
        b"",
    ):
        path.write_bytes(forged)
        with pytest.raises(NotReleasedError, match="BZ433"):
            promote(scene.project, one.record, no_passphrase)
    path.unlink()
    with pytest.raises(NotReleasedError, match="has not judged"):
        promote(scene.project, one.record, no_passphrase)
    assert scene.champion() is None


def test_a_key_without_a_role_in_approvals_signs_no_release(tmp_path):
    scene = release_scene.prepared(tmp_path)
    result = judged(scene)
    fortify_scene.admit(scene.project, "mallory", (Role.ADMIN,))
    from bezoar.fortify.signing.envelope import IN_TOTO, Envelope  # noqa: PLC0415 - forged here

    forged = Envelope(result.gated.payload(), IN_TOTO).with_signature(fortify_scene.key("mallory"))
    scene.registry.gate_path(result.record).write_bytes(forged.content())
    with pytest.raises(NotReleasedError, match="role approver or reviewer"):
        trusted_gate(scene.project, result.record)


def test_without_keys_a_release_goes_only_where_the_settings_let_it(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    scene = release_scene.ReleaseScene(Project(tmp_path), None)
    result = judged(scene, data=())
    assert result.signer is None
    with pytest.raises(NotReleasedError, match="require_signature"):
        promote(scene.project, result.record, no_passphrase, override=["BZ421"], reason="toy")
    (tmp_path / "bezoar.toml").write_text("[release]\nrequire_signature = false\n")
    project = Project(tmp_path)
    promote(project, result.record, no_passphrase, override=["BZ421"], reason="toy")
    assert scene.champion() == "1"


def test_altered_bytes_and_a_model_that_does_not_answer_are_not_promoted(tmp_path):
    scene = release_scene.prepared(tmp_path)
    result = judged(scene)
    blob = scene.blob("1")
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-1] + b"\x00")
    with pytest.raises(BezoarError, match="BZ431"):
        promote(scene.project, result.record, no_passphrase)
    for number, bias in enumerate(("nan", "junk"), start=2):
        path = tmp_path / f"bad-{bias}.onnx"
        release_scene.graph(path, float("nan")) if bias == "nan" else path.write_bytes(b"junk")
        record, _ = register(scene.project, MODEL, path, str(number), data=["signs"])
        gate(scene.project, record, no_passphrase)
        with pytest.raises(BezoarError, match="BZ432"):
            promote(scene.project, record, no_passphrase)
    assert scene.champion() is None


def test_releases_are_listed_and_compared(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    release_scene.staged(scene, "3", ())
    one, two, three = standings(scene.project, MODEL)
    assert [str(each.state) for each in (one, two, three)] == ["archived", "production", "staging"]
    assert (one.previous, two.previous) == (True, False)
    assert "has not judged" in three.fault
    assert find_release(scene.project, MODEL) == three.record
    found = differences(two.record, three.record)
    assert found["data"][0]["name"] == "signs@1"
    assert found["model"][0] != found["model"][1]
    for wrong in ("other", "signs@9", "../x", "signs@../../x"):
        with pytest.raises(UsageError):
            find_release(scene.project, wrong)
