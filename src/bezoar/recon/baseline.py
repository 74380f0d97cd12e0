"""The baseline: findings that were there when a team began, by their fingerprints."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import UsageError
from bezoar.core.finding import Finding

SCHEMA_VERSION = 1
_LARGEST: Final = 1 << 26


def baseline_json(findings: Iterable[Finding]) -> str:
    """Write a baseline; a person can read it, and a change of it in a diff.

    Args:
        findings: What nobody wants to hear again.
    """
    rows = {
        finding.evidence["fingerprint"]: {
            "code": finding.code,
            "path": finding.place.name,
            "uri": finding.evidence.get("uri", ""),
        }
        for finding in findings
    }
    ordered = dict(sorted(rows.items(), key=lambda row: (row[1]["path"], row[1]["code"], row[0])))
    document = {"schema_version": SCHEMA_VERSION, "findings": ordered}
    return json.dumps(document, indent=2) + "\n"


def parse_baseline(text: str, where: str) -> frozenset[str]:
    """Read the fingerprints of a baseline.

    Args:
        text: JSON.
        where: The file's name, for errors.

    Raises:
        UsageError: If it is no baseline.
    """
    try:
        document: Any = json.loads(text)
        version, findings = document["schema_version"], document["findings"]
        if version == SCHEMA_VERSION and isinstance(findings, dict):
            return frozenset(findings)
        why = f"schema_version {version} is not known here"
    except (ValueError, KeyError, TypeError, RecursionError):
        why = "not what --write-baseline writes"
    raise UsageError(f"{where} is no baseline: {why}", next=f"bezoar scan --write-baseline {where}")


def read_baseline(path: Path) -> frozenset[str]:
    """Read the fingerprints of a baseline from its file.

    Raises:
        UsageError: If it cannot be read, or is no baseline.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "backslashreplace")
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}", next=f"bezoar scan --write-baseline {path}"
        ) from None
    return parse_baseline(text, str(path))
