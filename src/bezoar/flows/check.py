"""`check`: the gate in continuous integration: everything cheap at once, and one verdict.

With a commit to compare with, what is judged has no say in how: settings, DBOM, baseline and
suppressions are those of that commit, and only what the change adds is found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bezoar.core.errors import BezoarError, NothingToInspectError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.policy import Policy, Verdict
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.fortify.signing.rules import sign_off_outcome
from bezoar.ledger import open_ledger
from bezoar.ledger.rules import RULES as LEDGER_RULES
from bezoar.ledger.rules import as_outcomes
from bezoar.project import Project
from bezoar.recon.before import Before
from bezoar.recon.entries import UNPINNED_ENTRY, UNREADABLE_ENTRY, read_entries, unpinned
from bezoar.recon.gate import Sight, since, whole
from bezoar.recon.judging import fingerprinted
from bezoar.recon.local import Local, unasked, verify_local
from bezoar.recon.scan.inventory import Progress
from bezoar.recon.scanning import is_own


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        project: Whose settings count.
        sight: What the gate saw.
        outcomes: Of every rule.
        verdict: What the policy makes of them.
        fail_on: Mildest severity that fails the check.
        verified: The entries whose data lies here and was read, each with what came of it.
        base: The commit that it was compared with.
    """

    project: Project
    sight: Sight
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    fail_on: Severity
    verified: Mapping[str, Mapping[str, Any]]
    base: str | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)


def check(
    path: Path,
    project: Project,
    *,
    before: Before | None = None,
    baseline: Path | None = None,
    fail_on: Severity | None = None,
    verify: bool = True,
    progress: Progress | None = None,
) -> Checked:
    """Ask every cheap rule about a project, or about what a change adds to it.

    Args:
        path: A folder or a file of the project.
        project: The project; with `before` its folder and settings are taken from there.
        before: The project in the commit compared with.
        baseline: A file of findings that nobody wants to hear again; as it was before the change.
        fail_on: Mildest severity that fails; None: as the settings say. Where it is given, the
            verdict begins to quarantine there, too.
        verify: Whether data that lies in the project is hashed.
        progress: Called now and then with (done, total).

    Raises:
        UsageError: If the path is not the project's own.
        NothingToInspectError: If there is neither a file with a reader nor an entry.
    """
    project = before.project if before else project
    if not path.exists() or not is_own(path, project.root):
        raise UsageError(
            f"{path} does not belong to the project {project.root}", next=f"bezoar scan {path}"
        )
    dbom = Dbom(project)
    now, faults = read_entries(dbom)
    if before:
        sight = since(path, before, now, baseline, progress)
    else:
        sight = whole(path, project, now, baseline, progress)
    if not (sight.inventory.read or sight.inventory.unreadable or now or faults):
        raise NothingToInspectError(
            f"nothing in {path} has a reader, and the DBOM is empty", next="bezoar scan --help"
        )
    added = [entry for spec, entry in now.items() if not before or spec not in before.entries]
    local = _local(sight.entries, dbom, progress, wanted=verify)
    outcomes = (
        *sight.judgement.outcomes,
        *sight.on_change,
        Outcome.of(UNREADABLE_ENTRY, fingerprinted(faults)),
        Outcome.of(UNPINNED_ENTRY, fingerprinted(unpinned(added))),
        *local.outcomes,
        _approvals(project, now.values()),
        *_ledger(project),
    )
    return Checked(
        project=project,
        sight=sight,
        outcomes=outcomes,
        verdict=_policy(project, fail_on).decide(outcomes),
        fail_on=fail_on or project.settings.fail_on,
        verified=local.verified,
        base=before.commit if before else None,
    )


def _policy(project: Project, fail_on: Severity | None) -> Policy:
    policy = project.settings.as_policy()
    return policy if fail_on is None else replace(policy, quarantine_at=fail_on)


def _local(
    entries: Iterable[DbomEntry], dbom: Dbom, progress: Progress | None, *, wanted: bool
) -> Local:
    if wanted:
        return verify_local(entries, dbom, progress)
    return Local(unasked(Status.SKIPPED, "it was not asked for (--no-verify)"))


def _approvals(project: Project, entries: Iterable[DbomEntry]) -> Outcome:
    """Return whether a sign-off stands behind each entry that says it is approved."""
    outcome = sign_off_outcome(project, entries)
    found = fingerprinted(outcome.findings)
    return Outcome.of(outcome.rule, found) if found else outcome


def _ledger(project: Project) -> tuple[Outcome, ...]:
    """Return whether each chain of the project's ledger holds."""
    try:
        with open_ledger(project) as ledger:
            faults = ledger.verify()
            if faults or ledger.writers():
                return as_outcomes(faults)
    except BezoarError as error:
        return _of_ledger(Status.FAILED, error.message)
    return _of_ledger(Status.NOT_APPLICABLE, "nothing is written in the ledger so far")


def _of_ledger(status: Status, reason: str) -> tuple[Outcome, ...]:
    return tuple(Outcome(rule, status, reason=reason) for rule in LEDGER_RULES.values())
