"""BZ222: data is named by a tag, a branch or `latest`."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.following import Followed
from bezoar.evaluate.rules.cloned import clones
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ222",
    name="mutable-reference",
    title="Data is named by what can change",
    severity=Severity.MEDIUM,
    why="A tag, a branch or a path called latest is moved without a word, and the same pipeline"
    " trains on other data.",
    taxonomy=("ATLAS:AML.T0020",),
)
_MOVING: Final = re.compile(
    r"(?:^|[/@:=_.-])(?:latest|newest|current|main|master|head|nightly|dev|trunk)(?:$|[/@?:.-])",
    re.IGNORECASE,
)


_STORES: Final = ("s3://", "gs://", "az://", "abfs://", "abfss://", "wasbs://", "hdfs://")


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each name of data that may mean something else tomorrow."""
    for one in journey.followed:
        seen: set[tuple[str, int]] = set()
        for arrival in journey.arriving(one):
            moving = _MOVING.search(arrival.revision) or _MOVING.search(arrival.uri)
            if arrival.pinned or arrival.verified or arrival.public or not moving:
                continue
            at = arrival.path, arrival.line
            if at not in seen:
                seen.add(at)
                name = arrival.uri + (f" at {arrival.revision}" if arrival.revision else "")
                yield _finding(one, Place(PlaceKind.FILE, *at), name)
        for clone in clones(one):
            at = clone.act.place.name, clone.act.place.line or 0
            if _MOVING.search(clone.revision) and at not in seen:
                seen.add(at)
                yield _finding(one, clone.act.place, f"{clone.uri} at {clone.revision}")
        for act in one.acts:
            at = act.place.name, act.place.line or 0
            names = [
                name for name in act.reads if name.startswith(_STORES) and _MOVING.search(name)
            ]
            if names and at not in seen:
                seen.add(at)
                yield _finding(one, act.place, names[0])


def _finding(one: Followed, place: Place, name: str) -> Finding:
    return Finding(
        RULE,
        place,
        f"{name} may mean other data tomorrow",
        evidence={"reference": name, USED_IN: used_in(one, place.name)},
        next="bezoar dbom list",
    )
