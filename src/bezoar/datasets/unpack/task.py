"""Unpacking as a task of the sandbox: JSON in, JSON out."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.severity import Severity
from bezoar.datasets.unpack.limits import UnpackLimits
from bezoar.datasets.unpack.rules import RULES
from bezoar.datasets.unpack.steps import unpack_below

TASK: Final = "bezoar.datasets.unpack.task:unpack"
_OFTEN: Final = 0.1
_BY_CODE: Final = {rule.code: rule for rule in RULES}


def unpack(archive: str, folder: str, limits: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Unpack an archive into an empty folder.

    Yields how far into the archive it is (`at`), now and then, and at last the `findings`.
    """
    findings: list[Finding] = []
    told = time.monotonic()
    for at in unpack_below(Path(archive), Path(folder), UnpackLimits(**limits), findings):
        if (now := time.monotonic()) - told > _OFTEN:
            told = now
            yield {"at": at}
    yield {"findings": [_said(finding) for finding in findings]}


def _said(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.place.name,
        "message": finding.message,
        "severity": str(finding.severity),
        "evidence": dict(finding.evidence),
    }


def heard(said: Sequence[dict[str, Any]]) -> list[Finding]:
    """Return the findings that the task said.

    Raises:
        ValueError: If they are none; so does a TypeError, a KeyError or an AttributeError say.
    """
    return [
        Finding(
            rule=_BY_CODE[one["code"]],
            place=Place(PlaceKind.FILE, _text(one["name"])),
            message=_text(one["message"]),
            severity=Severity[_text(one["severity"]).upper()],
            evidence=dict(one["evidence"]),
        )
        for one in said
    ]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
