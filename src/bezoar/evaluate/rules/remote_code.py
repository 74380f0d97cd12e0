"""BZ233: code that comes with a model or a dataset is run."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ233",
    name="trusted-remote-code",
    title="Fetched code is run",
    severity=Severity.HIGH,
    why="Whoever can change the repository that is fetched from can run anything where the"
    " model is trained. Leave it out, or keep the code in the repository.",
    taxonomy=("ATLAS:AML.T0020",),
)
_FLAG: Final = re.compile(
    r"--?trust[-_]remote[-_]code(?![-_=]?(?:false|0|no)\b)|trust_remote_code\s*=\s*True",
    re.IGNORECASE,
)


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each step that runs what a stranger sent along."""
    for one in journey.followed:
        seen: set[tuple[str, int | None]] = set()
        for act in one.acts:
            at = act.place.name, act.place.line
            if _FLAG.search(act.text) and at not in seen:
                seen.add(at)
                yield _finding(one, act.place)
        for arrival in journey.arriving(one):
            if arrival.remote_code and (arrival.path, arrival.line) not in seen:
                seen.add((arrival.path, arrival.line))
                yield _finding(one, Place(PlaceKind.FILE, arrival.path, arrival.line))


def _finding(one: Followed, place: Place) -> Finding:
    return Finding(
        RULE,
        place,
        "code that comes with what is fetched runs with the rights of the pipeline",
        evidence={USED_IN: used_in(one, place.name)},
        next="bezoar rule BZ233",
    )
