"""The monitor's page in a real browser: live charts, hostile names, a token where one is needed."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pytest
from devtools import CHROMIUM, Browser

from bezoar.limit.baseline import known_baseline

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")

HOSTILE = "<img src=x onerror=alert(1)>"
SHARES = {HOSTILE: 0.02, "stop": 0.96, "Speed limit 80": 0.02}
SHOWN = "!document.getElementById('all').hidden"
TOKEN = "a-token-of-enough-length"  # noqa: S105 - of no server


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "browser")
    browser.size(1280, 900)
    yield browser
    browser.close()


@contextmanager
def serving(folder, token="", options=(), shares=SHARES):
    (folder / "bezoar.toml").write_text("")
    (folder / "b.json").write_text(known_baseline("signs", shares).as_json())
    command = [sys.executable, "-m", "bezoar", "monitor", "serve", "--baseline", "b.json"]
    surroundings = os.environ | {"BEZOAR_MONITOR_TOKEN": token}
    with subprocess.Popen(
        [*command, "--state", "state", "--port", "0", *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings,
    ) as process:
        try:
            said = (re.search(r"http://\S+", line) for line in process.stderr)
            yield next(found[0] for found in said if found)
        finally:
            process.kill()


def observe(address, **counts):
    return send(address, [{"class": name} for name, count in counts.items() for _ in range(count)])


def send(address, rows):
    request = urllib.request.Request(  # noqa: S310 - this test's own server
        f"{address}/v1/observe", json.dumps(rows).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        return json.loads(answer.read())


def test_a_class_that_rises_is_shown_as_it_happens(browser, tmp_path):
    with serving(tmp_path) as address:
        usual = ["stop"] * 48 + [HOSTILE, "Speed limit 80"]
        send(address, [{"class": name} for name in usual * 8])
        browser.open(address + "/")
        browser.wait(SHOWN)
        assert browser.look("document.getElementById('answer').textContent") == "No"
        assert HOSTILE in browser.look("document.getElementById('charts').textContent")
        observe(address, **{"Speed limit 80": 40})
        browser.wait("document.getElementById('answer').textContent === 'Yes: 1'")
        browser.wait("document.querySelector('#charts li polyline').points.length > 1")
        first = "document.querySelector('#charts li')"
        assert "Speed limit 80" in browser.look(f"{first}.textContent")
        assert "▲ alert" in browser.look(f"{first}.textContent")
        said = browser.look("document.getElementById('alerts').textContent")
        assert "class 'Speed limit 80' has deviated by" in said
        assert "bezoar rollback signs --reason alarm" in said
        browser.screenshot(tmp_path / "page.png", whole=True)
        assert browser.complaints() == []
        assert browser.look("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_says_who_is_taken_for_whom_whatever_they_are_called(browser, tmp_path):
    rows = [{"class": "sign"}] * 9 + [{"class": "80", "input": HOSTILE}]
    shares = {HOSTILE: 0.1, "80": 0.01, "sign": 0.89}
    with serving(tmp_path, options=("--keep-inputs", "2"), shares=shares) as address:
        send(address, rows * 12)
        browser.open(address + "/")
        browser.wait("!document.getElementById('alerts').hidden")
        head = browser.look("document.querySelector('#alarms h3').textContent")
        assert head == f"{HOSTILE} → 80"
        assert f"Inputs that were kept: {HOSTILE}" in browser.look(
            "document.getElementById('alarms').textContent"
        )
        assert browser.look("document.querySelector('#alarms img')") is None
        assert browser.complaints() == []


def test_the_page_asks_for_the_token(browser, tmp_path):
    with serving(tmp_path, TOKEN) as address:
        browser.open(address + "/")
        browser.wait("!document.getElementById('ask').hidden")
        browser.look("document.getElementById('token').value = 'wrong'")
        browser.look("document.getElementById('enter').click()")
        browser.wait("!document.getElementById('trouble').hidden")
        browser.look(f"document.getElementById('token').value = '{TOKEN}'")
        browser.look("document.getElementById('enter').click()")
        browser.wait(SHOWN)
