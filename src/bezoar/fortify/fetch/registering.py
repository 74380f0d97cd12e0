"""What the DBOM says of a dataset that was fetched: from where, and that nobody vetted it yet."""

from typing import Final

from bezoar.core.errors import UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Origin, Published, Status, now
from bezoar.fortify.quarantine import FetchRecord

REASON: Final = "fetched, not vetted yet"
_MOST_LISTED: Final = 1_000
"""Files that an entry lists; the record of the fetch lists all."""


def require_fetchable(dbom: Dbom, spec: str) -> None:
    """Refuse a version whose bytes are registered already.

    Raises:
        UsageError: If they are.
    """
    name, _, version = spec.partition("@")
    if dbom.path(name, version).is_file() and (known := dbom.find(spec)).content is not None:
        raise UsageError(
            f"{spec} has its bytes already ({known.status}): a version never changes them",
            next=f"bezoar fetch SOURCE --name {name} --version ANOTHER",
        )


def register_fetched(record: FetchRecord, dbom: Dbom) -> DbomEntry:
    """Write the entry of what was fetched, or complete a draft; what people said there stays.

    Raises:
        UsageError: If that version has bytes already.
        BezoarError: If it cannot be written.
    """
    name, _, version = record.spec.partition("@")
    known = dbom.draft(name, version)
    if known is not None and known.origin.retrieved_at is not None:
        return known
    origin = _origin(record, known)
    fields = {"status": Status.QUARANTINED, "reason": REASON, "origin": origin}
    if known is None:
        entry = DbomEntry.model_validate(
            {"name": name, "version": version, "added_at": now(), **fields}
        )
    else:
        entry = DbomEntry.model_validate({**dict(known), **fields})
    dbom.put(entry)
    return entry


def _origin(record: FetchRecord, known: DbomEntry | None) -> Origin:
    uris = dict.fromkeys((*(known.origin.uris if known else ()), record.source))
    listed = record.files if len(record.files) <= _MOST_LISTED else ()
    files = tuple(
        Published(path=one.path, digest=f"sha256:{one.sha256}", size=one.size, uri=one.uri)
        for one in listed
    )
    said = known.origin if known else Origin(uris=(record.source,))
    return said.model_copy(
        update={
            "uris": tuple(uris),
            "revision": record.revision or said.revision,
            "retrieved_at": record.retrieved_at,
            "files": files,
        }
    )
