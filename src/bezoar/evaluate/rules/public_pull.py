"""BZ221: training, or CI, pulls its data straight from a public address."""

import re
from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.evaluate.journey import Journey
from bezoar.evaluate.journey.act import Role
from bezoar.evaluate.journey.feeding import feeding
from bezoar.evaluate.journey.identity import is_public_web
from bezoar.evaluate.rules.once import USED_IN, used_in

RULE: Final = Rule(
    code="BZ221",
    name="public-pull",
    title="Training pulls from a public address",
    severity=Severity.HIGH,
    why="Whoever changes what a public address answers with changes the model. What was vetted"
    " once and is kept in a mirror of one's own does not change.",
    taxonomy=("ATLAS:AML.T0020",),
)
_TABLE: Final = re.compile(
    r"(?i)\.(?:csv|tsv|parquet|arrow|feather|npz|npy|h5|hdf5|jsonl|ndjson|tfrecords?|lmdb|avro|orc)$"
)
_DATA: Final = frozenset({"dataset", "archive"})


def findings(journey: Journey) -> Iterator[Finding]:
    """Yield a finding for each line that fetches data from where anybody may put it."""
    for one in journey.followed:
        seen: set[tuple[str, int]] = set()
        if not (one.trains or one.in_ci):
            continue
        # A library's own catalogue and a folder of the pipeline's are spelled alike.
        written = {name.rpartition("|")[2] for act in one.acts for name in act.writes}
        for arrival in journey.arriving(one):
            at = arrival.path, arrival.line
            own = arrival.uri.rpartition(":")[2] in written
            if not arrival.public or arrival.kind not in _DATA or at in seen or own:
                continue
            seen.add(at)
            where = "training" if one.trains else "continuous integration"
            yield Finding(
                RULE,
                Place(PlaceKind.FILE, *at),
                f"{where} pulls {arrival.uri} straight from its publisher, with {arrival.loader}",
                evidence={"uri": arrival.uri, USED_IN: used_in(one, arrival.path)},
                next="bezoar fetch SOURCE --name NAME",
            )
        fed = feeding(one.acts)
        for number, act in enumerate(one.acts):
            at = act.place.name, act.place.line or 1
            if act.role is not Role.FETCH or at in seen or at in journey.looked_at:
                continue
            # Continuous integration fetches tools as well.
            found = [
                name
                for name in act.reads
                if is_public_web(name)
                and journey.is_public(name)
                and (number in fed or _TABLE.search(name))
            ]
            if found:
                seen.add(at)
                yield Finding(
                    RULE,
                    act.place,
                    f"{found[0]} is pulled straight from its publisher, with {act.name}",
                    evidence={"uri": found[0], USED_IN: used_in(one, act.place.name)},
                    next="bezoar fetch SOURCE --name NAME",
                )
