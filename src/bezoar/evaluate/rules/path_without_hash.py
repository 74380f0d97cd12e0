"""BZ224: a lock or a download names data without a digest."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.act import Role
from bezoar.evaluate.journey.arguments import is_data
from bezoar.evaluate.journey.arrivals import Arrival
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ224",
    name="path-without-hash",
    title="Data without a digest",
    severity=Severity.MEDIUM,
    why="Without a digest known before, other bytes under the same name look like the right ones.",
    taxonomy=("ATLAS:AML.T0020",),
)
_DIGEST: Final = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{128})(?![0-9a-f])")
_SUMS: Final = re.compile(r"\b(?:(?:sha\d{3}|b2)sum|shasum)\b.{0,200}(?:\s-\w*c\b|--check\b)")


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each locked path without a digest, and each download nobody compares."""
    for one in journey.followed:
        seen: set[tuple[str, int]] = set()
        if one.pipeline.format == "dvc":
            yield from _unlocked(one)
        for arrival in journey.arriving(one):
            at = arrival.path, arrival.line
            web = arrival.uri.startswith(("http://", "https://"))
            if arrival.public or arrival.pinned or arrival.verified or not web or at in seen:
                continue
            if _is_compared(one, arrival):
                continue
            seen.add(at)
            yield Finding(
                RULE,
                Place(PlaceKind.FILE, *at),
                f"nobody compares what {arrival.uri} answers with",
                evidence={"uri": arrival.uri, USED_IN: used_in(one, arrival.path)},
                next="bezoar pull NAME",
            )


def _is_compared(one: Followed, arrival: Arrival) -> bool:
    """Say whether the pipeline itself compares what it fetched with a digest, and stops."""
    paths = [ref.path for step in one.steps for ref in step.reads if ref.name == arrival.uri]
    names = {posixpath.basename(path) for path in (arrival.uri, *paths)} - {""}
    acts = [act for act in one.acts if act.place.name == arrival.path]
    if any(act.role is Role.GATE and act.name.startswith("hashlib.") for act in acts):
        return True
    told = any(_DIGEST.search(act.text) and any(n in act.text for n in names) for act in acts)
    return told and any(act.stops and _SUMS.search(act.text) for act in acts)


def _unlocked(one: Followed) -> Iterator[Finding]:
    written = {ref.name for step in one.pipeline.steps for ref in step.writes}
    names: set[str] = set()
    for step in one.pipeline.steps:
        for ref in step.reads:
            if ref.pinned or ref.name in written or ref.name in names or not is_data(ref.name):
                continue
            names.add(ref.name)
            yield Finding(
                RULE,
                Place(PlaceKind.FILE, step.place.name, ref.line or step.place.line),
                f"{ref.name} is read, and no lock holds its digest",
                evidence={"path": ref.name},
                next="dvc commit",
            )
