"""BZ108: fetched anew by each run of a job."""

from collections.abc import Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.recon.rules.inquiry import Inquiry, at_fetch

RULE: Final = Rule(
    code="BZ108",
    name="fetch-in-job",
    title="Fetched inside CI or a training job",
    severity=Severity.LOW,
    why="A job has keys and nobody watches it, and each run takes what is there at that moment: two"
    " runs of one commit may train on different bytes. Jobs read vetted copies.",
    taxonomy=("ATLAS:AML.T0010.002",),
)

_JOBS: Final = (".sbatch", ".slurm", ".pbs", ".lsf")


def findings(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield a finding for each fetch in CI or in a job's script."""
    for fetch in inquiry.inventory.fetches:
        if fetch.in_ci or fetch.path.endswith(_JOBS):
            where = "continuous integration" if fetch.in_ci else "a batch job"
            message = f"each run of {where} fetches {fetch.uri or 'it'} anew"
            yield at_fetch(RULE, fetch, message)
