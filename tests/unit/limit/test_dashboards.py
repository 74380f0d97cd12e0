"""Rules and dashboards: valid, and about metrics that the monitor has."""

import json
import re

import yaml

from bezoar.cli.app import run
from bezoar.limit.baseline import known_baseline
from bezoar.limit.dashboards import METRICS
from bezoar.limit.intake import Intake
from bezoar.web.monitoring_text import metrics


def emitted(capfdbinary, tool):
    assert run(["monitor", "emit", "--for", tool]) == 0
    return capfdbinary.readouterr().out.decode()


def test_rules_are_yaml_about_metrics_that_there_are(capfdbinary):
    found = yaml.safe_load(emitted(capfdbinary, "prometheus"))
    (group,) = found["groups"]
    for rule in group["rules"]:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+m", rule["for"])
        assert set(re.findall(r"bezoar_\w+", rule["expr"])) <= set(METRICS)
    assert "BezoarClassTooOften" in [rule["alert"] for rule in group["rules"]]


def test_a_dashboard_is_json_about_metrics_that_there_are(capfdbinary):
    found = json.loads(emitted(capfdbinary, "grafana"))
    ids = [panel["id"] for panel in found["panels"]]
    assert len(ids) == len(set(ids)) > 4
    for panel in found["panels"]:
        (target,) = panel["targets"]
        assert set(re.findall(r"bezoar_\w+", target["expr"])) <= set(METRICS)


def test_the_monitor_says_each_of_them(tmp_path):
    intake = Intake(known_baseline("m", {"a": 1.0}), tmp_path, [].append)
    text = metrics(intake, {}, 0)
    intake.close()
    assert set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)) == set(METRICS)
