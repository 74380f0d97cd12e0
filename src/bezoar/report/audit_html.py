"""An audit as one HTML page: the four answers, the way of the data, what to mend."""

from importlib.metadata import version
from typing import Final

from bezoar.core.outcome import Status
from bezoar.evaluate.audit import LIMITS, Audit
from bezoar.evaluate.four_answers import MEANING, Grade
from bezoar.report.journey_figures import figures
from bezoar.report.journey_mermaid import mermaid
from bezoar.report.journey_stations import stations_and_ways
from bezoar.report.page import page
from bezoar.report.wording import clipped, not_checked, steps_of

FINDINGS_SHOWN: Final = 200
TRAINS_SHOWN: Final = 100
_STEPS_SHOWN: Final = 3
_SIGNS: Final = {
    Grade.A: "admit",
    Grade.B: "undecided",
    Grade.C: "quarantine",
    Grade.D: "reject",
    Grade.F: "reject",
}


def audit_html(audit: Audit, subject: str) -> str:
    """Write an audit as one HTML page.

    Args:
        audit: What was found.
        subject: What was looked at.

    Returns:
        The page; every name on it is escaped.
    """
    stations, ways = stations_and_ways(audit.journey, audit.findings)
    drawn, more = figures(stations, ways)
    findings = audit.findings
    return page(
        "audit.html.j2",
        title=f"Grade {audit.grade} {clipped(subject, 60)}",
        dataset=subject,
        decision=_SIGNS[audit.grade],
        grade=str(audit.grade),
        lead=MEANING[audit.grade],
        facts=_facts(audit),
        steps=steps_of(findings)[:_STEPS_SHOWN],
        answers=audit.answers,
        figures=drawn,
        more_figures=more,
        mermaid=mermaid(stations, ways),
        findings=findings[:FINDINGS_SHOWN],
        more_findings=max(0, len(findings) - FINDINGS_SHOWN),
        trains=audit.trains[:TRAINS_SHOWN],
        more_trains=max(0, len(audit.trains) - TRAINS_SHOWN),
        not_checked=not_checked(audit.outcomes),
        passed=[one for one in audit.outcomes if one.status is Status.PASSED],
        limits=LIMITS,
        made=_made(audit),
    )


def _facts(audit: Audit) -> list[tuple[str, str]]:
    return [
        ("Files with a pipeline", f"{len(audit.definitions):,}"),
        ("Pipelines that train", f"{len(audit.trains):,}"),
        ("Validated, of those in production", percent(audit.validated)),
        ("Findings", f"{len(audit.findings):,}"),
    ]


def percent(share: float | None) -> str:
    """Return the measure as people read it."""
    return "none trains" if share is None else f"{share:.0f} %"


def _made(audit: Audit) -> list[tuple[str, str]]:
    lines = {
        "definitions": str(audit.digest),
        "compared with": audit.base or "",
        "the team's answers": audit.standing,
        "silenced by a comment": str(len(audit.silenced)),
        "comments without a say": str(audit.disobeyed),
        "left out as known": str(audit.known),
        "folders not looked into": ", ".join(audit.skipped),
        "time": f"{audit.seconds:.1f} s",
        "bezoar": version("bezoar"),
    }
    return [(name, clipped(value, 200)) for name, value in lines.items() if value not in ("", "0")]
