"""`bezoar monitor alerts` as a user types it."""

import json
import os
import subprocess
import sys

import pytest
from alert_services import served


def bezoar(folder, *arguments, **more):
    command = [sys.executable, "-m", "bezoar", "monitor", "alerts", *arguments]
    environment = os.environ | more
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture
def services():
    with served() as server:
        yield server


def test_the_way_that_alerts_take(tmp_path, services):
    (tmp_path / "bezoar.toml").write_text(
        "[alerts.sinks.channel]\nkind = 'slack'\nvariable = 'SLACK_WEBHOOK'\n"
    )
    missing = bezoar(tmp_path, "test")
    assert missing.returncode == 2
    assert "SLACK_WEBHOOK is not set" in missing.stderr
    address = {"SLACK_WEBHOOK": f"{services.address}/slack"}
    services.answers = [404, 404]
    refused = bezoar(tmp_path, "test", **address)
    assert refused.returncode == 1
    assert "refused" in refused.stdout
    assert "404" in refused.stdout
    again = bezoar(tmp_path, "retry", **address)
    assert again.returncode == 0, again.stderr
    assert "2 of 2 alerts were taken" in again.stderr
    assert bezoar(tmp_path, "test", **address).returncode == 0
    assert services.faults == []
    assert len(services.heard) == 4
    listed = bezoar(tmp_path, "list", "--format", "json")
    assert [one["status"] for one in json.loads(listed.stdout)["alerts"]] == ["sent"] * 4


def test_without_a_sink(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    assert bezoar(tmp_path, "test").returncode == 2
    empty = bezoar(tmp_path, "list")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "the outbox is empty" in empty.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kind = 'slack'", "variable is missing"),
        ("kind = 'email'\nurl = 'h:25'", "sender is missing"),
        ("kind = 'carrier pigeon'", "kind"),
        ("kind = 'slack'\nvariabel = 'X'", "did you mean 'variable'"),
    ],
)
def test_a_slip_in_the_settings_is_told(tmp_path, text, why):
    (tmp_path / "bezoar.toml").write_text(f"[alerts.sinks.one]\n{text}\n")
    found = bezoar(tmp_path, "test")
    assert found.returncode == 2
    assert why in found.stderr
