"""What the monitor says: to Prometheus, and to its page."""

import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from bezoar.limit.intake import Intake
from bezoar.limit.kept_inputs import KeptInputs
from bezoar.limit.monitor import ClassAlert

MOST_SHOWN: Final = 60
_PREFIX: Final = "bezoar_monitor"


def metrics(intake: Intake, refused: Mapping[int, int], waiting: int) -> str:
    """Return the monitor's numbers in Prometheus' text format, version 0.0.4."""
    monitor = intake.monitor
    held = monitor.evidence
    model = monitor.baseline.model
    lines = [
        *_metric("predictions_total", "counter", "Predictions that count.", held.predictions),
        *_metric("waiting_batches", "gauge", "Batches that wait.", waiting),
        *_metric("untold_alerts", "gauge", "Alerts that could not be told.", intake.untold),
        *_metric("false_alarm_line", "gauge", "Predictions to one.", monitor.per_false_alarm),
        *_head("refused_total", "counter", "Observations that were refused."),
        *(f"{_name('refused_total', why=why)} {n}" for why, n in sorted(monitor.refused.items())),
        *_head("refused_requests_total", "counter", "Requests that were refused."),
        *(
            f"{_name('refused_requests_total', status=str(status))} {count}"
            for status, count in sorted(refused.items())
        ),
    ]
    lines += _inputs(intake.incidents.inputs)
    names = [name or "(unknown)" for name in monitor.baseline.classes]
    evidence = held.strengths()
    series = {
        "class_predictions_total": ("counter", "Predictions of the class.", held.events),
        "class_evidence": ("gauge", "Predictions per false alarm at this line.", evidence),
        "class_alarm": ("gauge", "1 while the class is alarmed.", held.alarmed.astype(int)),
    }
    for series_name, (kind, text, values) in series.items():
        lines += _head(series_name, kind, text)
        lines += [
            f"{_name(series_name, model=model, **{'class': name})} {value:g}"
            if series_name == "class_evidence"
            else f"{_name(series_name, model=model, **{'class': name})} {value}"
            for name, value in zip(names, values.tolist(), strict=True)
        ]
    return "\n".join(lines) + "\n"


def _inputs(inputs: KeptInputs | None) -> Iterator[str]:
    if inputs is None:
        return
    yield from _metric("kept_inputs", "gauge", "Inputs that are remembered.", len(inputs))
    yield from _head("refused_inputs_total", "counter", "Inputs that were not kept.")
    for why, count in sorted(inputs.refused.items()):
        yield f"{_name('refused_inputs_total', why=why)} {count}"


def standing(intake: Intake) -> dict[str, Any]:
    """Return what the page shows: all in sum, and the classes with the most evidence."""
    monitor = intake.monitor
    held = monitor.evidence
    evidence = held.strengths()
    total = held.predictions
    expected = held.counts @ monitor.baseline.shares
    order = sorted(range(len(evidence)), key=lambda k: (not held.alarmed[k], -evidence[k]))
    return {
        "model": monitor.baseline.model[:200],
        "predictions": total,
        "refused": monitor.refused.total(),
        "untold": intake.untold,
        "per_false_alarm": monitor.per_false_alarm,
        "alarms": int(held.alarmed.sum()),
        "classes": len(evidence) - 1,
        "alerts": [_alert(one) for one in list(intake.incidents.on.values())[:MOST_SHOWN]],
        "command": shlex.join(
            ["bezoar", "rollback", monitor.baseline.model[:200], "--reason", "alarm"]
        ),
        "shown": [
            {
                "class": monitor.baseline.classes[k][:200],
                "evidence": float(evidence[k]),
                "observed": int(held.events[k]),
                "expected": round(float(expected[k]), 1),
                "alarmed": bool(held.alarmed[k]),
            }
            for k in order[:MOST_SHOWN]
        ],
    }


def _alert(alert: ClassAlert) -> dict[str, Any]:
    """Return an alarm that is on, with the latest evidence."""
    missing = alert.suspect
    return {
        "class": alert.class_[:200],
        "sentence": alert.sentence[:2000],
        "suspected": missing.class_[:200] if missing else "",
        "suspected_observed": missing.observed if missing else 0,
        "suspected_expected": round(missing.expected, 1) if missing else 0.0,
        "inputs": list(alert.samples),
    }


def page(*, token: bool) -> str:
    """Return the page; it asks for everything else."""
    return _source("monitor.html").replace("{{ token }}", "yes" if token else "no")


@cache
def style() -> str:
    """Return the style sheet: that of the reports, and what this page adds to it."""
    shared = files("bezoar.report").joinpath("templates", "report.css").read_text("utf-8")
    return shared + _source("monitor.css")


@cache
def script() -> str:
    """Return the script."""
    return _source("monitor.js")


def _source(name: str) -> str:
    return files("bezoar.web").joinpath("templates", name).read_text("utf-8")


def _metric(name: str, kind: str, text: str, value: float) -> Iterator[str]:
    yield from _head(name, kind, text)
    yield f"{_PREFIX}_{name} {value}"


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {text}"
    yield f"# TYPE {_PREFIX}_{name} {kind}"


def _name(name: str, **labels: str) -> str:
    inner = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{_PREFIX}_{name}{{{inner}}}"


def _escaped(text: str) -> str:
    """Return a label's value; what has no place in UTF-8 is spelled out."""
    safe = text.encode("utf-8", "backslashreplace").decode()
    return safe.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
