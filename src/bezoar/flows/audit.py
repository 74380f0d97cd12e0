"""`audit`: parsers, the scan and the team's answers, put together into a judgement of the way in.

What is inspected never configures its judge: settings, validators and suppressions count where the
tree is the project's own, and with a commit to compare with they are those of that commit.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.datasets.dbom import Dbom
from bezoar.evaluate.audit import Audit
from bezoar.evaluate.four_answers import four_answers, grade
from bezoar.evaluate.journey import Journey, build
from bezoar.evaluate.questions import UNANSWERED
from bezoar.evaluate.rules import outcomes_of
from bezoar.evaluate.training import trains
from bezoar.flows.audit_answers import Said, read_answers
from bezoar.flows.audit_arrivals import arrivals, looked_at, outsiders
from bezoar.flows.audit_fresh import audit_subject, note_audit
from bezoar.flows.audit_reading import Definitions, definitions_of, excluded
from bezoar.flows.audit_tree import read_tree
from bezoar.project import Project, find_project
from bezoar.recon.before import Before, project_before
from bezoar.recon.judging import fingerprinted
from bezoar.recon.scan.inventory import Inventory, Progress, scan
from bezoar.recon.scan.registered import Registry
from bezoar.recon.scan.suppression import Suppression
from bezoar.recon.scan.tree import Folder, Tree
from bezoar.recon.scanning import is_own

_ELSEWHERE: Final = Said(None, (), standing="the tree is another's: nobody was asked")


@dataclass(frozen=True, slots=True)
class _Look:
    """What one tree comes to, before anybody's comments count."""

    definitions: Definitions
    inventory: Inventory
    journey: Journey
    outcomes: tuple[Outcome, ...]


def project_of(path: Path, base: str | None) -> tuple[Project, Before | None]:
    """Return the project that judges a path, and how it was in a commit where one is named.

    Raises:
        UsageError: If there is no such commit.
    """
    if base is None:
        return find_project(), None
    before = project_before(path if path.is_dir() else path.parent, base)
    return before.project, before


def audit(
    path: Path,
    project: Project,
    *,
    before: Before | None = None,
    everything: bool = False,
    foreign: bool = False,
    noted: bool = True,
    progress: Progress | None = None,
) -> Audit:
    """Audit the pipelines of a tree.

    Args:
        path: A folder or a file.
        project: From which one looks.
        before: The project in the commit compared with: only what was added since is found.
        everything: Look into vendored and built folders as well.
        foreign: Take the tree for somebody else's wherever it lies.
        noted: Whether an audit of the whole own project leaves its event in the ledger.
        progress: Called now and then with (files done, 0).

    Raises:
        UsageError: If there is no such path, or it is not the project's and a commit is named.
        NothingToInspectError: If it defines no pipeline, and nothing in it is unreadable.
        BezoarError: If the DBOM or the ledger cannot be read or written.
    """
    began = time.monotonic()
    if not path.exists():
        raise UsageError(f"{path} does not exist", next="bezoar audit .")
    own = not foreign and is_own(path, project.root)
    if before is not None and not own:
        raise UsageError(f"{path} is not the project's own", next=f"bezoar audit {path.name}")
    prefix = _prefix(path, project.root) if own else ""
    exclude = excluded(project) if own else ()
    folder = Folder(
        str(path), prefix, everything, exclude, before.tracked if before else frozenset()
    )
    look = _look(folder, project, own=own, progress=progress)
    if not look.definitions.pipelines and not look.definitions.found:
        raise NothingToInspectError(
            f"nothing in {path} defines a pipeline: {look.definitions.tree.files:,} files",
            next="bezoar audit --help",
        )
    said = read_answers(project) if own else _ELSEWHERE
    outcomes = (*look.outcomes, _answered(said, own=own))
    known = _known(path, project, before, prefix) if before else frozenset[str]()
    obeyed = look.inventory.suppressions if own and before is None else ()
    outcomes, silenced, left_out = _heard(outcomes, obeyed, known)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    counted = trains(look.journey)
    answers = four_answers(findings, counted, said.answers)
    definitions = look.definitions.digests
    found = Audit(
        journey=look.journey,
        outcomes=outcomes,
        answers=answers,
        grade=grade(answers, findings, counted),
        trains=tuple(counted),
        digest=audit_subject(definitions),
        definitions=definitions,
        own=own,
        standing=said.standing,
        silenced=tuple(silenced),
        known=left_out,
        disobeyed=len(look.inventory.suppressions) - len(obeyed),
        skipped=look.definitions.tree.skipped,
        base=before.short if before else None,
        seconds=time.monotonic() - began,
    )
    if noted and own and before is None and path.resolve() == project.root.resolve():
        _note(project, found)
    return found


def _look(tree: Tree, project: Project, *, own: bool, progress: Progress | None = None) -> _Look:
    definitions = definitions_of(read_tree(tree, progress=progress))
    settings, registry = project.settings, Registry.of(Dbom(project).entries())
    inventory = scan(tree, wrappers=settings.scan.wrappers, registry=registry, progress=progress)
    mirrors = [*settings.scan.mirrors, *filter(None, [settings.mirror.uri])]
    journey = build(
        definitions.pipelines,
        arrivals(inventory.fetches, mirrors),
        definitions.tree.texts,
        validators=settings.audit.validators if own else (),
        looked_at=looked_at(inventory.fetches),
        is_public=outsiders(mirrors),
    )
    outcomes = tuple(_with(one, definitions.found) for one in outcomes_of(journey))
    return _Look(definitions, inventory, journey, outcomes)


def _with(outcome: Outcome, unread: Iterable[Finding]) -> Outcome:
    """Return an outcome with what nobody could read, and fingerprints that last."""
    more = [one for one in unread if one.rule is outcome.rule]
    found = [*outcome.findings, *more]
    return Outcome.of(outcome.rule, fingerprinted(found)) if found else outcome


def _known(path: Path, project: Project, before: Before, prefix: str) -> frozenset[str]:
    """Return the fingerprints of what was there before, silenced or not."""
    folder = path if path.is_dir() else path.parent
    look = _look(before.tree(folder, prefix), project, own=True)
    found = [finding for outcome in look.outcomes for finding in outcome.findings]
    return frozenset(finding.evidence["fingerprint"] for finding in found)


def _answered(said: Said, *, own: bool) -> Outcome:
    if said.findings:
        return Outcome.of(UNANSWERED, fingerprinted(said.findings))
    if said.answers is not None:
        return Outcome(UNANSWERED, Status.PASSED)
    reason = "nobody was asked so far: bezoar audit --questions" if own else said.standing
    return Outcome(UNANSWERED, Status.NOT_APPLICABLE, reason=reason)


def _heard(
    outcomes: Sequence[Outcome], obeyed: Collection[Suppression], known: Collection[str]
) -> tuple[tuple[Outcome, ...], list[tuple[Finding, str]], int]:
    """Return the outcomes less what a comment silences or the commit before had, and those."""
    by_path: dict[str, list[Suppression]] = {}
    for one in obeyed:
        by_path.setdefault(one.path, []).append(one)
    silenced: list[tuple[Finding, str]] = []
    left_out, kept_outcomes = 0, []
    for outcome in outcomes:
        kept = []
        for finding in outcome.findings:
            if finding.evidence["fingerprint"] in known:
                left_out += 1
            elif reason := _reason(finding, by_path.get(finding.place.name, ())):
                silenced.append((finding, reason))
            else:
                kept.append(finding)
        changed = len(kept) < len(outcome.findings)
        kept_outcomes.append(Outcome.of(outcome.rule, kept) if changed else outcome)
    return tuple(kept_outcomes), silenced, left_out


def _reason(finding: Finding, suppressions: Iterable[Suppression]) -> str:
    line = finding.place.line or 0
    end = finding.evidence.get("end_line") or line
    return next((one.reason for one in suppressions if one.covers(finding.code, line, end)), "")


def _note(project: Project, found: Audit) -> None:
    """Leave an audit of the whole project in its ledger."""
    note_audit(
        project,
        found.definitions,
        grade=str(found.grade),
        findings=len(found.findings),
        codes=sorted({finding.code for finding in found.findings}),
        validated_percent=found.validated,
        seconds=round(found.seconds, 3),
    )


def _prefix(path: Path, root: Path) -> str:
    """Return the folder of what is audited, relative to the project: all paths begin with it."""
    resolved = path.resolve()
    folder = resolved if resolved.is_dir() else resolved.parent
    below = folder.relative_to(root.resolve()).as_posix()
    return "" if below == "." else below + "/"
