"""The DBOM as a folder that people edit: what of it can be read, and what pins something."""

from collections.abc import Iterable, Iterator
from typing import Final

from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.recon.change import entry_path

UNREADABLE_ENTRY: Final = Rule(
    code="BZ143",
    name="unreadable-entry",
    title="DBOM entry that cannot be read",
    severity=Severity.MEDIUM,
    why="What it pins, or withdraws, counts for nothing while nobody can read it: a revoked data"
    " set behind a damaged entry is one that nobody revoked.",
)

UNPINNED_ENTRY: Final = Rule(
    code="BZ144",
    name="unpinned-entry",
    title="DBOM entry that pins no bytes",
    severity=Severity.LOW,
    why="A draft says where data comes from and nothing about what comes: whatever the source"
    " answers with today is taken for it. Registering the bytes completes it.",
)


def unpinned(entries: Iterable[DbomEntry]) -> Iterator[Finding]:
    """Yield a finding for each entry in force that nobody has registered the bytes of."""
    for entry in entries:
        if entry.content is None and entry.status in (Status.DRAFT, Status.APPROVED):
            place = Place(PlaceKind.FILE, entry_path(entry.spec), 1)
            message = f"{entry.spec} is a draft: nobody has registered its bytes"
            command = f"bezoar dbom add PATH --name {entry.name} --version {entry.version}"
            yield Finding(UNPINNED_ENTRY, place, message, next=command)


def read_entries(dbom: Dbom) -> tuple[dict[str, DbomEntry], list[Finding]]:
    """Return the entries that can be read, by `NAME@VERSION`, and a finding for each other."""
    entries, faults = {}, []
    for path in sorted(dbom.folder.glob("*@*.toml")):
        spec = path.name.removesuffix(".toml")
        try:
            entry = dbom.find(spec)
        except BezoarError as error:
            place = Place(PlaceKind.FILE, entry_path(spec), 1)
            evidence = {"uri": spec}
            faults.append(
                Finding(UNREADABLE_ENTRY, place, error.message, evidence=evidence, next=error.next)
            )
        else:
            entries[entry.spec] = entry
    return entries, faults
