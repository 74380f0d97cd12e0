"""Rolling back: verified before the pointer moves, and with everything else down."""

import json
import time

import fortify_scene
import pytest
import release_scene
from release_scene import MODEL
from starlette.testclient import TestClient

import bezoar
from bezoar.core.errors import BezoarError, UsageError
from bezoar.flows.release_reach import releases_reached
from bezoar.flows.rollback import RollbackRefusedError, rollback
from bezoar.flows.rollback_auto import AutoRollback, NotAllowedError, rollback_on_alarm
from bezoar.flows.status_limit import incidents, limit
from bezoar.flows.trace import trace
from bezoar.fortify.signing.revocation import remembered_path
from bezoar.fortify.signing.signing_off import revoke
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import Alarm, raise_alarm, read_alarms
from bezoar.limit.releases.record import TrainedOn
from bezoar.limit.releases.replicas import Heartbeat, say
from bezoar.project import Project
from bezoar.web.rollback import rollback_app

TOKEN = "a-token-of-some-length"  # noqa: S105 - of this test alone


def damage(scene, version):
    blob = scene.blob(version)
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-1] + b"\x00")


def test_the_release_before_comes_back_and_the_ledger_says_who_what_and_why(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, 3)
    alerts = scene.project.state / "alerts"
    raise_alarm(alerts, Alarm(MODEL, "80", "2026-11-25T00:00:00Z", "x"))
    raise_alarm(alerts, Alarm("other", "80", "2026-11-25T00:00:00Z", "x"))
    result = bezoar.rollback(MODEL, reason="stop signs", project=scene.project, actor="eve")
    assert (result.before, result.after, scene.champion()) == ("3", "2", "2")
    assert result.safe
    (event,) = scene.events("release.rolled_back")
    told = event.detail
    assert (event.actor, told["from"], told["to"], told["reason"]) == (
        "eve",
        "3",
        "2",
        "stop signs",
    )
    assert [one.model for one in read_alarms(alerts)] == ["other"]
    assert rollback(MODEL, reason="more", project=scene.project).after == "1"
    with pytest.raises(UsageError, match="nothing of signs was in production before"):
        rollback(MODEL, reason="more", project=scene.project)


def test_an_older_version_is_named(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, 3)
    with pytest.raises(UsageError, match="was not in production before: 2, 1 were"):
        rollback(MODEL, reason="x", to="9", project=scene.project)
    with pytest.raises(UsageError, match="has a reason"):
        rollback(MODEL, reason=" ", project=scene.project)
    assert rollback(MODEL, reason="x", to="1", project=scene.project).after == "1"
    assert scene.champion() == "1"


def test_an_altered_artefact_is_refused_and_the_next_good_one_named(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, 3)
    damage(scene, "2")
    with pytest.raises(RollbackRefusedError, match="BZ431") as caught:
        rollback(MODEL, reason="x", project=scene.project)
    assert "the next good one is 1" in caught.value.message
    assert caught.value.next.startswith(f"bezoar rollback {MODEL} --to 1 ")
    assert scene.champion() == "3"
    assert scene.events("release.refused")[0].detail["version"] == "2"
    damage(scene, "1")
    with pytest.raises(RollbackRefusedError, match="no other release that was live is good"):
        rollback(MODEL, reason="x", project=scene.project)


@pytest.mark.parametrize("what", ["gate", "record"])
def test_a_release_whose_word_was_taken_away_is_refused(tmp_path, what):
    scene = release_scene.released(tmp_path, 1, 2)
    path = scene.registry.gate_path(scene.record("1")).with_name(f"{what}.json")
    path.unlink()
    with pytest.raises(RollbackRefusedError, match=r"BZ433|no release"):
        rollback(MODEL, reason="x", project=scene.project)
    assert scene.champion() == "2"


def test_a_pointer_that_somebody_edited_moves_nowhere(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    path = scene.registry.pointer_path(MODEL)
    fields = json.loads(path.read_bytes())
    fields["steps"][0]["digest"] = fields["steps"][1]["digest"]
    path.write_text(json.dumps(fields, sort_keys=True, separators=(",", ":")))
    with pytest.raises(RollbackRefusedError, match="another digest"):
        rollback(MODEL, reason="x", project=scene.project)
    path.write_text("{}")
    with pytest.raises(BezoarError, match="is damaged"):
        rollback(MODEL, reason="x", project=scene.project)


def test_a_release_on_data_that_was_revoked_since_is_refused(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    keyring = fortify_scene.keyring(scene.project)
    signer = fortify_scene.key("alice")
    revoke(scene.project.dbom, scene.dataset.entry, "poison", keyring, signer)
    # Whatever the repository says afterwards, this machine remembers.
    (scene.project.dbom / "signatures" / "signs@1.revoked.json").unlink()
    assert remembered_path(scene.dataset.entry.root).exists()
    with pytest.raises(RollbackRefusedError, match=r"BZ425.*poison"):
        rollback(MODEL, reason="x", project=scene.project)
    assert scene.champion() == "2"


def test_it_works_with_the_ledger_and_the_registry_down(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    settings = 'ledger = "sqlite:////proc/nothing/here.sqlite"\n'
    settings += '[release]\nregistry = "mlflow:http://127.0.0.1:9"\n'
    (tmp_path / "bezoar.toml").write_text(settings)
    result = rollback(MODEL, reason="x", project=Project(tmp_path))
    assert scene.champion() == "1"
    assert any("the ledger does not know" in one for one in result.notes)
    assert any("release sync" in one for one in result.notes)


def test_late_replicas_are_named_and_it_is_not_called_safe(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    folder = scene.project.state / "replicas"
    say(folder, Heartbeat(MODEL, "a", scene.record("1").model, "1", time.time()))
    say(folder, Heartbeat(MODEL, "b", scene.record("2").model, "2", time.time()))
    result = rollback(MODEL, reason="x", project=scene.project, timeout_s=0.2)
    assert not result.safe
    assert result.arrival.late == {"b": "it serves 2"}
    assert scene.events("release.safe") == []


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["false"], "exit code 1"),
        (["sh", "-c", "sleep 9"], r"more than 0\.3 s"),
        (["no-such-program"], "cannot be started"),
    ],
)
def test_a_command_of_the_team_says_that_it_does_not_answer(tmp_path, command, why):
    scene = release_scene.released(tmp_path, 1, 2)
    settings = "[release]\nsmoke_timeout_s = 0.3\n[release.smoke]\n"
    (tmp_path / "bezoar.toml").write_text(f"{settings}{MODEL} = {json.dumps(command)}\n")
    with pytest.raises(RollbackRefusedError, match=why):
        rollback(MODEL, reason="x", project=Project(tmp_path))
    assert scene.champion() == "2"


def test_a_command_of_the_team_is_given_the_model(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    command = '["test", "-s", "{model}"]'
    (tmp_path / "bezoar.toml").write_text(f"[release.smoke]\n{MODEL} = {command}\n")
    assert "test said" in rollback(MODEL, reason="x", project=Project(tmp_path)).answered
    assert scene.champion() == "1"


def alarm(scene, key="signs:p:80:1", **more):
    detail = {"model": MODEL, "key": key, "deviations": 8.5, "sentence": "14 in 1,000", **more}
    with open_ledger(scene.project) as ledger:
        ledger.append("monitor.alarm", MODEL, detail)
    return key


def test_an_alarm_sets_off_a_rollback_only_as_the_policy_says(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, 3)
    key = alarm(scene)
    with pytest.raises(NotAllowedError, match="auto_rollback is false"):
        rollback_on_alarm(scene.project, MODEL, key)
    (tmp_path / "bezoar.toml").write_text("[release]\nauto_rollback = true\n")
    project = Project(tmp_path)
    with pytest.raises(UsageError, match="knows no alarm"):
        rollback_on_alarm(project, MODEL, "nothing")
    for weak in (1.0, None, "9"):
        with pytest.raises(NotAllowedError, match="standard deviations"):
            rollback_on_alarm(project, MODEL, alarm(scene, f"w{weak}", deviations=weak))
    other = alarm(scene, "other", release=scene.record("1").model)
    with pytest.raises(NotAllowedError, match="another release"):
        rollback_on_alarm(project, MODEL, other)
    result = rollback_on_alarm(project, MODEL, key)
    assert (result.after, result.reason) == ("2", "14 in 1,000")
    with pytest.raises(NotAllowedError, match="already"):
        rollback_on_alarm(project, MODEL, key)
    over = alarm(scene, "over")
    with open_ledger(scene.project) as ledger:
        ledger.append("monitor.over", MODEL, {"model": MODEL, "key": over})
    with pytest.raises(NotAllowedError, match="is over"):
        rollback_on_alarm(project, MODEL, over)
    assert scene.champion() == "2"


def test_an_alarm_just_after_a_rollback_sets_off_no_other(tmp_path):
    settings = "[release]\nauto_rollback = true\n"
    scene = release_scene.released(tmp_path, 1, 2, 3, settings=settings)
    rollback(MODEL, reason="by hand", project=scene.project)
    late = alarm(scene, release=scene.record("2").model)
    with pytest.raises(NotAllowedError, match="auto_pause_s is 3,600"):
        rollback_on_alarm(scene.project, MODEL, late)
    (tmp_path / "bezoar.toml").write_text(settings + "auto_pause_s = 0\n")
    assert rollback_on_alarm(Project(tmp_path), MODEL, late).after == "1"


def test_who_asks_twice_goes_back_once(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, 3)
    assert rollback(MODEL, reason="x", leaving="3", project=scene.project).after == "2"
    with pytest.raises(RollbackRefusedError, match="3 is not in production of signs any more: 2"):
        rollback(MODEL, reason="x", leaving="3", project=scene.project)
    assert scene.champion() == "2"
    digest = scene.record("2").model
    assert rollback(MODEL, reason="x", leaving=digest, project=scene.project).after == "1"


def test_alarms_at_once_roll_back_once_and_each_is_answered(tmp_path):
    settings = "[release]\nauto_rollback = true\nauto_pause_s = 0\n"
    scene = release_scene.released(tmp_path, 1, 2, 3, settings=settings)
    told = []
    auto = AutoRollback(scene.project, MODEL, told.append)
    release = scene.record("3").model
    for key in ("a", "b", "weak"):
        deviations = 1.0 if key == "weak" else 9.0
        alarm(scene, key, release=release, deviations=deviations)
        raise_alarm(scene.project.state / "alerts", Alarm(MODEL, key, "2026-11-25T00:00:00Z", key))
    auto.resume()
    end = time.monotonic() + 30
    while len(told) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    assert sorted("is back from 3 to 2" in one for one in told) == [False, False, True]
    assert scene.champion() == "2"
    why = [event.detail["why"] for event in scene.events("release.left")]
    assert len(why) == 2
    assert any("about another release" in one for one in why)
    assert len(scene.events("release.rolled_back")) == 1


def test_recovery_is_measured_from_the_alarm_to_the_last_replica(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, 3)
    assert limit(scene.project, None).value is None
    alarm(scene)
    alarm(scene, "signs:p:stop:1")
    (missing,) = limit(scene.project, None).missing
    assert missing.next.startswith("bezoar rollback signs")
    rollback(MODEL, reason="x", project=scene.project)
    found = limit(scene.project, None)
    assert not found.missing
    assert 0 <= found.value < 30
    alarm(scene, "signs:p:80:2")
    with open_ledger(scene.project) as ledger:
        ledger.append("monitor.over", MODEL, {"model": MODEL, "key": "signs:p:80:2"})
        ledger.append("monitor.alarm", MODEL, {})
        assert len(incidents(ledger.events())) == 2


def test_the_releases_that_data_went_into_are_found_and_an_untouched_one_offered(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    other = fortify_scene.approved(tmp_path, "more", "1", {"a/x.png": b"other"})
    record = release_scene.staged(scene, "3", ("more@1",))
    registry = scene.registry
    pointer = registry.pointer(MODEL)
    assert record.data == (TrainedOn(dataset="more@1", root=str(other.entry.root)),)
    for subject in ("signs@1", str(scene.dataset.entry.root), scene.record("2").model):
        (reached,) = releases_reached(scene.project, trace(scene.project, subject))
        assert reached.live
    (reached,) = releases_reached(scene.project, trace(scene.project, "signs"))
    assert (reached.releases, reached.untouched) == (("1", "2"), None)
    (reached,) = releases_reached(scene.project, trace(scene.project, "more"))
    assert (reached.releases, reached.live, reached.next) == (("3",), False, "")
    (reached,) = releases_reached(scene.project, trace(scene.project, scene.record("2").model))
    assert reached.untouched == "1"
    assert reached.next == "bezoar rollback signs --to 1 --reason …"
    assert pointer == registry.pointer(MODEL)


@pytest.fixture
def served(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    return scene, TestClient(rollback_app(scene.project, TOKEN))


def test_one_rest_call_rolls_back(served):
    scene, client = served
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/rollback", json={"model": MODEL, "reason": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["to"]) == (200, "1")
    assert scene.champion() == "1"
    assert scene.events("release.rolled_back")[0].actor == "http testclient"
    answer = client.post("/rollback", json={"model": MODEL, "reason": "x"}, headers=headers)
    assert answer.status_code == 400
    again = {"model": MODEL, "reason": "x", "from": "2"}
    answer = client.post("/rollback", json=again, headers=headers)
    assert (answer.status_code, scene.champion()) == (409, "1")


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        (b'{"model": "signs", "reason": "x"}', "wrong-token-wrong-token", 401),
        (b'{"model": "signs", "reason": "x"}', "", 401),
        (b"{", TOKEN, 400),
        (b"[" * 50_000, TOKEN, 400),
        (b"x" * 100_000, TOKEN, 400),
        (b'{"model": "signs"}', TOKEN, 400),
        (b'{"model": 1, "reason": "x"}', TOKEN, 400),
        (b'{"model": "../x", "reason": "x"}', TOKEN, 400),
        (b'{"model": "signs", "reason": "x", "more": "y"}', TOKEN, 400),
        (b'{"model": "signs", "auto": "a"}', TOKEN, 409),
    ],
)
def test_a_call_that_is_off_moves_nothing(served, body, token, status):
    scene, client = served
    headers = {"Authorization": f"Bearer {token}"}
    assert client.post("/rollback", content=body, headers=headers).status_code == status
    assert scene.champion() == "2"


def test_a_token_that_can_be_guessed_is_refused(tmp_path):
    with pytest.raises(UsageError, match="fewer than"):
        rollback_app(Project(tmp_path), "short")
