"""Workflow commands of GitHub Actions: each finding as an annotation at its line."""

from collections.abc import Iterator, Sequence

from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status, findings_in
from bezoar.core.place import PlaceKind, printable
from bezoar.core.severity import Severity

_COMMANDS = {
    Severity.INFO: "notice",
    Severity.LOW: "notice",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}


def github_annotations(outcomes: Sequence[Outcome], *, fail_on: Severity = Severity.MEDIUM) -> str:
    """Write outcomes as workflow commands, one line each; the worst first.

    Args:
        outcomes: One per rule asked for.
        fail_on: Mildest severity that is shown as an error.

    Returns:
        Lines; empty where nothing was found.
    """
    findings = findings_in(outcomes)
    findings.sort(key=lambda one: (-one.severity, one.place, one.code))
    lines = [_annotation(finding, fail_on) for finding in findings]
    return "".join(f"{line}\n" for line in (*lines, *_not_finished(outcomes)))


def _annotation(finding: Finding, fail_on: Severity) -> str:
    command = "error" if finding.severity >= fail_on else _COMMANDS[finding.severity]
    place, message = finding.place, printable(finding.message)
    properties = {"title": f"{finding.code} {finding.title}"}
    if place.kind is PlaceKind.FILE:
        properties = {"file": place.name} | properties
        if place.line is not None:
            end_line = max(finding.evidence.get("end_line") or 0, place.line)
            properties |= {"line": str(place.line), "endLine": str(end_line)}
    else:
        message = f"{place}: {message}"
    if finding.next:
        message += f"\n{printable(finding.next)}"
    return _command(command, properties, message)


def _not_finished(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.status is Status.FAILED:
            title = f"{outcome.rule.code} {outcome.rule.title}"
            yield _command("error", {"title": title}, f"could not finish: {outcome.reason}")


def _command(command: str, properties: dict[str, str], message: str) -> str:
    """Write a command; what would end a property, or begin another command, is escaped."""
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
