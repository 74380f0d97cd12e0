"""`publish`: a version goes into a mirror; its index last, when all else is there."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from bezoar.core.digest import Digest
from bezoar.core.errors import HashMismatch
from bezoar.core.finding import Finding
from bezoar.core.mirror import Mirror, Stored
from bezoar.datasets.entry import timestamp
from bezoar.fortify.mirror.content import AbsentFileError, Blob, Version, document
from bezoar.fortify.mirror.keys import blob_key, index_key, revocation_key
from bezoar.fortify.mirror.parallel import in_parallel
from bezoar.fortify.mirror.receipt import SCHEMA_VERSION, Receipt, version_list
from bezoar.fortify.mirror.rules import OTHER_SIZE
from bezoar.fortify.mirror.store import Store, WrongBytesError
from bezoar.fortify.mirror.verifying import damage
from bezoar.fortify.record_text import spelled

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publishing did.

    Attributes:
        receipt: What there is now; None where damaged objects kept it from ending.
        new_objects: How many objects were put.
        new_bytes: Their bytes.
        present: How many were there already.
        findings: Objects that are there and cannot be what their name says.
    """

    receipt: Receipt | None
    new_objects: int
    new_bytes: int
    present: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A piece of content and what the store has of it."""

    blob: Blob
    stored: Stored
    new: bool


def publish(
    mirror: Store,
    version: Version,
    progress: Progress,
    *,
    damaged: frozenset[str] = frozenset(),
) -> Published:
    """Put a version into a mirror: what is not there yet, and the index when all of it is.

    Each byte that is uploaded is hashed on the way. Ended at any moment, it goes on where it
    was when it is called again; called twice, it changes nothing.

    Args:
        mirror: Where to.
        version: What.
        progress: Told how far it is.
        damaged: Names of objects that are there and whose bytes are to be put anew.

    Raises:
        HashMismatch: If a file is not what the manifest says.
        BezoarError: If a file cannot be read, or the mirror refuses or does not answer.
    """
    placed = list(_placed(mirror, version, progress, damaged))
    wrong = tuple(
        damage(OTHER_SIZE, version.spec, one.blob, f"it has {one.stored.size:,} bytes")
        for one in placed
        if one.stored.size != one.blob.size
    )
    receipt = None if wrong else _concluded(mirror, version, placed)
    new = [one.blob.size for one in placed if one.new]
    return Published(receipt, len(new), sum(new), len(placed) - len(new) - len(wrong), wrong)


def publish_revocation(mirror: Store, root: Digest, envelope: bytes) -> Stored:
    """Put a revocation where every pull from this mirror looks for it.

    Raises:
        BezoarError: If the mirror refuses it, or does not answer.
    """
    return settle(mirror, revocation_key(root), envelope)


def settle(mirror: Store, key: str, data: bytes) -> Stored:
    """Make sure that an object that is not named by its content holds exactly these bytes.

    Raises:
        BezoarError: If the mirror refuses them, or does not answer.
    """
    there = mirror.find(key)
    if there is not None and read_object(mirror, key, len(data)) == data:
        return there
    store = mirror.put if there is None else mirror.replace
    return store(key, io.BytesIO(data), len(data), Digest.of(data))


def read_object(mirror: Mirror, key: str, most: int, version: str = "") -> bytes:
    """Read a small object, at most one byte more than it should be long.

    Raises:
        BezoarError: If there is none, or the mirror does not answer.
    """
    data = bytearray()
    for piece in mirror.get(key, version):
        data += piece
        if len(data) > most:
            break
    return bytes(data[: most + 1])


def _placed(
    mirror: Store, version: Version, progress: Progress, damaged: frozenset[str]
) -> Iterator[_Placed]:
    """Yield each piece of content once the store has it, or has something else in its place."""
    blobs = version.blobs()
    total, done = sum(blob.size for blob in blobs), 0
    place = partial(_place, mirror, version.spec, damaged)
    for one in in_parallel(place, blobs, mirror.workers):
        done += one.blob.size
        progress(done, total)
        yield one


def _place(mirror: Store, spec: str, damaged: frozenset[str], blob: Blob) -> _Placed:
    key = blob_key(blob.digest)
    there = mirror.find(key)
    if there is not None and key not in damaged:
        return _Placed(blob, there, new=False)
    store = mirror.put if there is None else mirror.replace
    try:
        with blob.open() as data:
            stored = store(key, data, blob.size, blob.digest)
    except WrongBytesError as error:
        raise _mismatch(spec, blob, error.message, str(error.found or "")) from None
    except AbsentFileError as error:
        raise _mismatch(spec, blob, error.message) from error
    return _Placed(blob, stored, new=True)


def _mismatch(spec: str, blob: Blob, why: str, found: str = "") -> HashMismatch:
    expected, mending = str(blob.digest), f"bezoar vet {spec}"
    return HashMismatch(spec, blob.place, why, expected=expected, found=found, next=mending)


def _concluded(mirror: Store, version: Version, placed: list[_Placed]) -> Receipt:
    """Store the list of versions and the index, and return the receipt."""
    roles = {role: Digest.of(data) for role, data in version.documents.items()}
    documents = {blob_key(digest) for digest in roles.values()}
    named = {one.stored.key: one.stored.version for one in placed if one.stored.key in documents}
    others = {
        one.blob.digest.hex: one.stored.version
        for one in placed
        if one.stored.version and one.stored.key not in named
    }
    if others:
        placed = [
            *placed,
            _place(mirror, version.spec, frozenset(), document("versions", version_list(others))),
        ]
    mirror.keep(version.spec, [one.stored for one in placed])
    key = index_key(version.name, version.version)
    named[key] = settle(mirror, key, _index(version.spec, roles)).version
    return Receipt(
        spec=version.spec,
        root=str(version.root),
        uri=mirror.uri,
        published=timestamp(),
        objects=len(placed),
        size=sum(one.blob.size for one in placed),
        documents={role: str(digest) for role, digest in roles.items()},
        named=named,
        versions=str(placed[-1].blob.digest) if others else None,
    )


def _index(spec: str, roles: dict[str, Digest]) -> bytes:
    digests = {role: str(digest) for role, digest in roles.items()}
    return spelled({"schema_version": SCHEMA_VERSION, "spec": spec, **digests})
