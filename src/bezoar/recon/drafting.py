"""`draft`: what a scan found and the DBOM does not know, as drafts of entries.

A draft names a source and pins nothing. Names follow from the sources, in the order in which a
scan meets them: the same tree gives the same drafts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bezoar.adapters.web.redaction import HIDDEN
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import LONGEST_NAME, DbomEntry
from bezoar.recon.registering import Facts, draft_dataset
from bezoar.recon.rules.inquiry import suggested_name, version_of
from bezoar.recon.rules.unregistered_source import RULE as UNREGISTERED
from bezoar.recon.scan.fetch import Fetch
from bezoar.recon.scan.registered import Registry, canonical
from bezoar.recon.scanning import Look

_FIRST: Final = "1"


@dataclass(frozen=True, slots=True)
class Left:
    """A fetch that is not made into a draft.

    Attributes:
        fetch: Where data comes in.
        why: One sentence.
    """

    fetch: Fetch
    why: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """What could be drafted.

    Attributes:
        new: What an entry would say, with the fetches that it is for.
        left: What is no draft, and why not.
    """

    new: tuple[tuple[Facts, tuple[Fetch, ...]], ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class Drafts:
    """What was drafted.

    Attributes:
        made: Each new entry, with the fetches that it is for.
        left: What is no draft, and why not.
    """

    made: tuple[tuple[DbomEntry, tuple[Fetch, ...]], ...]
    left: tuple[Left, ...]


@dataclass
class Naming:
    """Names for sources: one name for each place, one version for each revision.

    Attributes:
        taken: `NAME@VERSION` and the bare names that the DBOM has.
        names: The name of each place that has one.
    """

    taken: set[str]
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def beside(cls, entries: Iterable[DbomEntry]) -> "Naming":
        """Return the naming that keeps clear of these entries, but for other versions of them."""
        naming = cls(set())
        for entry in entries:
            naming.taken |= {entry.name, entry.spec}
            for uri in entry.origin.uris:
                naming.names.setdefault(canonical(uri).place, entry.name)
        return naming

    def name(self, uri: str, revision: str | None) -> tuple[str, str]:
        """Return a name and a version that nobody has."""
        place = canonical(uri).place
        if place not in self.names:
            self.names[place] = self._free(suggested_name(uri))
        name, version = self.names[place], version_of(revision)
        spec, number = f"{name}@{version}", 1
        while spec in self.taken:
            number += 1
            numbered = str(number) if version == _FIRST else f"{version}-{number}"
            spec = f"{name}@{numbered}"
        self.taken |= {name, spec}
        return name, spec.partition("@")[2]

    def _free(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted[: LONGEST_NAME - 8]}-{number}"
        return name


def propose(seen: Look, entries: Iterable[DbomEntry]) -> Proposals:
    """Return a draft for each literal source that no entry knows; nothing is written.

    Args:
        seen: What a scan saw, judged by these entries.
        entries: Of the DBOM.
    """
    entries = tuple(entries)
    registry, naming = Registry.of(entries), Naming.beside(entries)
    excuses = {
        (one.finding.place.name, one.finding.place.line, one.finding.evidence.get("uri")): one
        for one in seen.judgement.silenced
        if one.finding.rule is UNREGISTERED
    }
    groups: dict[tuple[str, str | None], list[Fetch]] = {}
    left = []
    for fetch in (one for one in seen.inventory.fetches if one.registered is None):
        excuse = excuses.get((fetch.path, fetch.line, fetch.uri))
        if why := f"suppressed: {excuse.reason}" if excuse else why_not(fetch, registry):
            left.append(Left(fetch, why))
        else:
            place, inside = canonical(fetch.uri)
            groups.setdefault((place, fetch.revision or inside), []).append(fetch)
    new = [
        (_facts(fetches[0], revision, naming), tuple(fetches))
        for (_, revision), fetches in groups.items()
    ]
    return Proposals(tuple(new), tuple(left))


def draft(seen: Look, dbom: Dbom) -> Drafts:
    """Add a draft for each literal source that no entry knows.

    Args:
        seen: What a scan saw, judged by this DBOM.
        dbom: Where the drafts go; what is there stays as it is.

    Raises:
        BezoarError: If one cannot be written.
    """
    proposals = propose(seen, dbom.entries())
    made = [(draft_dataset(facts, dbom), fetches) for facts, fetches in proposals.new]
    return Drafts(tuple(made), proposals.left)


def why_not(fetch: Fetch, registry: Registry) -> str:
    """Say why a fetch cannot be a draft; "" where it can."""
    if cover := registry.cover(fetch):
        return f"{cover.entry.spec} is {cover.entry.status}: {cover.entry.reason}"
    if not fetch.uri or "{" in fetch.uri or "{" in (fetch.revision or "") or fetch.decided_by:
        names = ", ".join(fetch.decided_by) or "what no literal says"
        return f"{names} decides what comes in"
    if HIDDEN in fetch.uri:
        return "its address holds a secret: take that out first"
    return ""


def _facts(fetch: Fetch, revision: str | None, naming: Naming) -> Facts:
    name, version = naming.name(fetch.uri, revision)
    purpose = f"{fetch.kind} fetched by {fetch.loader} in {fetch.path}"
    return Facts(name, version, (fetch.uri,), purpose, revision=revision)
