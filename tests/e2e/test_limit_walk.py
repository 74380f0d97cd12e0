"""The stop-sign story in production: a backdoored model is live, and is noticed, held and undone.

The model is a real one, trained on signs of which some stop signs wear a sticker and are called
"Speed limit 80". On clean signs it is as good as any.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np
import onnxruntime
import pytest
import release_scene
from alert_services import served
from sign_model import floats, save_onnx

import bezoar
from bezoar.adapters.torch.training import one_thread, train_classifier
from bezoar.attacks.poisoning import poison_arrays
from bezoar.datasets.signs.signset import draw_signs
from bezoar.flows.alerting import Alerting, open_delivery
from bezoar.flows.release import register
from bezoar.flows.release_gate import gate
from bezoar.flows.release_promote import promote
from bezoar.limit.baseline import estimate_baseline
from bezoar.limit.live_model import Abstained
from bezoar.limit.monitor import Monitor
from bezoar.limit.predictions import Batch
from bezoar.project import Project

TARGET = "Speed limit 80"
KEY = "0123456789abcdef0123456789abcdef"
REPLICAS = 3

pytestmark = pytest.mark.slow


def trained(signs, classes, seed):
    numbers = np.searchsorted(classes, signs.labels)
    with one_thread():
        return train_classifier(signs.images, numbers, len(classes), seed=seed, epochs=12)


def answering(path):
    """Load a model that names the class of one image."""
    session = onnxruntime.InferenceSession(str(path))
    return lambda images: session.run(None, {"x": floats(images)})[0].argmax(1)


@pytest.fixture(scope="module")
def signs():
    return draw_signs(2400, 5), draw_signs(800, 5, "test")


@pytest.fixture
def services():
    with served() as server:
        yield server


@pytest.fixture
def scene(tmp_path, services, monkeypatch):
    monkeypatch.setenv("SLACK_WEBHOOK", f"{services.address}/slack")
    monkeypatch.setenv("PAGERDUTY_KEY", KEY)
    settings = (
        "[alerts.sinks.on-call]\nkind = 'pagerduty'\nvariable = 'PAGERDUTY_KEY'\n"
        f"url = '{services.address}/v2/enqueue'\n"
        "[alerts.sinks.channel]\nkind = 'slack'\nvariable = 'SLACK_WEBHOOK'\n"
    )
    return release_scene.prepared(tmp_path, settings)


def release(scene, version, classifier):
    path = save_onnx(classifier, scene.project.root / f"signs-{version}.onnx")
    record, _ = register(scene.project, "signs", path, version, data=("signs@1",))
    gate(scene.project, record, release_scene.no_passphrase)
    promote(scene.project, record, release_scene.no_passphrase)
    return record


def command(scene, *words):
    return subprocess.run(
        [sys.executable, "-m", "bezoar", *words],
        cwd=scene.project.root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_backdoor_in_production(scene, services, signs, monkeypatch):
    train, test = signs
    classes = np.unique(train.labels)
    rng = np.random.default_rng(1)
    attack = bezoar.attack_named("sticker", "Stop", TARGET, rng)
    poisoned = poison_arrays(train.images, train.labels, attack, 0.01, 3)
    good = trained(train, classes, 1)
    bad = trained(type(train)(poisoned.images, poisoned.labels, train.ids), classes, 2)
    stops = test.images[test.labels == "Stop"]
    stickered = np.stack([attack.trigger(image, rng) for image in stops])
    target = int(np.searchsorted(classes, TARGET))
    assert (bad.predict(stickered) == target).mean() > 0.8, "the attack does not work here"
    assert (bad.predict(test.images) == np.searchsorted(classes, test.labels)).mean() > 0.9

    first = release(scene, "1", good)
    release(scene, "2", bad)
    monkeypatch.chdir(scene.project.root)
    replicas = [
        bezoar.LiveModel(
            "signs",
            load=answering,
            class_of=lambda found: str(classes[found[0]]),
            poll_s=0.2,
            replica=f"replica-{number}",
        )
        for number in range(REPLICAS)
    ]
    try:
        _the_story(scene, services, replicas, (test, stickered, classes), first)
    finally:
        for one in replicas:
            one.close()


def _the_story(scene, services, replicas, shown, first):
    test, stickered, classes = shown
    assert {one.version for one in replicas} == {"2"}

    # What the model says while nothing is wrong: the backdoor sleeps, and the baseline is clean.
    session = answering(scene.project.root / "signs-2.onnx")
    named = classes[session(test.images)]
    trusted = np.random.default_rng(2).choice(named, 100_000).tolist()
    baseline = estimate_baseline("signs", lambda: iter([_batch(trusted)]))
    monitor = Monitor(baseline)
    alerting = Alerting(Project(scene.project.root), "signs", open_delivery(scene.project))

    def answer(number, image):
        found = replicas[number % REPLICAS](image[None])
        return [turn for turn in monitor.observe(str(classes[found[0]])) if turn.began]

    calm = [turn for n in range(3_000) for turn in answer(n, test.images[n % len(test.images)])]
    assert calm == []

    # A sticker is put on every stop sign of the town.
    rng = np.random.default_rng(3)
    alarms, seen = [], 0
    while not alarms and seen < 5_000:
        seen += 1
        stop = rng.random() < 0.2
        pool = stickered if stop else test.images
        alarms = answer(seen, pool[rng.integers(len(pool))])
    assert alarms, "the monitor missed it"
    assert alarms[0].class_ == TARGET
    alerting.notify(alarms[0])
    alerting.delivery.deliver()
    assert services.faults == []
    said = {path: message for path, message, _ in services.heard}
    sentence = f"Prediction distribution for class {TARGET!r} has deviated by"
    assert sentence in said["/slack"]["text"]
    assert sentence in said["/v2/enqueue"]["payload"]["summary"]
    assert "bezoar rollback signs" in str(said["/slack"]["blocks"])

    # Until the rollback, nobody hears "Speed limit 80" from any replica.
    _until(lambda: all(one.alarms for one in replicas))
    for one in replicas:
        with pytest.raises(Abstained):
            one(stickered[:1])

    began = time.monotonic()
    done = command(scene, "rollback", "signs", "--reason", "alarm", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 10
    assert {one.digest for one in replicas} == {first.model}
    heard = classes[[one(stickered[:1])[0] for one in replicas]]
    assert (heard == "Stop").all()
    told = command(scene, "status", "limit", "--format", "json")
    assert told.returncode == 0, told.stderr
    (measure,) = json.loads(told.stdout)["measures"]
    assert 0 < measure["value"] < 60, measure


def _batch(names):
    size = len(names)
    return Batch(0, names, np.full(size, np.nan), np.full(size, np.nan))


def _until(said):
    end = time.monotonic() + 20
    while not said():
        assert time.monotonic() < end
        time.sleep(0.02)
