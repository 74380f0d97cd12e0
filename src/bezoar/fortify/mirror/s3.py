"""`S3Mirror`: a mirror in S3, or in whatever speaks as S3 does."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.mirror import Stored
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.core.rule import Rule
from bezoar.fortify.mirror.keys import checked
from bezoar.fortify.mirror.parallel import in_parallel
from bezoar.fortify.mirror.rules import UNLOCKED, UNVERSIONED
from bezoar.fortify.mirror.store import CheckedReader

if TYPE_CHECKING:
    from bezoar.adapters.s3 import Bucket, Retention


class S3Mirror:
    """A mirror in a bucket, below a prefix.

    Attributes:
        uri: Its address.
        workers: How many requests at once serve it well.
    """

    def __init__(
        self, bucket: "Bucket", prefix: str, retention: "Retention | None", workers: int = 16
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            bucket: The bucket.
            prefix: What every object's name begins with, without a slash at its ends.
            retention: How long each object is locked.
            workers: How many requests at once.
        """
        self._bucket, self._retention, self.workers = bucket, retention, workers
        self._prefix = f"{prefix}/" if prefix else ""
        self._locked = set[str]()
        self.uri = f"s3://{bucket.name}/{prefix}".rstrip("/")

    def find(self, key: str) -> Stored | None:
        """See `Mirror.find`."""
        there = self._bucket.head(self._prefix + checked(key))
        return None if there is None else Stored(key, there.size, there.version)

    def put(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Mirror.put`; S3 itself refuses a second object of that name."""
        stored = self._store(key, CheckedReader(data, size, digest))
        there = Stored(key, size, stored.version) if stored else self.find(key)
        if there is None:
            raise BezoarError(
                f"{self.uri}: {key} is there, and is not: S3 says both", f"aws s3 ls {self.uri}/"
            )
        return there

    def replace(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Store.replace`: where S3 keeps versions, the old one stays."""
        stored = self._store(key, CheckedReader(data, size, digest), anew=True)
        return Stored(key, size, stored.version if stored else "")

    def _store(self, key: str, reader: CheckedReader, *, anew: bool = False) -> Stored | None:
        name, sha256 = self._prefix + checked(key), reader.digest.value
        stored = self._bucket.put(name, reader, reader.size, sha256, self._retention, anew=anew)
        if stored is not None and self._retention is not None:
            self._locked.add(key)
        return stored

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """See `Mirror.get`."""
        return self._bucket.get(self._prefix + checked(key), version)

    def keys(self, prefix: str) -> Iterator[str]:
        """See `Mirror.keys`."""
        for name in self._bucket.keys(self._prefix + prefix):
            yield name.removeprefix(self._prefix)

    def keep(self, name: str, blobs: Sequence[Stored]) -> None:
        """See `Store.keep`: S3 keeps what nobody deletes, and what is locked even then.

        What was there before is locked anew: a version must not depend on an older one's lock.
        """
        del name
        if self._retention is not None:
            before = [blob for blob in blobs if blob.key not in self._locked]
            for _ in in_parallel(self._lock, before, self.workers):
                pass

    def _lock(self, blob: Stored) -> None:
        assert self._retention is not None, "only then is it called"  # noqa: S101 - for the types
        self._bucket.retain(self._prefix + blob.key, blob.version, self._retention)
        self._locked.add(blob.key)

    def outcomes(self) -> tuple[Outcome, ...]:
        """See `Store.outcomes`: whether it keeps versions, and locks what it is told to."""
        name, asked = self._bucket.name, self._retention
        versions = "put-bucket-versioning", "--versioning-configuration Status=Enabled"
        lost = "what is overwritten or deleted in it is gone"
        first = self._judged(UNVERSIONED, self._bucket.versioned, lost, _command(name, *versions))
        if asked is None:
            unasked = Outcome(UNLOCKED, Status.NOT_APPLICABLE, reason="no lock is asked for")
            return first, unasked
        lock = (
            "put-object-lock-configuration",
            "--object-lock-configuration ObjectLockEnabled=Enabled",
        )
        message = f"objects are to be locked for {asked.days} days, and are not"
        return first, self._judged(UNLOCKED, self._bucket.locking, message, _command(name, *lock))

    def _judged(self, rule: Rule, holds: Callable[[], bool], message: str, next: str) -> Outcome:  # noqa: A002 - the field's name
        try:
            found = (
                []
                if holds()
                else [Finding(rule, Place(PlaceKind.FILE, self.uri), message, next=next)]
            )
        except BezoarError as error:
            # Whoever may store objects need not be allowed to ask about the bucket.
            return Outcome(rule, Status.SKIPPED, reason=error.message)
        return Outcome.of(rule, found)


def _command(bucket: str, verb: str, rest: str) -> str:
    return f"aws s3api {verb} --bucket {bucket} {rest}"
