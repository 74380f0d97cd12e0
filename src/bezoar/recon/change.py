"""What a change does to the things that it is judged by: none of it counts before it is merged."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.recon.judging import Silenced
from bezoar.recon.rules.inquiry import at_fetch
from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.registered import Registry

PROPOSED_SOURCE: Final = Rule(
    code="BZ141",
    name="proposed-source",
    title="Registered by this change, not yet approved",
    severity=Severity.LOW,
    why="Whoever adds a source may register it in the same change, but nobody else has said yes to"
    " it so far. Whoever reviews the change does so by merging it.",
    taxonomy=("ATLAS:AML.T0010.002",),
)
OWN_JUDGE: Final = Rule(
    code="BZ142",
    name="own-judge",
    title="Change that alters what it is judged by",
    severity=Severity.LOW,
    why="A change that may write its own exceptions needs no attacker's skill. Settings, DBOM,"
    " baseline and suppressions are those of the commit before; what the change makes of them"
    " counts once somebody has merged it.",
    taxonomy=("ATLAS:AML.T0010",),
)
_WITHDRAWN: Final = frozenset({Status.QUARANTINED, Status.REVOKED})
_LONGEST: Final = 200


@dataclass(frozen=True)
class Standing:
    """The DBOM under a change.

    Attributes:
        known: Entries that stood before, and still do; withdrawn where the change says so.
        proposed: Entries that the change adds, or widens, as it has them.
        added: The names of those that it adds, or gives their first bytes.
    """

    known: tuple[DbomEntry, ...]
    proposed: tuple[DbomEntry, ...]
    added: frozenset[str]

    @property
    def entries(self) -> tuple[DbomEntry, ...]:
        """What counts for data that lies here: a proposal only where nothing was pinned before."""
        counted = {entry.spec: entry for entry in self.known}
        for entry in self.proposed:
            if entry.spec not in counted or counted[entry.spec].content is None:
                counted[entry.spec] = entry
        return tuple(counted.values())


def standing(before: Mapping[str, DbomEntry], now: Mapping[str, DbomEntry]) -> Standing:
    """Say what counts where a change may have touched the DBOM: the stricter word of the two.

    An entry that the change takes out or withdraws covers nothing from now on. One that it adds,
    sets free again, or points to more places is a proposal.
    """
    known = [_stricter(entry, now[spec]) if spec in now else None for spec, entry in before.items()]
    proposed = [entry for spec, entry in now.items() if entry != before.get(spec)]
    return Standing(
        known=tuple(filter(None, known)),
        proposed=tuple(entry for entry in proposed if entry.status not in _WITHDRAWN),
        added=frozenset(
            spec for spec in now if spec not in before or _completed(before, now, spec)
        ),
    )


def claims(fetches: Collection[Fetch], dbom: Standing) -> dict[Fetch, DbomEntry]:
    """Return the fetches that only a proposed entry covers, with that entry.

    What an entry of before refuses, no proposal sets free.
    """
    known, proposed = Registry.of(dbom.known), Registry.of(dbom.proposed)
    found = {}
    for fetch in fetches:
        if known.cover(fetch) is None and (cover := proposed.cover(fetch)):
            found[fetch] = cover.entry
    return found


def proposed_findings(
    claimed: Mapping[Fetch, DbomEntry], dbom: Standing, commit: str
) -> Iterator[Finding]:
    """Yield BZ141 for each fetch that a proposed entry covers, and for each other new entry.

    Args:
        claimed: What `claims` returned.
        dbom: The DBOM under the change.
        commit: What the change is compared with.
    """
    for fetch, entry in claimed.items():
        message = f"{fetch.uri} is registered by this change ({entry.spec}), not yet approved"
        yield at_fetch(PROPOSED_SOURCE, fetch, message, next=_show(entry, commit))
    shown = {entry.spec for entry in claimed.values()}
    for entry in dbom.proposed:
        if entry.spec in dbom.added - shown:
            place = Place(PlaceKind.FILE, entry_path(entry.spec), 1)
            message = f"{entry.spec} is registered by this change, not yet approved"
            yield Finding(PROPOSED_SOURCE, place, message, next=_show(entry, commit))


def excuses(silenced: Collection[Silenced], known: Collection[str]) -> Iterator[Finding]:
    """Yield BZ142 for each finding that a suppression would silence, but for the change itself.

    Args:
        silenced: What suppressions of today's tree silence.
        known: Fingerprints of what was found before.
    """
    for one in silenced:
        finding = one.finding
        if finding.evidence["fingerprint"] in known:
            continue
        message = f"a comment here asks to ignore {finding.code} ({one.reason[:_LONGEST]}):"
        message += " this change adds what it speaks of, so it has no say"
        yield Finding(OWN_JUDGE, finding.place, message, evidence={"uri": finding.code})


def settings_changes(
    before: Mapping[str, Any], now: Mapping[str, Any], file: str
) -> Iterator[Finding]:
    """Yield BZ142 for each setting that the change writes otherwise.

    Args:
        before: The settings' table in the commit compared with.
        now: The table of today.
        file: The file that holds it today.
    """
    old, new = dict(_flat(before)), dict(_flat(now))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            was = repr(old[key])[:_LONGEST] if key in old else "not set"
            message = f"{key} is judged as it was: {was}"
            yield altered(file, message, key)


def entry_changes(
    before: Mapping[str, DbomEntry], now: Mapping[str, DbomEntry]
) -> Iterator[Finding]:
    """Yield BZ142 for each entry that the change sets free, widens, rewrites or takes out."""
    for spec, old in before.items():
        path = entry_path(spec)
        if spec not in now:
            message = f"{spec} is taken out of the DBOM"
            yield altered(path, message, "removed")
            continue
        new = now[spec]
        if new.content != old.content and old.content is not None:
            message = f"{spec} pins other bytes than before; changed data is a new version"
            yield altered(path, message, "content", severity=Severity.HIGH)
        if new.status is not old.status and new.status not in _WITHDRAWN:
            message = f"{spec} was {old.status} and is made {new.status}; it is judged as it was"
            severity = Severity.MEDIUM if old.status in _WITHDRAWN else None
            yield altered(path, message, "status", severity=severity)
        if (new.origin.uris, new.origin.revision) != (old.origin.uris, old.origin.revision):
            message = f"{spec} names other origins than before; it is judged as it was"
            yield altered(path, message, "origin")


def baseline_change(before: frozenset[str], now: frozenset[str], file: str) -> Iterator[Finding]:
    """Yield BZ142 where the change adds findings to the baseline."""
    if added := len(now - before):
        message = f"{added:,} findings are added to the baseline; they are found all the same"
        yield altered(file, message)


def altered(
    file: str, message: str, what: str = "", *, severity: Severity | None = None
) -> Finding:
    """Return BZ142 at a file.

    Args:
        file: Relative to the project.
        message: What the change does, and that it does not count.
        what: The key or field that it touches.
        severity: How bad; the rule's unless given.
    """
    place, evidence = Place(PlaceKind.FILE, file, 1), {"uri": what}
    return Finding(OWN_JUDGE, place, message, severity or OWN_JUDGE.severity, evidence=evidence)


def entry_path(spec: str) -> str:
    """Return where an entry lies, relative to the project."""
    return f"dbom/{spec}.toml"


def _completed(before: Mapping[str, DbomEntry], now: Mapping[str, DbomEntry], spec: str) -> bool:
    return before[spec].content is None and now[spec].content is not None


def _show(entry: DbomEntry, commit: str) -> str:
    return f"git diff {commit} -- {entry_path(entry.spec)}"


def _stricter(old: DbomEntry, new: DbomEntry) -> DbomEntry:
    if new.status in _WITHDRAWN and old.status not in _WITHDRAWN:
        return old.model_copy(update={"status": new.status, "reason": new.reason})
    return old


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
