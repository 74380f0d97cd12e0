"""The blue team: is given a folder, and does with it what a team does with data that comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import bezoar
from bezoar.core.policy import Decision, Policy, Verdict
from bezoar.exercise.record import Record, Steps

if TYPE_CHECKING:
    from bezoar import Dbom, DbomEntry, Inspection

Inspector = Callable[..., "Inspection"]
"""Called as `bezoar.inspect`."""
NAME = "incoming"


@dataclass(frozen=True, slots=True)
class Detection:
    """What the blue team learned.

    Attributes:
        inspection: Scores, findings and the verdict.
        seconds: From the moment that the data was in place to the verdict.
    """

    inspection: "Inspection"
    seconds: float


def take_in(
    data: Path, record: Record, policy: Policy, inspect: Inspector, steps: Steps
) -> Detection:
    """Take in data that has just come: manifest, DBOM entry, inspection, verdict.

    Args:
        data: The folder. Nothing else is known of it.
        record: Where it is written down.
        policy: Turns outcomes into the verdict.
        inspect: Looks for poison.
        steps: Announces the steps.
    """
    begin = record.now()
    entry = _registered(data, record, steps)
    with steps("Blue team: inspecting it") as progress:
        inspection = inspect(bezoar.open_dataset(data), policy=policy, progress=progress)
    verdict = inspection.verdict
    end = record.add(
        "dataset.inspected",
        entry.registered.root if entry else NAME,
        f"Blue team: verdict {verdict.decision}, {len(inspection.flagged):,} samples flagged",
        verdict=str(verdict.decision),
        decided_by=list(verdict.decided_by),
        flagged=len(inspection.flagged),
    )
    if entry and not verdict.admits:
        _set_aside(entry, verdict, record)
    return Detection(inspection, end - begin)


def stage_that_noticed(inspection: "Inspection", poison: set[str]) -> str:
    """Return the stage of the rule under which poison was flagged, as `expose`."""
    codes = {group.code for group in inspection.groups if poison & set(group.ids)}
    found = [finding.rule for finding in inspection.findings]
    decisive = [rule for rule in found if rule.code in codes]
    return (decisive or found)[0].stage.name.lower()


def inspect_twin(data: Path, policy: Policy, inspect: Inspector) -> tuple[Decision, int]:
    """Inspect the same set without the poison; return the verdict and how many were flagged."""
    inspection = inspect(bezoar.open_dataset(data), policy=policy)
    return inspection.verdict.decision, len(inspection.flagged)


def _registered(data: Path, record: Record, steps: Steps) -> "DbomEntry | None":
    """Hash the data and draft an entry in the drill's own DBOM; None where it is refused."""
    facts = bezoar.Facts(NAME, "1", (data.absolute().as_uri(),), purpose="a drill")
    with steps("Blue team: hashing what came in") as progress:
        done = bezoar.register_dataset(data, facts, _dbom(record), progress)
    if done.entry is None:
        what = f"Blue team: not entered in the DBOM, {len(done.findings):,} findings"
        record.add("dbom.refused", NAME, what)
        return None
    content = done.entry.registered
    what = f"Blue team: {content.samples:,} samples hashed and entered in the DBOM"
    detail = {"samples": content.samples, "manifest": content.manifest}
    record.add("dbom.added", content.root, what, **detail)
    return done.entry


def _set_aside(entry: "DbomEntry", verdict: Verdict, record: Record) -> None:
    """Note in the DBOM that the data was refused, and why."""
    why = "; ".join(verdict.decided_by)
    fields = entry.model_dump() | {"status": "quarantined", "reason": why}
    _dbom(record).update(bezoar.DbomEntry.model_validate(fields))
    record.add("dbom.quarantined", entry.registered.root, "Blue team: the data is set aside")


def _dbom(record: Record) -> "Dbom":
    return bezoar.Dbom(bezoar.Project(record.folder))
