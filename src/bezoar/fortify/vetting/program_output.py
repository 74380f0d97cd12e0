"""Reading JUnit and SARIF that somebody else's program wrote: bounded, without entities."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

from bezoar.core.severity import Severity
from bezoar.datasets.containers import readable

MOST_FOUND: Final = 10_000
_LONGEST: Final = 500
_DOCTYPE: Final = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_LEVELS: Final = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
}
_SILENT_KINDS: Final = frozenset({"pass", "notApplicable", "informational"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a program says.

    Attributes:
        found: Place, message and severity of each thing that it found.
        failed: Why it did not check everything; empty where it did.
    """

    found: tuple[tuple[str, str, Severity], ...]
    failed: str = ""


def read_junit(data: bytes) -> Said:
    """Read JUnit XML: a failure is a finding, an error is something that was not checked.

    Raises:
        ValueError: If it is none, or defines a document type.
    """
    text = data.decode("utf-8-sig")
    if _DOCTYPE.search(text):
        raise ValueError("its XML defines a document type, which is not read")
    try:
        root = ET.fromstring(text)  # noqa: S314 - bounded, and without entities
    except (ET.ParseError, RecursionError) as error:
        raise ValueError(f"what it wrote is no XML: {error}") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise ValueError(f"what it wrote is no JUnit: its root is <{root.tag[:40]}>")
    cases = list(root.iter("testcase"))
    errors = [one for case in cases for one in case.findall("error")]
    if not cases:
        return Said((), "it ran no test")
    found = tuple(item for case in cases for item in _failures(case))
    failed = f"{len(errors):,} of its {len(cases):,} tests could not run" if errors else ""
    return Said(_bounded(found), failed)


def _failures(case: ET.Element) -> Iterator[tuple[str, str, Severity]]:
    for one in case.findall("failure"):
        message = one.get("message") or (one.text or "").strip() or "it failed"
        yield "", _clipped(f"{case.get('name', '')}: {message}"), _severity(one.get("type"))


def _severity(text: str | None) -> Severity:
    known = Severity.__members__
    return known[text.upper()] if text and text.upper() in known else Severity.MEDIUM


def read_sarif(data: bytes) -> Said:
    """Read SARIF 2.1.0 (OASIS, 2020): each result that is no pass is a finding.

    A suppression counts only where it lies outside of the data.

    Raises:
        ValueError: If it is none.
    """
    try:
        document = json.loads(data)
        runs = document["runs"]
        found = tuple(item for run in runs for item in _results(run))
        failed = any(not _succeeded(run) for run in runs)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"what it wrote is no SARIF ({type(error).__name__})") from None
    if not runs:
        return Said((), "it holds no run")
    return Said(_bounded(found), "it says that it did not finish" if failed else "")


def _results(run: dict[str, Any]) -> Iterator[tuple[str, str, Severity]]:
    for result in run.get("results") or ():
        outside = [one.get("kind") == "external" for one in result.get("suppressions") or ()]
        if result.get("kind", "fail") in _SILENT_KINDS or any(outside):
            continue
        message = result.get("message", {})
        text = message.get("text") or message.get("markdown") or message.get("id") or "it failed"
        rule = str(result.get("ruleId") or "")
        level = _LEVELS.get(result.get("level", "warning"), Severity.MEDIUM)
        yield _location(result), _clipped(f"{rule}: {text}" if rule else str(text)), level


def _location(result: dict[str, Any]) -> str:
    for location in result.get("locations") or ():
        artefact = location.get("physicalLocation", {}).get("artifactLocation", {})
        if uri := artefact.get("uri"):
            return _clipped(str(uri))
    return ""


def _succeeded(run: dict[str, Any]) -> bool:
    invocations = run.get("invocations") or ()
    return all(one.get("executionSuccessful", True) is True for one in invocations)


def _bounded(
    found: tuple[tuple[str, str, Severity], ...],
) -> tuple[tuple[str, str, Severity], ...]:
    if len(found) <= MOST_FOUND:
        return found
    rest = found[MOST_FOUND:]
    worst = max(severity for _, _, severity in rest)
    return (*found[:MOST_FOUND], ("", f"{len(rest):,} more", worst))


def _clipped(text: str) -> str:
    return readable(text[:_LONGEST])
