"""`import_datasets`: what another tool says about a dataset becomes an entry of the DBOM."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from bezoar.adapters.leftover import JsonObject
from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.datasets.dbom import Dbom, location_of
from bezoar.datasets.entry import (
    NAME_PATTERN,
    VERSION_PATTERN,
    DbomEntry,
    Published,
    Status,
    check_names,
    now,
)
from bezoar.datasets.entry_toml import first_fault
from bezoar.datasets.licence import parse_licence
from bezoar.recon.exchange_reading import Foreign, is_whole, read_foreign
from bezoar.recon.published import CopyOf, compare_published
from bezoar.recon.registering import Registration, changed, pin, reason_of

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

_HELP = "bezoar dbom import --help"
# People version entries in Git and read their differences; a manifest holds any number.
_MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says of an import.

    Attributes:
        name: The dataset's name here; needed where the file gives none that fits.
        version: The same of its version.
        origin: URIs; needed where the file names no source.
        data: Where the data lies, if not where the file says.
        pick: Which output of a `dvc.lock`.
    """

    name: str | None = None
    version: str | None = None
    origin: tuple[str, ...] = ()
    data: Path | None = None
    pick: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """What came of one dataset.

    Attributes:
        form: Whose format it was.
        registration: The new entry, and what was found.
        notes: What could not be taken over, in sentences.
    """

    form: str
    registration: Registration
    notes: tuple[str, ...]


def import_datasets(
    source: Path, wanted: Wanted, dbom: Dbom, progress: Progress | None = None
) -> list[Import]:
    """Read a file or folder of another tool, and add what it says.

    What it states about bytes is a claim. Where the bytes are here they are compared with it:
    what holds is SHA-256 from then on, what does not is quarantined. Nothing comes in approved.

    Args:
        source: The file or folder.
        wanted: What a person says of it.
        dbom: Where the entries go.
        progress: Called now and then with (done, total).

    Raises:
        UsageError: If it cannot be imported so.
        BezoarError: If something cannot be read or written.
    """
    found = read_foreign(source, dbom.root, wanted.pick)
    if len(found) > 1 and wanted.name is not None:
        found = [one for one in found if one.fields.get("name") == wanted.name]
        if len(found) != 1:
            raise UsageError(f"{source} has not one dataset named {wanted.name}", next=_HELP)
    if len(found) > 1 and (wanted.data or wanted.version):
        raise UsageError(f"{source} has {len(found)} datasets: say which with --name", next=_HELP)
    # All of them are checked before the first is stored.
    entries = [_entry(one, wanted, dbom) for one in found]
    for entry, _ in entries:
        dbom.require_new(entry.name, entry.version)
    return [
        _stored(replace(one, notes=one.notes + notes), entry, wanted.data, dbom, progress)
        for one, (entry, notes) in zip(found, entries, strict=True)
    ]


def _entry(foreign: Foreign, wanted: Wanted, dbom: Dbom) -> tuple[DbomEntry, tuple[str, ...]]:
    """Return the entry that a foreign file makes, and what could not be taken over."""
    fields, notes = dict(foreign.fields), tuple[str, ...]()
    for key, pattern in (("name", NAME_PATTERN), ("version", VERSION_PATTERN)):
        fields[key] = getattr(wanted, key) or fields.get(key) or ""
        if not getattr(wanted, key) and not re.fullmatch(pattern, str(fields[key])):
            why = f"{fields[key]!r} cannot be a {key} here" if fields[key] else f"it has no {key}"
            raise UsageError(f"{why}: give --{key}", next=_HELP)
    check_names(fields["name"], fields["version"])
    origin = dict(fields.get("origin") or {})
    if wanted.origin:
        origin["uris"] = list(wanted.origin)
    if not origin.get("uris"):
        raise UsageError("it does not say where the data comes from: give --origin URI", _HELP)
    if len(files := origin.get("files") or ()) > _MOST_FILES:
        raise UsageError(
            f"it names {len(files):,} files; an entry lists at most {_MOST_FILES:,}",
            next="bezoar dbom add PATH --name NAME --version VERSION --origin URI",
        )
    fields["origin"] = origin
    if not is_whole(fields):
        notes = _without_odd_licence(origin)
        fields["added_at"] = now().isoformat()
    elif wanted.data is not None and isinstance(fields.get("content"), dict):
        fields["content"] = fields["content"] | {"location": location_of(wanted.data, dbom.root)}
    try:
        entry = DbomEntry.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        raise UsageError(f"it cannot be imported: {first_fault(error)}", next=_HELP) from None
    except RecursionError:
        raise UsageError("it cannot be imported: it is nested too deep", next=_HELP) from None
    entry = _unapproved(entry)
    return (entry if wanted.data else _inside(entry)), notes


def _without_odd_licence(origin: JsonObject) -> tuple[str, ...]:
    licence = origin.get("licence")
    if not isinstance(licence, str):
        return ()
    try:
        origin["licence"] = parse_licence(licence)
    except ValueError as error:
        del origin["licence"]
        return (f"its licence was left out: {error}",)
    return ()


def _unapproved(entry: DbomEntry) -> DbomEntry:
    """Return an entry whose approval counts for nothing here."""
    if entry.status is not Status.APPROVED:
        return entry
    return changed(entry, status=Status.DRAFT, reason="imported: approved elsewhere, not here")


def _inside(entry: DbomEntry) -> DbomEntry:
    """Return an entry if it places its data in the project.

    Raises:
        UsageError: If it places it elsewhere: who writes a file must not choose what is read.
    """
    location = PurePosixPath(entry.content.location if entry.content else ".")
    if location.is_absolute() or ".." in location.parts:
        raise UsageError(
            f"it places its data outside of the project: {str(location)!r}",
            next="bezoar dbom import FILE --data PATH",
        )
    return entry


def _stored(
    foreign: Foreign,
    entry: DbomEntry,
    data: Path | None,
    dbom: Dbom,
    progress: Progress | None,
) -> Import:
    data = data or foreign.data
    if entry.content is None and data is not None and data.exists():
        return Import(foreign.form, _pinned(entry, data, dbom, progress), foreign.notes)
    files, findings = compare_published(entry.origin.files, _among(foreign))
    entry = changed(entry, origin=entry.origin.model_copy(update={"files": files}))
    if findings:
        entry = changed(entry, status=Status.QUARANTINED, reason=reason_of(findings))
    dbom.put(entry)
    return Import(foreign.form, Registration(entry, findings), foreign.notes)


def _pinned(entry: DbomEntry, data: Path, dbom: Dbom, progress: Progress | None) -> Registration:
    """Register the data as images, or what is no set of images as files."""
    try:
        return pin(entry, data, dbom, progress)
    except (NothingToInspectError, UsageError):
        return pin(entry, data, dbom, progress, files=True)


def _among(foreign: Foreign) -> CopyOf:
    def copy_of(file: Published) -> Path | None:
        return foreign.copies.get(file.path)

    return copy_of
