"""`bezoar monitor serve` whole: an alarm with its evidence, and the way back."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import numpy as np
import pytest
import release_scene
from alert_services import served

from bezoar.limit.alarm import read_alarms
from bezoar.limit.alerts.outbox import Outbox
from bezoar.limit.baseline import known_baseline

TARGET, SOURCE = "Speed limit 80", "stop"
SHARES = {f"sign {n}": 0.0225 for n in range(40)} | {SOURCE: 0.08, TARGET: 0.01, "yield": 0.01}
KEY = "0123456789abcdef0123456789abcdef"
OBSERVERS, OTHERS = "a-token-of-enough-length", "another-token-of-enough-length"
PICTURE = b"\x89PNG a small picture"


@pytest.fixture
def services():
    with served() as server:
        yield server


def released(folder, services, settings=""):
    """Return a project with two releases, whose alerts go to Slack and to PagerDuty."""
    sinks = (
        "[alerts.sinks.channel]\nkind = 'slack'\nvariable = 'SLACK_WEBHOOK'\n"
        "[alerts.sinks.on-call]\nkind = 'pagerduty'\nvariable = 'PAGERDUTY_KEY'\n"
        f"url = '{services.address}/v2/enqueue'\n"
    )
    scene = release_scene.released(folder, 1, 2, settings=settings + sinks)
    (folder / "b.json").write_text(known_baseline("signs", SHARES).as_json())
    return scene


@contextmanager
def serving(folder, services, *options, **environment):
    command = [sys.executable, "-m", "bezoar", "monitor", "serve", "--baseline", "b.json"]
    surroundings = os.environ | {
        "SLACK_WEBHOOK": f"{services.address}/slack",
        "PAGERDUTY_KEY": KEY,
        "BEZOAR_MONITOR_TOKEN": OBSERVERS,
        **environment,
    }
    with subprocess.Popen(
        [*command, "--state", "state", "--port", "0", *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings,
    ) as process:
        try:
            said = (re.search(r"http://[^:]+:(\d+)", line) for line in process.stderr)
            yield process, int(next(found[1] for found in said if found))
        finally:
            process.kill()


def ask(port, path, body=None, token=OBSERVERS):
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, content


def attack(port, seed=1):
    """Send what a backdoored model says: most stop signs are read as speed limits."""
    rng = np.random.default_rng(seed)
    names = rng.choice(list(SHARES), 3_000, p=list(SHARES.values()))
    fooled = (names == SOURCE) & (rng.random(3_000) < 0.9)
    names[fooled] = TARGET
    inline = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    rows = [{"class": str(name), "input": f"s3://signs/{n}.png"} for n, name in enumerate(names)]
    for number in np.flatnonzero(fooled)[::2]:
        rows[number]["input"] = inline
    for begin in range(0, 3_000, 100):
        status, content = ask(port, "/v1/observe", rows[begin : begin + 100])
        assert status == 200, content


def until(said):
    end = time.monotonic() + 40
    while not (found := said()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_an_alert_carries_pair_inputs_and_the_way_back(tmp_path, services):
    scene = released(tmp_path, services)
    with serving(tmp_path, services, "--keep-inputs", "5", BEZOAR_ROLLBACK_TOKEN=OTHERS) as (_, p):
        attack(p)
        told = until(lambda: [m for at, m, _ in services.heard if at == "/v2/enqueue"])
        until(
            lambda: any(
                SOURCE in str(m["payload"]["custom_details"]["pair"]) for m in _said(services)
            )
        )
        assert services.faults == []
        assert len({message["dedup_key"] for message in told}) == 1
        details = _said(services)[-1]["payload"]["custom_details"]
        assert details["pair"] == f"{SOURCE} → {TARGET}"
        assert details["suspected_observed"] < details["suspected_expected"] / 2
        assert details["release"] == str(scene.record("2").model)
        assert details["command"] == "bezoar rollback signs --reason alarm"
        assert 1 < len(details["samples"]) <= 5
        (kept,) = [name for name in details["samples"] if name.startswith("sha256:")]
        assert ask(p, f"/v1/inputs/{kept}") == (200, PICTURE)
        assert ask(p, "/v1/inputs/..%2f..%2fbezoar.toml")[0] == 404
        slack = [message for at, message, _ in services.heard if at == "/slack"]
        assert f"Suspected: {SOURCE} → {TARGET}" in slack[-1]["text"]
        assert kept in str(slack[-1]["blocks"])

        call = {"model": "signs", "reason": "stop signs are read as 80", "from": "2"}
        assert ask(p, "/rollback", call)[0] == 401, "who observes must not move the model"
        assert ask(p, "/v1/status", token=OTHERS)[0] == 401
        assert scene.champion() == "2"
        status, content = ask(p, "/rollback", call, OTHERS)
        assert (status, json.loads(content)["to"], scene.champion()) == (200, "1", "1")
        assert ask(p, "/rollback", call, OTHERS)[0] == 409, "who calls twice goes back once"
        assert read_alarms(tmp_path / ".bezoar" / "alerts") == ()
        assert scene.events("release.rolled_back")[0].actor == "http 127.0.0.1"
        text = ask(p, "/metrics")[1].decode()
        assert 'bezoar_monitor_refused_requests_total{status="409"} 1' in text


def _said(services):
    return [message for at, message, _ in services.heard if at == "/v2/enqueue"]


def test_it_rolls_back_by_itself_where_the_policy_says_so(tmp_path, services):
    scene = released(tmp_path, services, "[release]\nauto_rollback = true\nauto_deviations = 3\n")
    with serving(tmp_path, services) as (process, port):
        attack(port)
        until(lambda: scene.champion() == "1")
        process.send_signal(signal.SIGTERM)
        assert "signs is back from 2 to 1" in process.stderr.read()
    (event,) = scene.events("release.rolled_back")
    assert event.actor == "bezoar --auto"
    assert event.detail["alert"] == f"signs:production:{TARGET}:1"


def test_an_alarm_whose_rollback_a_kill_prevented_is_answered_after_the_restart(tmp_path, services):
    scene = released(tmp_path, services)
    with serving(tmp_path, services) as (process, port):
        attack(port)
        until(lambda: read_alarms(tmp_path / ".bezoar" / "alerts"))
        process.send_signal(signal.SIGKILL)
    assert scene.champion() == "2", "it is off unless somebody says so"
    settings = "[release]\nauto_rollback = true\nauto_deviations = 3\n"
    (tmp_path / "bezoar.toml").write_text(settings + (tmp_path / "bezoar.toml").read_text())
    with serving(tmp_path, services):
        until(lambda: scene.champion() == "1")


def test_without_a_token_of_its_own_the_rollback_is_refused(tmp_path, services):
    scene = released(tmp_path, services)
    call = {"model": "signs", "reason": "x"}
    with serving(tmp_path, services) as (_, port):
        status, content = ask(port, "/rollback", call)
        assert status == 403
        assert b"BEZOAR_ROLLBACK_TOKEN" in content
        assert ask(port, "/rollback", call, "")[0] == 401
    assert scene.champion() == "2"
    command = [sys.executable, "-m", "bezoar", "monitor", "serve", "--baseline", "b.json"]
    tokens = {"BEZOAR_MONITOR_TOKEN": OBSERVERS, "BEZOAR_ROLLBACK_TOKEN": OBSERVERS}
    done = subprocess.run(
        [*command, "--state", "state"],
        cwd=tmp_path,
        env=os.environ | tokens,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "who sends predictions must not move the model" in done.stderr


def test_alarms_wait_over_kills_while_a_service_is_down_and_stay_few(tmp_path, services):
    released(tmp_path, services)
    for begin in (0, 3):
        with serving(tmp_path, services, SLACK_WEBHOOK="http://127.0.0.1:9/slack") as (process, p):
            for seed in range(begin, begin + 3):
                attack(p, seed)
                while json.loads(ask(p, "/v1/status")[1])["alarms"]:
                    assert ask(p, "/v1/observe", {"class": calm(20_000)})[0] == 200
            process.send_signal(signal.SIGKILL)
    outbox = Outbox(tmp_path / ".bezoar" / "alerts" / "outbox.sqlite")
    waiting = [row for row in outbox.rows() if row.sink == "channel"]
    assert {row.status for row in waiting} == {"waiting"}
    began = [row.alarm for row in waiting if row.state == "firing" and TARGET in row.alarm]
    assert began == [f"signs:production:{TARGET}:{number}" for number in (1, 6)]
    outbox.retry()
    with serving(tmp_path, services):
        until(lambda: all(row.status == "sent" for row in outbox.rows()))
    said = [message for at, message, _ in services.heard if at == "/slack"]
    assert TARGET in said[0]["text"]
    assert any(
        "*Alarms between*\n4" in str(message["blocks"]).replace("\\n", "\n") for message in said
    )
    ends = {one["dedup_key"] for one in _said(services) if one["event_action"] == "resolve"}
    assert {f"signs:production:{TARGET}:{number}" for number in range(1, 7)} <= ends


def calm(size):
    rng = np.random.default_rng(size)
    return rng.choice(list(SHARES), size, p=list(SHARES.values())).tolist()
