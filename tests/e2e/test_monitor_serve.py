"""`bezoar monitor serve` as a process that is killed while others talk to it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import numpy as np
import pytest

from bezoar.limit.baseline import OTHER, Baseline, known_baseline
from bezoar.limit.strata import Strata

SENDERS = 4


@pytest.fixture
def project(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    made = known_baseline("signs", {"stop": 0.7, "80": 0.3})
    (tmp_path / "b.json").write_text(made.as_json())
    return tmp_path


@contextmanager
def serving(folder, *options, **environment):
    command = [sys.executable, "-m", "bezoar", "monitor", "serve", "--baseline", "b.json"]
    command += ["--state", "state", "--port", "0", *options]
    surroundings = os.environ | environment
    with subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, env=surroundings
    ) as process:
        try:
            said = (re.search(r"http://[^:]+:(\d+)", line) for line in process.stderr)
            yield process, int(next(found[1] for found in said if found))
        finally:
            process.kill()


def send(port, name, rows=None):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    rows = json.dumps(rows or {"class": ["stop"] * 100, "confidence": [0.5] * 100})
    headers = {"Content-Type": "application/json", "Idempotency-Key": name}
    try:
        connection.request("POST", "/v1/observe", rows, headers)
        answer = connection.getresponse()
        return json.loads(answer.read()) if answer.status == 200 else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def status(port):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/v1/status")
    found = json.loads(connection.getresponse().read())
    connection.close()
    return found


def test_kill_9_under_load_loses_only_what_was_not_acknowledged(project):
    sent, taken = [], []
    with serving(project) as (process, port):

        def talk(who):
            for number in range(10_000):
                sent.append(name := f"{who}-{number}")
                if send(port, name) is None:
                    return
                taken.append(name)

        threads = [threading.Thread(target=talk, args=(who,)) for who in range(SENDERS)]
        for thread in threads:
            thread.start()
        while len(taken) < 60:
            threads[0].join(0.01)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    with serving(project) as (_, port):
        found = status(port)["predictions"]
        assert 100 * len(taken) <= found <= 100 * (len(taken) + SENDERS)
        answers = [send(port, name) for name in sent]
        assert all(answers)
        assert sum(one["again"] for one in answers) >= len(taken)
        assert status(port)["predictions"] == 100 * len(sent), "a retry counts once"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says how much memory is held")
def test_a_thousand_classes_by_the_hour_stay_below_100_megabytes(project):
    names = (*(f"{k:04d}" for k in range(1000)), OTHER)
    rows, cells = (25, len(names)), (len(names), 3)
    shares = np.full(rows, 1e-3)
    tables = (shares, 0 * shares + 0.1, np.full(cells, 0.5), np.full(cells, 0.5), np.full(cells, 0))
    made = Baseline("signs", names, Strata(hour=True), *tables)
    (project / "b.json").write_text(made.as_json())
    with serving(project) as (process, port):
        for number in range(40):
            rows = [{"class": f"{k:04d}", "time": number * 3600.0} for k in range(1000)]
            assert send(port, str(number), rows)["taken"] == 1000
        text = Path(f"/proc/{process.pid}/status").read_text()
        assert int(re.search(r"VmRSS:\s+(\d+)", text)[1]) < 100 * 1024


def test_an_end_on_request_keeps_the_state(project):
    token = "a-token-of-enough-length"  # noqa: S105 - of no server
    with serving(project) as (process, port):
        assert send(port, "a")["taken"] == 100
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    with serving(project, BEZOAR_MONITOR_TOKEN=token) as (_, port):
        assert send(port, "a") is None, "the token is asked for"
    with serving(project) as (_, port):
        assert send(port, "a")["again"]


@pytest.mark.parametrize(
    ("options", "token", "why"),
    [
        (["--host", "0.0.0.0"], "", "this machine alone"),  # noqa: S104 - it is refused
        ([], "short", "at least 16"),
    ],
)
def test_what_is_unsafe_does_not_start(project, options, token, why):
    command = [sys.executable, "-m", "bezoar", "monitor", "serve", "--baseline", "b.json"]
    done = subprocess.run(
        [*command, "--state", "s", *options],
        cwd=project,
        env=os.environ | {"BEZOAR_MONITOR_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
