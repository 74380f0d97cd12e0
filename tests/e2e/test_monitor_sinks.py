"""`bezoar monitor tail --sink`: its own client of W&B off the line; who is gone stops nothing."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path

import pytest

BEZOAR = Path(sys.executable).with_name("bezoar")


@pytest.fixture
def run(tmp_path):
    def start(*arguments, **environment):
        return subprocess.run(
            [BEZOAR, "monitor", *arguments],
            check=False,
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    rows = [{"class": "80" if i % 10 == 0 else "stop", "confidence": 0.9} for i in range(1_000)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "trusted.jsonl").write_text(text)
    (tmp_path / "today.jsonl").write_text(text)
    assert start("baseline", "signs", "--from", "trusted.jsonl", "-o", "b.json").returncode == 0
    return start


def until_logged(folder):
    (log,) = (folder / ".bezoar" / "sinks").rglob("*.wandb")
    end = time.monotonic() + 20  # its own process writes the end of the file
    while b"share/80" not in log.read_bytes():
        assert time.monotonic() < end
        time.sleep(0.05)


TAIL = ("tail", "today.jsonl", "--baseline", "b.json", "--state", "state", "--once")


def test_predictions_go_to_weights_and_biases(run, tmp_path):
    if find_spec("wandb") is None:
        pytest.skip("wandb is not installed")
    found = run(*TAIL, "--sink", "wandb:team/signs", WANDB_MODE="offline")
    assert found.returncode == 0, found.stderr
    assert "1,000 predictions, 0 refused" in found.stderr
    assert "did not reach" not in found.stderr
    until_logged(tmp_path)


def test_what_comes_in_over_http_goes_on_too(run, tmp_path):  # noqa: ARG001 - it makes b.json
    if find_spec("wandb") is None:
        pytest.skip("wandb is not installed")
    command = [BEZOAR, "monitor", "serve", "--baseline", "b.json", "--state", "state"]
    command += ["--port", "0", "--sink", "wandb:team/signs"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | {"WANDB_MODE": "offline"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = (re.search(r"http://[^:]+:(\d+)", line) for line in process.stderr)
            port = int(next(found[1] for found in said if found))
            connection = HTTPConnection("127.0.0.1", port, timeout=20)
            rows = json.dumps({"class": ["stop", "80", "80"]})
            kind = {"Content-Type": "application/json"}
            connection.request("POST", "/v1/observe", rows, kind)
            assert connection.getresponse().status == 200
            connection.close()
            process.terminate()
            assert process.wait(30) == -signal.SIGTERM, "what waited was sent before"
        finally:
            process.kill()
    until_logged(tmp_path)


def test_a_service_that_is_gone_is_told_and_stops_nothing(run):
    if find_spec("arize") is None:
        pytest.skip("arize is not installed (it wants pandas < 3)")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = {"ARIZE_API_HOST": "127.0.0.1", "ARIZE_API_SCHEME": "http"}
        port = str(closed.getsockname()[1])
        found = run(*TAIL, "--sink", "arize:S", ARIZE_API_KEY="k", ARIZE_API_PORT=port, **address)
    assert found.returncode == 0, found.stderr
    assert "1,000 predictions, 0 refused" in found.stderr
    assert "arize:S: 1,000 predictions did not reach it" in found.stderr


def test_the_project_names_places_and_a_wrong_one_is_an_error(run, tmp_path):
    (tmp_path / "bezoar.toml").write_text('[monitor]\nsinks = ["wandb:team"]\n')
    found = run(*TAIL)
    assert found.returncode == 2
    assert "not wandb:ENTITY/PROJECT" in found.stderr
    found = run(*TAIL, "--sink", "whylabs:x")
    assert found.returncode == 2
    assert "not a sink of predictions: 'whylabs:x'" in found.stderr
