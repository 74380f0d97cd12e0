"""`vet`: every check on a dataset, in the sandbox; one verdict, one record.

What a fetch brought is unpacked and registered first. Byte rules, the reading of samples, the
search for poison and the team's own programs each give outcomes; the policy makes a verdict of
them, and nothing that could not be checked is admitted.
"""

import platform
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from bezoar.core.errors import UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.policy import Verdict
from bezoar.datasets.containers import readable
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, now
from bezoar.datasets.entry import Status as EntryStatus
from bezoar.datasets.files import FILES
from bezoar.datasets.manifest import write_manifest
from bezoar.datasets.reading_rules import LISTING_RULES
from bezoar.flows.sample_tables import approved_table
from bezoar.flows.vet_data import Held, hold
from bezoar.flows.vet_reading import Samples, check_samples, judge_samples, list_samples, merged
from bezoar.flows.vet_registering import judged, register
from bezoar.fortify.vetting.examination import examine_files, isolation_outcome
from bezoar.fortify.vetting.files import CHANGED, Delivered, take_stock
from bezoar.fortify.vetting.label_conflict import RULE as LABEL_CONFLICT
from bezoar.fortify.vetting.label_conflict import label_conflicts
from bezoar.fortify.vetting.programs import run_programs
from bezoar.fortify.vetting.record import (
    Fetched,
    RecordedIsolation,
    VetRecord,
    record_path,
    recorded,
    write_vet_record,
)
from bezoar.ledger import open_ledger
from bezoar.project import Project
from bezoar.sandbox import Isolation, TaskFailed

Progress = Callable[[int, int], None]
Stages = Callable[[str], AbstractContextManager[Progress]]
"""Called with what begins; gives what is called now and then with (done, total)."""

VETTED: Final = "dataset.vetted"
_TOOLS: Final = ("bezoar", "numpy", "pillow", "pyarrow", "scipy", "torch", "zstandard")


@dataclass(frozen=True, slots=True)
class Vetted:
    """What came of a vetting.

    Attributes:
        entry: The entry as it is now.
        outcomes: Of every rule.
        verdict: What the policy makes of them.
        record: What was written; None where the data could not be registered.
        path: Where the record is kept.
        isolation: The least that was reached.
        files: How many files were looked at.
        bytes: Their bytes.
        seconds: Wall-clock time.
    """

    entry: DbomEntry
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    record: VetRecord | None
    path: Path
    isolation: Isolation | None
    files: int
    bytes: int
    seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)


def vet(
    name: str,
    project: Project,
    *,
    inspect: bool = True,
    again: bool = False,
    stages: Stages = lambda _label: nullcontext(lambda _done, _total: None),
) -> Vetted:
    """Run every check on a dataset and record what came of it.

    Args:
        name: `NAME` or `NAME@VERSION`: what a fetch brought, or what was registered by hand.
        project: Whose DBOM, settings and ledger.
        inspect: Whether to look for poison, which may take minutes.
        again: Vet what is approved, which ends its approval.
        stages: Shows progress.

    Raises:
        UsageError: If the DBOM knows no such name, or it is revoked or approved.
        NothingToInspectError: If there is no file.
        BezoarError: If something cannot be read or written, or is not what was registered.
    """
    began, started = time.monotonic(), now()
    dbom, settings = Dbom(project), project.settings.vet
    entry = dbom.find(name)
    _refuse(entry, again=again)
    minimum = settings.minimum_isolation
    with stages("Unpacking") as progress:
        held = hold(entry, project, dbom, minimum, progress)
    with stages("Hashing") as progress:
        files = take_stock(held.root, progress)
    samples, listed = _listed(held, entry, files, minimum)
    with stages("Looking at each file") as progress:
        found = examine_files(held.root, files.names, minimum=minimum, progress=progress)
    detected: list[Outcome] = []
    if samples is not None:
        with stages("Looking for poison"):
            wanted = inspect and settings.inspect
            detected = judge_samples(held.root, samples, minimum, wanted=wanted)
        with stages("Checking the sample table"):
            before, version = approved_table(entry, project)
            detected += check_samples(held.root, samples, minimum, before, version)
    with stages("Running the team's programs"):
        programs = run_programs(settings.programs, held.root, project.root)
    if samples is not None:
        entry = register(entry, held, samples, dbom)
    isolation = _least(held.isolation, found.isolation, samples.isolation if samples else None)
    outcomes = (
        *merged((*held.outcomes, *found.outcomes(), *listed, *detected)),
        *programs,
        *_on_tables(files, samples),
        isolation_outcome(isolation, minimum),
    )
    outcomes = tuple(sorted(outcomes, key=lambda outcome: outcome.rule.code))
    verdict = project.settings.as_policy().decide(outcomes)
    entry = judged(entry, verdict, dbom)
    vetted = Vetted(
        entry=entry,
        outcomes=outcomes,
        verdict=verdict,
        record=None,
        path=record_path(project.dbom, entry.spec),
        isolation=isolation,
        files=found.files,
        bytes=found.bytes,
        seconds=round(time.monotonic() - began, 3),
    )
    if samples is not None:
        vetted = _recorded(vetted, held, files, started.isoformat(), dbom)
    _note(vetted, project)
    return vetted


def _listed(
    held: Held, entry: DbomEntry, files: Delivered, minimum: int
) -> tuple[Samples | None, tuple[Outcome, ...]]:
    """Return the samples, and what was found while they were listed; None where that failed."""
    special = [
        Outcome.of(rule, [problem for problem in files.problems if problem.rule is rule])
        for rule in {problem.rule for problem in files.problems}
    ]
    layout = "images" if entry.content is not None else None
    if held.refused or (entry.content is not None and entry.content.layout == FILES):
        layout = FILES
    try:
        samples = list_samples(held.root, layout, minimum)
    except (TaskFailed, ValueError) as error:
        why = f"its samples could not be listed: {error}"
        failed = (Outcome(rule, Status.FAILED, reason=why) for rule in LISTING_RULES)
        return None, (*special, *failed)
    if entry.content is None and not samples.whole:
        # A manifest never leaves a sample out: such data is pinned file by file.
        samples = replace(samples, manifest=files.manifest, layout=FILES, rooted=True)
    return samples, (*special, *samples.outcomes)


def _on_tables(files: Delivered, samples: Samples | None) -> tuple[Outcome, ...]:
    """Return what the tables of files and samples say, after everything else has run."""
    unlike = files.unlike(samples.manifest) if samples and samples.rooted else []
    changes = Outcome.of(CHANGED, [*files.since(), *unlike])
    if samples is None:
        reason = "its samples could not be listed"
        return changes, Outcome(LABEL_CONFLICT, Status.FAILED, reason=reason)
    if samples.layout == FILES:
        reason = "it has no labels"
        return changes, Outcome(LABEL_CONFLICT, Status.NOT_APPLICABLE, reason=reason)
    return changes, Outcome.of(LABEL_CONFLICT, label_conflicts(samples.manifest))


def _least(*reached: Isolation | None) -> Isolation | None:
    known = [isolation for isolation in reached if isolation is not None]
    return min(known, key=lambda isolation: isolation.level, default=None)


def _recorded(vetted: Vetted, held: Held, files: Delivered, started: str, dbom: Dbom) -> Vetted:
    """Write the record, and the manifest of the files that it names."""
    entry, isolation = vetted.entry, vetted.isolation
    record = VetRecord(
        spec=entry.spec,
        fetched=_fetched(held),
        root=str(entry.root),
        manifest=str(entry.manifest),
        files=str(write_manifest(files.manifest, dbom.manifests)),
        tools=_tools(),
        isolation=RecordedIsolation(
            level=isolation.level if isolation else 0,  # type: ignore[arg-type]  # 0 to 4
            mechanisms=dict(isolation.mechanisms) if isolation else {},
        ),
        outcomes=recorded(vetted.outcomes),
        checked_files=vetted.files,
        checked_bytes=vetted.bytes,
        verdict=str(vetted.verdict.decision),  # type: ignore[arg-type]  # one of the four
        decided_by=vetted.verdict.decided_by,
        started=started,
        seconds=vetted.seconds,
    )
    write_vet_record(record, vetted.path)
    return replace(vetted, record=record)


def _fetched(held: Held) -> Fetched | None:
    if held.fetched is None:
        return None
    return Fetched(
        source=readable(held.fetched.source), sha256=held.fetched.sha256, size=held.fetched.size
    )


def _tools() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _TOOLS:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _note(vetted: Vetted, project: Project) -> None:
    """Leave an event in the project's ledger."""
    entry, record = vetted.entry, vetted.record
    detail: dict[str, Any] = {
        "dataset": entry.spec,
        "verdict": str(vetted.verdict.decision),
        "decided_by": list(vetted.verdict.decided_by),
        "record": str(record.digest) if record else None,
        "files": record.files if record else None,
        "isolation": vetted.isolation.level if vetted.isolation else 0,
        "checked_files": vetted.files,
        "checked_bytes": vetted.bytes,
        "seconds": vetted.seconds,
    }
    subject = str(entry.root) if entry.content else entry.spec
    with open_ledger(project) as ledger:
        ledger.append(VETTED, subject, detail)


def _refuse(entry: DbomEntry, *, again: bool) -> None:
    if entry.status is EntryStatus.REVOKED:
        raise UsageError(
            f"{entry.spec} is revoked: {entry.reason}", next="bezoar dbom list  # a new version"
        )
    if entry.status is EntryStatus.APPROVED and not again:
        raise UsageError(
            f"{entry.spec} is approved, and another vet record would end that",
            next=f"bezoar vet {entry.spec} --again",
        )
