"""`measures`: how each stage stands, read from the DBOM and the ledger.

Each stage has one measure. One more is one more line of `_MEASURES`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bezoar.core.errors import UsageError
from bezoar.core.rule import Stage
from bezoar.datasets.dbom import Dbom
from bezoar.flows.measure import Measure, Missing, Progress
from bezoar.flows.status_evaluate import evaluate
from bezoar.flows.status_fortify import fortify
from bezoar.flows.status_limit import limit
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.recon.coverage import Coverage, State, coverage


def measures(
    project: Project, stage: str | None = None, progress: Progress | None = None
) -> tuple[Measure, ...]:
    """Return the measure of one stage, or of each that has one.

    Args:
        project: Whose DBOM and ledger are read.
        stage: A stage's name in lower case, as `recon`.
        progress: Called now and then while code is scanned.

    Raises:
        UsageError: If there is no such stage, or it has no measure yet.
        BezoarError: If the DBOM or the ledger cannot be read.
    """
    known = {one.name.lower(): measure for one, measure in _MEASURES.items()}
    if stage is not None and stage not in known:
        message = f"no measure of a stage {stage!r} (want one of {', '.join(known)})"
        raise UsageError(message, next="bezoar status")
    asked = [measure for name, measure in known.items() if stage in (None, name)]
    return tuple(measure(project, progress) for measure in asked)


def _recon(project: Project, _progress: Progress | None) -> Measure:
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


_MEASURES: Final[Mapping[Stage, Callable[[Project, Progress | None], Measure]]] = {
    Stage.RECON: _recon,
    Stage.EVALUATE: evaluate,
    Stage.FORTIFY: fortify,
    Stage.LIMIT: limit,
}
