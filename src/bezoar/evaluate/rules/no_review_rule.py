"""BZ234: nobody has to look at a change of `dbom/`."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey

RULE: Final = Rule(
    code="BZ234",
    name="no-review-rule",
    title="No review rule for dbom/",
    severity=Severity.MEDIUM,
    why="A dataset is then added, or replaced, by whoever may write to the repository.",
    taxonomy=("ATLAS:AML.T0020",),
)
_OWNED: Final = re.compile(r"(?m)^(?:\*|/?(?:\*\*/)?dbom(?:/.*)?|/?dbom/\*\*?)[ \t]+\S*[@\w]")


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding where there is a DBOM and no owner of it."""
    if not any(path.startswith("dbom/") for path in journey.files):
        return
    if any(_OWNED.search(text) for text in journey.texts.values()):
        return
    place = Place(PlaceKind.FILE, next(iter(sorted(journey.texts)), "dbom"))
    yield Finding(
        RULE,
        place,
        "no CODEOWNERS says who has to look at a change of dbom/",
        next="echo '/dbom/ @YOUR-TEAM' >> CODEOWNERS",
    )
