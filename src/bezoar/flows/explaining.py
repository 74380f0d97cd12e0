"""`explain`: why a pull is refused: what changed, where, what it was, and who published it when."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.json_object import parse_object
from bezoar.core.manifest import Manifest
from bezoar.core.manifest_diff import diff
from bezoar.core.outcome import Outcome, findings_in
from bezoar.core.place import Place, PlaceKind
from bezoar.datasets.containers import readable
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry
from bezoar.datasets.entry_toml import parse_entry
from bezoar.datasets.manifest import manifest_path, read_manifest
from bezoar.flows.pulling import REFUSALS, Progress, chosen, clear, judge_of, target_of
from bezoar.fortify.mirror.keys import blob_key, index_key
from bezoar.fortify.mirror.opening import declared_mirror
from bezoar.fortify.mirror.publishing import read_object
from bezoar.fortify.mirror.receipt import DamagedReceiptError, read_receipt, receipt_path
from bezoar.fortify.mirror.store import Store
from bezoar.fortify.pull.content import Contents
from bezoar.fortify.pull.explaining import Change, Places, changes
from bezoar.fortify.pull.manifests import Manifests, read_manifests
from bezoar.fortify.pull.part import stands
from bezoar.fortify.pull.rules import EXPLAINED, REFUSED
from bezoar.fortify.pull.verifying import Verification
from bezoar.fortify.signing import Approval, RevokedError
from bezoar.fortify.signing.approval import judge
from bezoar.fortify.signing.chain import trusted_keyring
from bezoar.fortify.signing.places import keys_folder
from bezoar.fortify.vetting.record import parse_vet_record, record_path
from bezoar.ledger import open_ledger
from bezoar.project import Project

_MOST_DOCUMENT: Final = 1 << 24
_EVENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is not as it was approved.

    Attributes:
        spec: `NAME@VERSION`.
        changes: Files that are other than they were.
        outcomes: One per rule: the files', and what vouches for them.
        history: Who did what with this version, and when; oldest first.
        compared: How many files were looked at; 0 where nobody can say what was approved.
    """

    spec: str
    changes: tuple[Change, ...]
    outcomes: tuple[Outcome, ...]
    history: tuple[tuple[str, str], ...]
    compared: int

    @property
    def findings(self) -> list[Finding]:
        """Everything that was found."""
        return findings_in(self.outcomes)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What was signed, from wherever it still is as it was signed."""

    entry: DbomEntry
    vet: bytes
    approval: Approval


def explain(
    project: Project,
    name: str,
    *,
    to: Path | None = None,
    at: str | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Compare every place that holds a version with what was approved; nothing is mended.

    Where the repository's own documents do not hold, those that the mirror holds are tried: they
    count if the signatures on them do.

    Args:
        project: The project.
        name: `NAME` or `NAME@VERSION`.
        to: Where the copy lies, if not where `pull` puts it.
        at: A commit whose DBOM says which data is meant.
        progress: Called with (done, total), in files.

    Raises:
        UsageError: If the DBOM knows no such version, or no mirror is declared.
        BezoarError: If the mirror does not answer.
    """
    mirror, found = declared_mirror(project), list[Finding]()
    with judge_of(project, at) as judged:
        entry = chosen(Dbom(judged), name)
        approval: Approval | None = None
        manifests: Manifests | None = None
        try:
            cleared = clear(judged, entry, name, Verification())
            approval, manifests = cleared.approval, cleared.manifests
        except REFUSALS as error:
            found.append(_refusal(entry, error))
            signed = _signed(judged, entry, mirror)
            approval = signed.approval if signed else None
            if signed is not None and not isinstance(error, RevokedError):
                found += _edits(judged, entry, signed)
        if approval is not None and manifests is None:
            manifests = _published(approval, mirror, project, found)
    target = target_of(project, entry, to)
    changed = tuple(_changes(manifests, mirror, target, progress) if manifests else ())
    found += [one.finding for one in changed]
    outcomes = tuple(Outcome.of(r, [one for one in found if one.rule is r]) for r in EXPLAINED)
    history = tuple(sorted(_history(project, entry, approval)))
    compared = len(manifests.files) if manifests else 0
    return Explanation(entry.spec, changed, outcomes, history, compared)


def _changes(
    manifests: Manifests, mirror: Store, target: Path, progress: Progress | None
) -> Iterator[Change]:
    contents = Contents("", mirror)
    copy = target if stands(target) else None
    places = Places(manifests.files, manifests.samples, mirror, copy, contents.cache)
    yield from changes(places, mirror.workers, progress)


def _refusal(entry: DbomEntry, error: BezoarError) -> Finding:
    place = Place(PlaceKind.DATASET, entry.spec)
    return Finding(REFUSED, place, readable(error.message), next=error.next)


def _signed(project: Project, entry: DbomEntry, mirror: Store) -> _Signed | None:
    """Return the documents that the mirror holds, if the signatures on them hold."""
    with suppress(BezoarError, ValueError, KeyError, TypeError):
        index = parse_object(_read(mirror, index_key(entry.name, entry.version)))
        parts = {
            role: _read(mirror, blob_key(Digest.parse(index[role])))
            for role in ("entry", "statement", "vet")
        }
        published = parse_entry(parts["entry"].decode(), "the mirror")
        keyring = trusted_keyring(project.root, keys_folder(project.dbom))
        approval = judge(published, parts["statement"], parts["vet"], keyring)
        if approval.spec == entry.spec:
            return _Signed(published, parts["vet"], approval)
    return None


def _read(mirror: Store, key: str) -> bytes:
    return read_object(mirror, key, _MOST_DOCUMENT)


def _edits(project: Project, entry: DbomEntry, signed: _Signed) -> Iterator[Finding]:
    """Yield what differs between what was signed and what lies in the repository."""
    skipped = {"status", "reason"}
    before = signed.entry.model_dump(mode="json", exclude=skipped)
    after = entry.model_dump(mode="json", exclude=skipped)
    yield from _fields(entry, f"dbom/{entry.spec}.toml", before, after)
    path = record_path(project.dbom, entry.spec)
    try:
        record = parse_vet_record(path.read_bytes())
    except (OSError, ValueError) as error:
        yield _edit(entry, f"dbom/records/{path.name}", f"it cannot be read: {error}")
    else:
        vetted = parse_vet_record(signed.vet)
        pair = vetted.model_dump(mode="json"), record.model_dump(mode="json")
        yield from _fields(entry, f"dbom/records/{path.name}", *pair)


def _fields(
    entry: DbomEntry, where: str, before: dict[str, Any], after: dict[str, Any], above: str = ""
) -> Iterator[Finding]:
    for name in sorted(before.keys() | after.keys()):
        old, new, field = before.get(name), after.get(name), f"{above}{name}"
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _fields(entry, where, old, new, f"{field}.")
        elif old != new:
            yield _edit(entry, where, f"{field} was {_short(old)} and is {_short(new)}")


def _short(value: Any) -> str:
    text = readable(repr(value))
    return text if len(text) <= 120 else f"{text[:120]}…"  # noqa: PLR2004 - a line and a half


def _edit(entry: DbomEntry, where: str, message: str) -> Finding:
    next_ = f"git log -p -- {where}"
    place = Place(PlaceKind.FILE, where)
    return Finding(REFUSED, place, readable(message), evidence={"dataset": entry.spec}, next=next_)


def _published(
    approval: Approval, mirror: Store, project: Project, found: list[Finding]
) -> Manifests | None:
    """Return the manifests as the mirror holds them, and say how those that lie here differ."""
    with tempfile.TemporaryDirectory(prefix="bezoar-") as folder:
        try:
            contents = Contents(approval.spec, mirror)
            manifests = read_manifests(approval, Path(folder), contents)
        except BezoarError as error:
            place = Place(PlaceKind.DATASET, approval.spec)
            found.append(Finding(REFUSED, place, readable(error.message)))
            return None
    here = project.state / "manifests"
    for digest, manifest in (
        (approval.manifest, manifests.samples),
        (approval.files, manifests.files),
    ):
        found += _manifest_edits(approval.spec, manifest_path(here, digest), digest, manifest)
    return manifests


def _manifest_edits(spec: str, path: Path, digest: Digest, signed: Manifest) -> Iterator[Finding]:
    if not path.exists() or Digest.of(path.read_bytes()) == digest:
        return
    mend, place = f"rm {path}", Place(PlaceKind.FILE, path.name)
    try:
        found = diff(signed, read_manifest(path, None))
    except BezoarError as error:
        yield Finding(REFUSED, place, readable(error.message), next=mend)
        return
    for old, new in found.relabelled:
        message = f"{readable(old.path)}: its label was {old.label!r} and is {new.label!r}"
        yield Finding(REFUSED, place, message, evidence={"dataset": spec}, next=mend)
    for kind in ("changed", "renamed", "added", "removed"):
        if count := len(getattr(found, kind)):
            message = f"{count:,} of its entries are {kind}"
            yield Finding(REFUSED, place, message, evidence={"dataset": spec}, next=mend)


def _history(
    project: Project, entry: DbomEntry, approval: Approval | None
) -> Iterator[tuple[str, str]]:
    """Yield who did what with a version: its sign-off, the mirror's receipt, the ledger."""
    if approval is not None:
        yield approval.time, f"approved by {', '.join(approval.signers)}: {approval.reason}"
    with suppress(DamagedReceiptError):
        receipt = read_receipt(receipt_path(project.dbom, entry.spec))
        yield receipt.published, f"published to {receipt.uri}, as its receipt says"
    root = str(entry.root) if entry.content is not None else ""
    with open_ledger(project) as ledger:
        events = [
            event
            for event in ledger.events()
            if event.detail.get("dataset") == entry.spec or event.subject in {root, entry.spec}
        ]
    for event in events[-_EVENTS:]:
        yield event.time, f"{event.kind} by {event.actor} ({event.writer})"
