"""SARIF 2.1.0 (OASIS, 2020): findings where code-scanning services show them."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import PlaceKind, printable
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.report.json import json_text

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# Code-scanning services sort security findings by this number, read like a CVSS score.
_SCORES = {
    Severity.INFO: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}


def sarif_json(outcomes: Sequence[Outcome], *, root: str = "") -> str:
    """Write outcomes as one SARIF run.

    Args:
        outcomes: One per rule asked for.
        root: The dataset's folder relative to the repository, so that samples are found by path.

    Returns:
        JSON text.
    """
    rules = sorted({outcome.rule.code: outcome.rule for outcome in outcomes}.items())
    index = {code: number for number, (code, _) in enumerate(rules)}
    results = [
        _result(finding, index[finding.code], root)
        for outcome in outcomes
        for finding in outcome.findings
    ]
    driver = {
        "name": "bezoar",
        "version": version("bezoar"),
        "rules": [_rule(rule) for _, rule in rules],
    }
    silent = [o for o in outcomes if o.status not in (Status.FOUND, Status.PASSED)]
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": not any(o.status is Status.FAILED for o in outcomes),
                "toolExecutionNotifications": [_notification(outcome) for outcome in silent],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} See {rule.page}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", *rule.taxonomy],
            "security-severity": _SCORES[rule.severity],
        },
    }


def _result(finding: Finding, index: int, root: str) -> dict[str, Any]:
    text = printable(finding.message)
    lasting = finding.evidence.get("fingerprint")
    identity = lasting or f"{finding.code}\0{finding.place.kind}\0{finding.place.name}"
    digest = hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{text} Next: {printable(finding.next)}" if finding.next else text},
        "locations": [_location(finding, root)],
        "partialFingerprints": {"placeAndRule/v1": digest},
        "properties": {"confidence": str(finding.confidence)},
    }


def _location(finding: Finding, root: str) -> dict[str, Any]:
    """Return where the finding is: a file where the place is one, else the name of the thing."""
    place = finding.place
    logical = {"fullyQualifiedName": printable(place.name), "kind": str(place.kind)}
    if place.kind not in (PlaceKind.FILE, PlaceKind.SAMPLE):
        return {"logicalLocations": [logical]}
    under = f"{root.rstrip('/')}/" if root and place.kind is PlaceKind.SAMPLE else ""
    path = quote(f"{under}{place.name}".encode("utf-8", "backslashreplace"))
    physical: dict[str, Any] = {"artifactLocation": {"uri": path, "uriBaseId": "%SRCROOT%"}}
    if place.line is not None:
        end_line = max(finding.evidence.get("end_line") or 0, place.line)
        physical["region"] = {"startLine": place.line, "endLine": end_line}
    return {"physicalLocation": physical}


def _notification(outcome: Outcome) -> dict[str, Any]:
    return {
        "level": "error" if outcome.status is Status.FAILED else "note",
        "message": {"text": printable(f"{outcome.rule.title}: {outcome.reason}")},
        "associatedRule": {"id": outcome.rule.code},
        "descriptor": {"id": str(outcome.status)},
    }
