"""An alarm reaches the ledger, Slack and PagerDuty; its end finds them again."""

import shlex
from dataclasses import replace

import numpy as np
import pytest
from alert_services import served

from bezoar.core.errors import BezoarError
from bezoar.flows.alerting import Alerting, lift, open_delivery
from bezoar.ledger import open_ledger
from bezoar.limit.alarm import read_alarms
from bezoar.limit.alerts.delivery import Delivery
from bezoar.limit.alerts.notice import State
from bezoar.limit.baseline import known_baseline
from bezoar.limit.monitor import Monitor
from bezoar.project import Project

SHARES = {"Stop": 0.02, "Speed limit 80": 0.01, "Yield": 0.97}
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def services():
    with served() as server:
        yield server


@pytest.fixture
def alerting(tmp_path, services, monkeypatch):
    monkeypatch.setenv("SLACK_WEBHOOK", f"{services.address}/slack")
    monkeypatch.setenv("PAGERDUTY_KEY", KEY)
    (tmp_path / "bezoar.toml").write_text(
        "[alerts.sinks.on-call]\nkind = 'pagerduty'\nvariable = 'PAGERDUTY_KEY'\n"
        f"url = '{services.address}/v2/enqueue'\n"
        "[alerts.sinks.channel]\nkind = 'slack'\nvariable = 'SLACK_WEBHOOK'\n"
    )
    project = Project(tmp_path)
    return Alerting(project, "signs", open_delivery(project))


def turns_of(monitor, size, **shares):
    """Return what a monitor brings up."""
    shares = SHARES | shares
    rng = np.random.default_rng(5)
    total = sum(shares.values())
    drawn = rng.choice(list(shares), size, p=[share / total for share in shares.values()])
    found = [turn for name in drawn.tolist() for turn in monitor.observe(name)]
    return found + monitor.flush()


def test_the_stop_signs_that_became_speed_limits(alerting, services):
    monitor = Monitor(known_baseline("signs", SHARES))
    (begun,) = turns_of(monitor, 4_000, **{"Speed limit 80": 0.03, "Stop": 0.0})
    alerting.notify(begun)
    assert alerting.delivery.deliver() == 2
    ended = turns_of(monitor, 200_000)
    alerting.notify(ended[0])
    assert alerting.delivery.deliver() == 2
    assert services.faults == []
    said = {
        path: [message for at, message, _ in services.heard if at == path]
        for path in ("/slack", "/v2/enqueue")
    }
    first, last = said["/v2/enqueue"]
    assert first["dedup_key"] == last["dedup_key"] == "signs:production:Speed limit 80:1"
    assert [first["event_action"], last["event_action"]] == ["trigger", "resolve"]
    assert "standard deviations from baseline" in first["payload"]["summary"]
    details = first["payload"]["custom_details"]
    assert details["pair"] == "Stop → Speed limit 80"
    assert details["suspected_expected"] > 5
    assert details["command"] == "bezoar rollback signs --reason alarm"
    assert "class 'Speed limit 80' has deviated by" in said["/slack"][0]["text"]
    with open_ledger(alerting.project) as ledger:
        kinds = [event.kind for event in ledger.events()]
    assert kinds == ["monitor.alarm", "monitor.over"]
    (held,) = read_alarms(alerting.project.state / "alerts", "signs")
    assert (held.class_, held.alert) == ("Speed limit 80", first["dedup_key"])


def test_a_person_may_lift_it(alerting):
    monitor = Monitor(known_baseline("signs", SHARES))
    (begun,) = turns_of(monitor, 4_000, **{"Speed limit 80": 0.03})
    alerting.notify(begun)
    assert lift(alerting.project, "signs", reason="road works", class_="Stop") == 0
    assert lift(alerting.project, "signs", reason="road works") == 1
    assert read_alarms(alerting.project.state / "alerts") == ()
    with open_ledger(alerting.project) as ledger:
        assert [event.detail.get("reason") for event in ledger.events()][1:] == ["road works"] * 2


@pytest.mark.parametrize("sinks", [True, False])
def test_a_restart_gives_a_new_alarm_a_new_key_and_an_old_one_its_own(alerting, sinks):
    if not sinks:
        alerting.delivery.sinks = {}
    monitor = Monitor(known_baseline("signs", SHARES))
    (begun,) = turns_of(monitor, 4_000, **{"Speed limit 80": 0.03})
    keys = [alerting.notify(begun).key]

    def again(turn):
        """Tell of it in a new process."""
        return Alerting(alerting.project, "signs", alerting.delivery).notify(turn)

    keys.append(again(begun).key)
    assert again(replace(begun, again=True)).state is State.UPDATED
    keys += [again(replace(begun, again=True)).key, again(replace(begun, began=False)).key]
    assert set(keys) == {"signs:production:Speed limit 80:1"}, "it is one alarm, told twice"
    assert again(begun).key == "signs:production:Speed limit 80:2"


def test_what_could_not_be_kept_is_told_under_one_key_and_noted_once(alerting, monkeypatch):
    monitor = Monitor(known_baseline("signs", SHARES))
    (begun,) = turns_of(monitor, 4_000, **{"Speed limit 80": 0.03})

    def full(*_):
        raise BezoarError("the disk is full", next="df")

    with monkeypatch.context() as patch:
        patch.setattr(Delivery, "put", full)
        for _ in range(5):
            with pytest.raises(BezoarError, match="full"):
                alerting.notify(begun)
    assert alerting.notify(begun).key == "signs:production:Speed limit 80:1"
    with open_ledger(alerting.project) as ledger:
        assert [event.kind for event in ledger.events()] == ["monitor.alarm"]


def test_the_policy_decides_what_sets_off_a_rollback(alerting, tmp_path):
    monitor = Monitor(known_baseline("signs", SHARES))
    (begun,) = turns_of(monitor, 4_000, **{"Speed limit 80": 0.03})
    ended = replace(begun, began=False)
    asked = []
    for settings, turns in (
        ("", [begun, ended]),
        ("[release]\nauto_rollback = true\nauto_deviations = 1000\n", [begun, ended]),
        ("[release]\nauto_rollback = true\n", [begun, replace(begun, again=True), ended]),
    ):
        (tmp_path / "bezoar.toml").write_text(settings)
        one = Alerting(Project(tmp_path), "signs", alerting.delivery, auto=asked.append)
        command, *_ = [one.notify(turn).command for turn in turns]
    assert asked == ["signs:production:Speed limit 80:3"]
    assert command == f"bezoar rollback signs --auto {shlex.quote(asked[0])}"


def test_without_sinks_the_ledger_still_knows(tmp_path):
    project = Project(tmp_path)
    monitor = Monitor(known_baseline("signs", SHARES))
    (begun,) = turns_of(monitor, 4_000, **{"Speed limit 80": 0.03})
    Alerting(project, "signs", open_delivery(project)).notify(begun)
    with open_ledger(project) as ledger:
        assert [event.kind for event in ledger.events()] == ["monitor.alarm"]
