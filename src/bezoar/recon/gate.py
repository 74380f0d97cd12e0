"""What the gate sees: a project as a whole, or what a change adds to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.outcome import Outcome, Status
from bezoar.core.severity import Severity
from bezoar.datasets.entry import DbomEntry
from bezoar.project import Project, find_project
from bezoar.project.project import CONFIG
from bezoar.recon import change
from bezoar.recon.baseline import parse_baseline, read_baseline
from bezoar.recon.before import Before
from bezoar.recon.judging import Judgement, fingerprinted, judge
from bezoar.recon.rules import idle_suppression
from bezoar.recon.scan.inventory import Inventory, Progress, scan
from bezoar.recon.scan.registered import Registry, registered
from bezoar.recon.scan.tree import Folder

CHANGE_RULES = (change.PROPOSED_SOURCE, change.OWN_JUDGE)
"""What only a comparison with a commit can find."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the gate sees.

    Attributes:
        inventory: Every place where data comes in.
        judgement: What the rules on sources say.
        entries: The DBOM that counts.
        on_change: Outcomes of `CHANGE_RULES`.
    """

    inventory: Inventory
    judgement: Judgement
    entries: tuple[DbomEntry, ...]
    on_change: tuple[Outcome, ...]


def whole(
    path: Path,
    project: Project,
    now: Mapping[str, DbomEntry],
    baseline: Path | None = None,
    progress: Progress | None = None,
) -> Sight:
    """Look at a project as it lies there; its own word counts.

    Args:
        path: A folder or a file of the project.
        project: Its settings are those in force.
        now: Its DBOM.
        baseline: A file of findings that nobody wants to hear again.
        progress: Called now and then with (files done, 0).
    """
    settings, registry = project.settings.scan, Registry.of(now.values())
    tree = Folder(str(path), _prefix(path, project.root), exclude=settings.exclude)
    inventory = scan(tree, wrappers=settings.wrappers, registry=registry, progress=progress)
    known = read_baseline(baseline) if baseline else frozenset()
    judgement = judge(inventory, registry=registry, mirrors=settings.mirrors, known=known)
    reason = "there is no commit to compare with (--diff BASE)"
    on_change = [Outcome(rule, Status.NOT_APPLICABLE, reason=reason) for rule in CHANGE_RULES]
    return Sight(inventory, judgement, tuple(now.values()), tuple(on_change))


def since(
    path: Path,
    before: Before,
    now: Mapping[str, DbomEntry],
    baseline: Path | None = None,
    progress: Progress | None = None,
) -> Sight:
    """Look at what a change adds; the word of before counts.

    Args:
        path: A folder or a file of the project.
        before: The project in the commit compared with.
        now: The DBOM under the change.
        baseline: A file of findings; read as it was before, unless it lies elsewhere.
        progress: Called now and then with (files done, 0).
    """
    dbom, mirrors = change.standing(before.entries, now), before.settings.scan.mirrors
    old_registry, registry = Registry.of(before.entries.values()), Registry.of(dbom.known)
    old, new = _inventories(path, before, (old_registry, registry), progress)
    claimed = change.claims(new.fetches, dbom)
    named = (registered(one, claimed[one]) if one in claimed else one for one in new.fetches)
    new = replace(new, fetches=tuple(named))
    past = judge(old, registry=old_registry, mirrors=mirrors)
    listed = _baselines(before, baseline)
    found = [*past.findings, *(one.finding for one in past.silenced)]
    known = {finding.evidence["fingerprint"] for finding in found} | listed[0]
    ask = partial(judge, new, registry=registry, mirrors=mirrors, known=known)
    obeying, heard = ask(), ask(obeyed=())
    altered = [
        *change.excuses(obeying.silenced, known),
        *_settings_changes(path, before),
        *change.entry_changes(before.entries, now),
        *_own_state(before),
        *(change.baseline_change(*listed, baseline.name) if baseline else ()),
    ]
    proposed = change.proposed_findings(claimed, dbom, before.short)
    pairs = zip(CHANGE_RULES, (proposed, altered), strict=True)
    on_change = tuple(Outcome.of(rule, fingerprinted(findings)) for rule, findings in pairs)
    outcomes = tuple(_judged(heard, obeying))
    judgement = replace(heard, outcomes=outcomes, disobeyed=0)  # BZ142 names each that counts
    return Sight(new, judgement, dbom.entries, on_change)


def _inventories(
    path: Path, before: Before, registries: tuple[Registry, Registry], progress: Progress | None
) -> tuple[Inventory, Inventory]:
    """Scan a tree as it was and as it is, each folder that git knows, whatever it is called."""
    settings, prefix = before.settings.scan, _prefix(path, before.root)
    folder = path if path.is_dir() else path.parent
    old = before.tree(folder, prefix)
    new = Folder(str(path), prefix, exclude=settings.exclude, entered=before.tracked)
    look = partial(scan, wrappers=settings.wrappers, progress=progress)
    return look(old, registry=registries[0]), look(new, registry=registries[1])


def _judged(heard: Judgement, obeying: Judgement) -> Iterator[Outcome]:
    """Yield the outcomes that no suppression softens, but for the one on suppressions."""
    for hard, soft in zip(heard.outcomes, obeying.outcomes, strict=True):
        yield soft if hard.rule is idle_suppression.RULE else hard


def _baselines(before: Before, baseline: Path | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the fingerprints of a baseline before the change, and under it."""
    if baseline is None:
        return frozenset(), frozenset()
    if not before.holds(baseline):
        elsewhere = read_baseline(baseline)
        return elsewhere, elsewhere
    text = before.text(baseline)
    was = parse_baseline(text, f"{before.short}:{baseline.name}") if text else frozenset()
    return was, read_baseline(baseline)


def _own_state(before: Before) -> Iterator[Finding]:
    """Yield a finding where git knows what belongs to one checkout alone: anybody may write it."""
    folder = before.project.state.name
    if folder in before.tracked:
        message = "the ledger of one checkout lies in git: whoever commits it writes its history"
        yield change.altered(folder, message, "state", severity=Severity.MEDIUM)


def _settings_changes(path: Path, before: Before) -> Iterator[Finding]:
    """Yield what the change does to the settings, or to where the project begins."""
    folder = path if path.is_dir() else path.parent
    try:
        today = find_project(folder.resolve())
        name, table = today.written()
    except BezoarError as error:
        yield change.altered(CONFIG, f"the settings cannot be read any more: {error.message}")
        return
    if today.root != before.root and today.root.is_relative_to(before.root):
        name = (today.root / name).relative_to(before.root).as_posix()
        yield change.altered(name, "the project begins here now; it is judged as it was", "root")
    file = name if table else before.file
    yield from change.settings_changes(before.table, table, file)


def _prefix(path: Path, root: Path) -> str:
    """Return the folder of what is scanned, relative to the project: all paths begin with it."""
    resolved = path.resolve()
    folder = resolved if resolved.is_dir() else resolved.parent
    below = folder.relative_to(root.resolve()).as_posix()
    return "" if below == "." else below + "/"
