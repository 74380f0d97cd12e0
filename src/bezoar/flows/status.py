"""`measures`: how each stage stands, read from the DBOM and the ledger.

Each stage has one measure. One more is one more line of `_MEASURES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bezoar.core.errors import UsageError
from bezoar.core.rule import Stage
from bezoar.datasets.dbom import Dbom
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.coverage import Coverage, State, coverage


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps a measure from its best value.

    Attributes:
        what: A dataset, a pipeline, a job.
        why: In a sentence.
        next: The command that mends it.
    """

    what: str
    why: str
    next: str


@dataclass(frozen=True, slots=True)
class Measure:
    """How one stage stands.

    Attributes:
        stage: Which one.
        name: What is measured, as a sentence without its value.
        value: A number or a yes or no; None where there is nothing to measure.
        unit: Of a number: `%`, `s`; empty for others.
        basis: What it was computed from, as `2 of 3`.
        missing: What keeps it from its best value.
        detail: More JSON values.
    """

    stage: Stage
    name: str
    value: float | bool | None
    unit: str = ""
    basis: str = ""
    missing: tuple[Missing, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)


def measures(project: Project, stage: str | None = None) -> tuple[Measure, ...]:
    """Return the measure of one stage, or of each that has one.

    Args:
        project: Whose DBOM and ledger are read.
        stage: A stage's name in lower case, as `recon`.

    Raises:
        UsageError: If there is no such stage, or it has no measure yet.
        BezoarError: If the DBOM or the ledger cannot be read.
    """
    known = {one.name.lower(): measure for one, measure in _MEASURES.items()}
    if stage is not None and stage not in known:
        message = f"no measure of a stage {stage!r} (want one of {', '.join(known)})"
        raise UsageError(message, next="bezoar status")
    return tuple(measure(project) for name, measure in known.items() if stage in (None, name))


def _recon(project: Project) -> Measure:
    entries = Dbom(project).entries()
    with open_ledger(project) as ledger:
        found = coverage(entries, ledger.events())
    return Measure(
        stage=Stage.RECON,
        name="training datasets with a verified checksum",
        value=None if found.percentage is None else round(found.percentage, 1),
        unit="%",
        basis=f"{found.verified:,} of {len(found.counted):,}",
        missing=tuple(
            Missing(one.dataset, f"{one.state}: {one.why}", one.next)
            for one in found.counted
            if one.state is not State.VERIFIED
        ),
        detail=_as_json(found),
    )


def _as_json(found: Coverage) -> dict[str, Any]:
    return {
        "verified": found.verified,
        "counted": len(found.counted),
        "datasets": [
            {
                "dataset": one.dataset,
                "status": str(one.status),
                "state": str(one.state),
                "why": one.why,
                "next": one.next,
                "verified_at": one.verified_at,
            }
            for one in found.counted
        ],
        "set_aside": [
            {"dataset": one.spec, "status": str(one.status), "reason": one.reason}
            for one in found.set_aside
        ],
    }


_MEASURES: Final[Mapping[Stage, Callable[[Project], Measure]]] = {Stage.RECON: _recon}
