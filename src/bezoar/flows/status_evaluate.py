"""The second stage's measure: how many production data pipelines validate before they train.

Read from the definitions as they lie here now; nothing is noted in the ledger.
"""

from collections.abc import Iterator
from typing import Final

from bezoar.core.errors import NothingToInspectError
from bezoar.core.rule import Stage
from bezoar.evaluate.audit import Audit
from bezoar.flows.audit import audit
from bezoar.flows.audit_fresh import audited_fresh
from bezoar.flows.measure import Measure, Missing, Progress
from bezoar.project import Project

_NAME: Final = "production data pipelines with an automated validation step"
_WITHOUT: Final = "no production pipeline that trains is defined here"


def evaluate(project: Project, progress: Progress | None = None) -> Measure:
    """Measure a project.

    Args:
        project: Whose pipelines.
        progress: Called while its files are read, now and then, with (files done, 0).

    Raises:
        BezoarError: If the ledger or the DBOM cannot be read.
    """
    try:
        found = audit(project.root, project, noted=False, progress=progress)
    except NothingToInspectError:
        return Measure(stage=Stage.EVALUATE, name=_NAME, value=None, without=_WITHOUT)
    counted = [one for one in found.trains if one.production]
    share = found.validated
    return Measure(
        stage=Stage.EVALUATE,
        name=_NAME,
        value=None if share is None else round(share, 1),
        unit="%",
        basis=f"{sum(one.validated for one in counted):,} of {len(counted):,}",
        missing=(*_open(found), *_stale(project)),
        detail={
            "grade": str(found.grade),
            "pipelines": [
                {"name": one.name, "place": one.place, "validated": one.validated, "why": one.why}
                for one in counted
            ],
        },
        without=_WITHOUT,
    )


def _open(found: Audit) -> Iterator[Missing]:
    for one in found.trains:
        if one.production and not one.validated:
            yield Missing(f"{one.place}: {one.name}", one.why, "bezoar audit")


def _stale(project: Project) -> Iterator[Missing]:
    """Yield what changed since the pipelines were audited, where a release asks for an audit."""
    days = project.settings.audit.require_fresh_days
    if days is not None:
        for finding in audited_fresh(project, days).findings:
            yield Missing(str(finding.place), finding.message, finding.next)
