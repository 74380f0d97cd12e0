"""One fault is told once, with each place that uses what is faulty."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.pipelines.inline_secrets import hidden

USED_IN: Final = "used_in"
"""Under this name of a finding's evidence stands what uses the faulty place."""
_SUBJECTS: Final = ("uri", "reference", "image", "path", "name")
"""What tells two faults of one line apart."""
_NAMED: Final = 3
_KEPT: Final = 50


def used_in(one: Followed, path: str) -> list[str]:
    """Return where a pipeline uses a file: the lines that run it, else the pipeline itself."""
    places = one.users.get(path, ())
    return list(dict.fromkeys(str(place) for place in places)) or [str(one.pipeline.place)]


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings without those that say again of one line what was said of it before."""
    first: dict[tuple[Any, ...], Finding] = {}
    uses: dict[tuple[Any, ...], dict[str, None]] = {}
    for finding in map(_shown, findings):
        subject = next((finding.evidence[one] for one in _SUBJECTS if one in finding.evidence), "")
        key = finding.code, finding.place, subject
        first.setdefault(key, finding)
        uses.setdefault(key, {}).update(dict.fromkeys(finding.evidence.get(USED_IN, ())))
    return [_with(finding, list(uses[key])) for key, finding in first.items()]


def _shown(finding: Finding) -> Finding:
    """Return a finding in which no secret stands that somebody typed into a command or a name."""
    evidence = {name: _clean(value) for name, value in finding.evidence.items()}
    return replace(finding, message=hidden(finding.message), evidence=evidence)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return hidden(value)
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _with(finding: Finding, uses: list[str]) -> Finding:
    evidence = {name: value for name, value in finding.evidence.items() if name != USED_IN}
    if len(uses) < 2:  # noqa: PLR2004 - one user is no sharing
        return replace(finding, evidence=evidence)
    shown = ", ".join(uses[:_NAMED])
    more = f" and {len(uses) - _NAMED:,} more" if len(uses) > _NAMED else ""
    message = f"{finding.message}; used in {len(uses):,} places: {shown}{more}"
    return replace(finding, message=message, evidence={**evidence, USED_IN: uses[:_KEPT]})
