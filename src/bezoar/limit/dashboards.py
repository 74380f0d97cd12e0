"""Files for tools that teams have: alerting rules for Prometheus, a dashboard for Grafana.

Both read nothing but what `/metrics` of `bezoar monitor serve` says.
"""

import json
from typing import Any, Final

METRICS: Final = (
    "bezoar_monitor_predictions_total",
    "bezoar_monitor_refused_total",
    "bezoar_monitor_refused_requests_total",
    "bezoar_monitor_untold_alerts",
    "bezoar_monitor_waiting_batches",
    "bezoar_monitor_false_alarm_line",
    "bezoar_monitor_class_predictions_total",
    "bezoar_monitor_class_evidence",
    "bezoar_monitor_class_alarm",
)
"""Every metric that a rule or a panel may ask for."""
_RULES: Final = (
    (
        "BezoarClassTooOften",
        "bezoar_monitor_class_alarm == 1",
        "0m",
        "critical",
        "{{ $labels.model }}: class {{ $labels.class }} comes up too often",
    ),
    (
        "BezoarAlertsUntold",
        "bezoar_monitor_untold_alerts > 0",
        "1m",
        "critical",
        "the monitor cannot tell of its alerts",
    ),
    (
        "BezoarMonitorSilent",
        "rate(bezoar_monitor_predictions_total[10m]) == 0",
        "10m",
        "warning",
        "no prediction reached the monitor for twenty minutes",
    ),
    (
        "BezoarMonitorGone",
        "absent(bezoar_monitor_predictions_total) == 1",
        "5m",
        "critical",
        "nobody watches the predictions",
    ),
    (
        "BezoarObservationsRefused",
        (
            "sum(rate(bezoar_monitor_refused_total[10m]))"
            " > 0.01 * sum(rate(bezoar_monitor_predictions_total[10m]))"
        ),
        "10m",
        "warning",
        "over one in a hundred observations is refused",
    ),
)
_PANELS: Final = (
    ("Evidence by class", "topk(20, bezoar_monitor_class_evidence)", "{{class}}", True),
    ("Alarms", "bezoar_monitor_class_alarm == 1", "{{class}}", False),
    ("Predictions a second", "rate(bezoar_monitor_predictions_total[5m])", "{{instance}}", False),
    (
        "Predictions a second by class",
        "topk(20, rate(bezoar_monitor_class_predictions_total[5m]))",
        "{{class}}",
        False,
    ),
    ("Refused a second", "rate(bezoar_monitor_refused_total[5m])", "{{why}}", False),
    ("Batches that wait", "bezoar_monitor_waiting_batches", "{{instance}}", False),
)
_WIDTH, _HEIGHT = 12, 8


def prometheus_rules() -> str:
    """Return alerting rules as YAML, for `rule_files` of prometheus.yml."""
    lines = ["groups:", "  - name: bezoar", "    rules:"]
    for name, expression, wait, severity, summary in _RULES:
        lines += [
            f"      - alert: {name}",
            f"        expr: {json.dumps(expression)}",
            f"        for: {wait}",
            "        labels:",
            f"          severity: {severity}",
            "        annotations:",
            f"          summary: {json.dumps(summary)}",
            '          runbook: "bezoar rollback MODEL --reason alarm"',
        ]
    return "\n".join(lines) + "\n"


def grafana_dashboard() -> str:
    """Return a dashboard as JSON, as Grafana imports it; it asks for the data source."""
    source = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    panels = [_panel(number, source) for number in range(len(_PANELS))]
    dashboard = {
        "__inputs": [
            {
                "name": "DS_PROMETHEUS",
                "label": "Prometheus",
                "type": "datasource",
                "pluginId": "prometheus",
            }
        ],
        "title": "bezoar: predictions in production",
        "uid": "bezoar-monitor",
        "schemaVersion": 39,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "tags": ["bezoar"],
        "panels": panels,
    }
    return json.dumps(dashboard, indent=2) + "\n"


def _panel(number: int, source: dict[str, str]) -> dict[str, Any]:
    title, expression, legend, logarithmic = _PANELS[number]
    scale = {"type": "log", "log": 10} if logarithmic else {"type": "linear"}
    row, column = divmod(number, 2)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {
            "defaults": {"custom": {"scaleDistribution": scale}},
            "overrides": [],
        },
        "targets": [
            {"refId": "A", "datasource": source, "expr": expression, "legendFormat": legend}
        ],
    }
