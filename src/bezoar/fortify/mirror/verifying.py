"""`verify`: is what lies in a mirror still what was approved? Every byte of it is read again."""

import hashlib
from collections.abc import Callable, Iterable
from functools import partial

from bezoar.core.digest import Digest
from bezoar.core.finding import Finding
from bezoar.core.mirror import Mirror
from bezoar.core.outcome import Outcome
from bezoar.core.place import Place, PlaceKind, printable
from bezoar.core.rule import Rule
from bezoar.fortify.mirror.content import Blob
from bezoar.fortify.mirror.keys import blob_key
from bezoar.fortify.mirror.parallel import in_parallel
from bezoar.fortify.mirror.rules import MISSING, OTHER_BYTES, OTHER_SIZE

Progress = Callable[[int, int], None]
"""Called with (done, total), in bytes."""

VERIFYING = (OTHER_SIZE, OTHER_BYTES, MISSING)


def verify(
    mirror: Mirror, blobs: Iterable[Blob], spec: str, workers: int, progress: Progress
) -> tuple[Outcome, ...]:
    """Read objects of a mirror, all bytes of them, and compare.

    Args:
        mirror: The mirror.
        blobs: What ought to be there.
        spec: `NAME@VERSION`, for what to type next.
        workers: How many at once.
        progress: Told how far it is.

    Raises:
        BezoarError: If the mirror does not answer.
    """
    wanted = list(blobs)
    total, done, found = sum(blob.size for blob in wanted), 0, []
    look = partial(_look, mirror, spec)
    for blob, finding in zip(wanted, in_parallel(look, wanted, workers), strict=True):
        done += blob.size
        progress(done, total)
        if finding is not None:
            found.append(finding)
    return tuple(Outcome.of(rule, [one for one in found if one.rule is rule]) for rule in VERIFYING)


def _look(mirror: Mirror, spec: str, blob: Blob) -> Finding | None:
    key = blob_key(blob.digest)
    there = mirror.find(key)
    if there is None:
        return damage(MISSING, spec, blob, "it is gone")
    hashed, size = hashlib.sha256(), 0
    if there.size == blob.size:
        for piece in mirror.get(key):
            hashed.update(piece)
            size += len(piece)
            if size > blob.size:
                break
    else:
        size = there.size
    if size != blob.size:
        return damage(OTHER_SIZE, spec, blob, f"it has {size:,} bytes in place of {blob.size:,}")
    found = Digest("sha256", hashed.digest())
    return (
        None if found == blob.digest else damage(OTHER_BYTES, spec, blob, f"its bytes are {found}")
    )


def damage(rule: Rule, spec: str, blob: Blob, message: str) -> Finding:
    """Return the finding that an object is not what its name says."""
    return Finding(
        rule,
        Place(PlaceKind.FILE, blob_key(blob.digest)),
        f"{message}; it should be {printable(blob.place)}",
        evidence={"place": blob.place, "sha256": blob.digest.hex, "size": blob.size},
        next=f"bezoar mirror {spec} --verify --mend",
    )
