"""A model that follows its alias: only what verifies, loads and answers is swapped in."""

import json
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
import release_scene
from release_scene import MODEL

import bezoar
from bezoar.core.errors import BezoarError
from bezoar.flows.rollback import rollback
from bezoar.limit.alarm import Alarm, lift_alarm, raise_alarm
from bezoar.limit.live_model import Abstained
from bezoar.limit.releases.replicas import in_folder
from bezoar.project import Project

X = np.zeros((1, 4), np.float32)
POLL_S = 0.05


def until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@contextmanager
def live(scene, **more):
    project = Project(scene.project.root)
    with bezoar.LiveModel(MODEL, project=project, poll_s=POLL_S, replica="r1", **more) as model:
        yield model


def beat(scene):
    return in_folder(scene.project.state / "replicas", MODEL)[0]


def answer(model) -> float:
    return float(np.asarray(model(X)[0]).ravel()[0])


def test_it_serves_the_champion_follows_it_and_drops_no_call(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    failed, answers, stop = [], set(), threading.Event()

    def ask(model):
        while not stop.is_set():
            try:
                answers.add(answer(model))
            except Exception as error:  # noqa: BLE001 - any of them is a dropped call
                failed.append(error)

    with live(scene) as model:
        assert (model.version, model.digest) == ("2", scene.record("2").model)
        assert beat(scene).digest == model.digest
        thread = threading.Thread(target=ask, args=(model,))
        thread.start()
        result = rollback(MODEL, reason="x", project=scene.project)
        assert result.arrival.safe == ("r1",)
        assert model.version == "1"
        release_scene.live(scene, "3")
        until(lambda: model.version == "3")
        stop.set()
        thread.join()
        assert model.health()["version"] == "3"
    assert not failed
    assert answers <= {1.0, 2.0, 3.0}
    assert in_folder(scene.project.state / "replicas", MODEL) == []


def test_what_nobody_signed_is_not_swapped_in(tmp_path):
    scene = release_scene.released(tmp_path, 1)
    record = release_scene.staged(scene, "2")
    pointer = scene.registry.pointer(MODEL)
    with live(scene) as model:
        # Whoever can write to the registry points at what the gate has not judged.
        step = pointer.steps[0].model_copy(update={"version": "2", "digest": record.model})
        scene.registry.point(pointer.model_copy(update={"steps": (step,)}))
        until(lambda: "BZ433" in beat(scene).fault)
        assert (model.version, answer(model)) == ("1", 1.0)
        scene.registry.pointer_path(MODEL).write_text("junk")
        until(lambda: "is damaged" in beat(scene).fault)
        assert answer(model) == 1.0
        scene.registry.point(pointer)
        until(lambda: not beat(scene).fault)


def test_altered_bytes_are_not_loaded_and_the_old_release_stays(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    both = scene.registry.pointer(MODEL)
    scene.registry.point(both.after(both.history().rollback()))
    blob = scene.blob("2")
    with live(scene) as model:
        blob.chmod(0o600)
        good = blob.read_bytes()
        blob.write_bytes(good[:-1] + b"\x00")
        scene.registry.point(both)
        until(lambda: "altered" in beat(scene).fault)
        assert (model.version, answer(model)) == ("1", 1.0)
        blob.write_bytes(good)
        until(lambda: model.version == "2")


def test_a_loader_that_fails_keeps_the_old_release(tmp_path):
    scene = release_scene.released(tmp_path, 1)
    loaded = []

    def load(path):
        loaded.append(path)
        if len(loaded) > 1:
            raise ZeroDivisionError("no memory")
        return lambda _: "stop"

    with live(scene, load=load) as model:
        release_scene.live(scene, "2")
        until(lambda: "ZeroDivisionError: no memory" in beat(scene).fault)
        assert model(X) == "stop"
        assert loaded[0].name == "model-1.onnx"


def test_without_a_champion_or_a_signature_it_does_not_start(tmp_path):
    scene = release_scene.prepared(tmp_path)
    with pytest.raises(BezoarError, match="in production"), live(scene):
        pass
    release_scene.live(scene, "1")
    path = scene.registry.gate_path(scene.record("1"))
    fields = json.loads(path.read_bytes())
    fields["signatures"][0]["sig"] = "AAAA"
    path.write_text(json.dumps(fields))
    with pytest.raises(BezoarError, match="BZ433"), live(scene):
        pass
    with pytest.raises(ValueError, match="polls every"):
        bezoar.LiveModel(MODEL, project=scene.project, poll_s=60)


def by_bias(path):
    """Load a release as what answers with a class: version 2 calls everything 80."""
    return lambda _: "80" if path.name == "model-2.onnx" else "stop"


def test_under_an_alarm_it_abstains_on_that_class_until_the_rollback(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    alerts = scene.project.state / "alerts"
    with live(scene, load=by_bias) as model:
        assert model(X) == "80"
        raise_alarm(alerts, Alarm(MODEL, "80", "2026-11-25T00:00:00Z", "x"))
        until(lambda: model.alarms)
        with pytest.raises(Abstained, match="'80' is under an alarm") as caught:
            model(X)
        assert caught.value.class_ == "80"
        rollback(MODEL, reason="x", project=scene.project)
        until(lambda: not model.alarms)
        assert model(X) == "stop"


def test_under_an_alarm_the_release_before_answers_where_the_policy_says_so(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2, settings='[release]\non_alarm = "previous"\n')
    alerts = scene.project.state / "alerts"
    with live(scene, load=by_bias) as model:
        raise_alarm(alerts, Alarm(MODEL, "80", "2026-11-25T00:00:00Z", "x"))
        until(lambda: model(X) == "stop")
        assert model.version == "2"
        lift_alarm(alerts, MODEL)
        until(lambda: model(X) == "80")


def test_an_alarm_about_another_class_or_release_changes_nothing(tmp_path):
    scene = release_scene.released(tmp_path, 1, 2)
    alerts = scene.project.state / "alerts"
    with live(scene, load=by_bias) as model:
        raise_alarm(alerts, Alarm(MODEL, "stop", "2026-11-25T00:00:00Z", "x"))
        old = scene.record("1").model
        raise_alarm(alerts, Alarm(MODEL, "80", "2026-11-25T00:00:00Z", "x", release=old))
        until(lambda: len(model.alarms) == 2)
        assert model(X) == "80"
