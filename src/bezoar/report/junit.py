"""JUnit XML: each rule is a test case, so that a CI server lists what bezoar found."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import printable
from bezoar.core.severity import Severity


def junit_xml(
    outcomes: Sequence[Outcome], *, name: str = "bezoar", fail_on: Severity = Severity.MEDIUM
) -> str:
    """Write outcomes as one test suite.

    A finding is a test case that fails, or one that passes with a note where it is milder than
    `fail_on`; a rule that failed is an error; one that was skipped or does not apply is skipped.

    Args:
        outcomes: One per rule asked for.
        name: The suite's name.
        fail_on: Mildest severity that fails.
    """
    suite = ET.Element("testsuite", name=printable(name))
    for outcome in outcomes:
        suite.extend(_cases(outcome, fail_on))
    for attribute, path in (("failures", ".//failure"), ("errors", ".//error")):
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("skipped", str(len(suite.findall(".//skipped"))))
    suite.set("tests", str(len(suite)))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _cases(outcome: Outcome, fail_on: Severity) -> Iterator[ET.Element]:
    title = f"{outcome.rule.code} {outcome.rule.title}"
    if outcome.status is not Status.FOUND:
        case = _case(title, outcome)
        if outcome.status is not Status.PASSED:
            kind = "error" if outcome.status is Status.FAILED else "skipped"
            why = f"{outcome.status}: {outcome.reason}"
            ET.SubElement(case, kind, message=printable(why))
        yield case
    for finding in outcome.findings:
        case = _case(f"{title} at {finding.place}", outcome)
        failed = finding.severity >= fail_on
        note = ET.SubElement(case, "failure" if failed else "system-out")
        note.text = printable(finding.message) + (
            f"\nNext: {printable(finding.next)}" if finding.next else ""
        )
        if failed:
            note.set("message", printable(finding.message))
            note.set("type", str(finding.severity))
        yield case


def _case(name: str, outcome: Outcome) -> ET.Element:
    classname = f"bezoar.{outcome.rule.stage.name.lower()}"
    return ET.Element("testcase", classname=classname, name=printable(name))
