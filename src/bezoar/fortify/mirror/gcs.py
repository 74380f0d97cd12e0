"""`CloudStorageMirror`: a mirror in Google Cloud Storage, by its JSON interface.

An object's generation is its version. The service computes CRC32C and MD5, which prove nothing
against an attacker: whoever reads compares SHA-256, as everywhere.
"""

import http.client
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.finding import Finding
from bezoar.core.mirror import Stored
from bezoar.core.outcome import Outcome, Status
from bezoar.core.place import Place, PlaceKind
from bezoar.fortify.mirror.keys import checked
from bezoar.fortify.mirror.rules import UNVERSIONED
from bezoar.fortify.mirror.session import Answer, Authority, Session
from bezoar.fortify.mirror.store import CheckedReader

ENDPOINT: Final = "https://storage.googleapis.com"
_CONDITION: Final = http.client.PRECONDITION_FAILED
_MOST_PAGES: Final = 100_000


class CloudStorageMirror:
    """A mirror in a bucket, below a prefix.

    Attributes:
        uri: Its address.
        workers: How many requests at once serve it well.
    """

    workers = 16

    def __init__(self, bucket: str, prefix: str, endpoint: str, authority: Authority) -> None:
        """Prepare; nothing is asked yet.

        Args:
            bucket: The bucket's name.
            prefix: What every object's name begins with, without a slash at its ends.
            endpoint: Where the service is.
            authority: Who asks.
        """
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self.uri = f"gs://{bucket}/{prefix}".rstrip("/")
        self._session = Session(endpoint, authority)

    def find(self, key: str) -> Stored | None:
        """See `Mirror.find`."""
        path = f"{self._object(key)}?fields=size,generation"
        answer = self._session.ask("GET", path, expected=(200, 404))
        if answer.status != http.client.OK:
            return None
        return self._stored(key, answer)

    def put(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Mirror.put`: generation 0 is that of an object that is not there."""
        condition = {"ifGenerationMatch": "0"}
        stored = self._sent(key, CheckedReader(data, size, digest), condition) or self.find(key)
        if stored is None:
            raise BezoarError(
                f"{self.uri}: {key} is there, and is not: the service says both",
                next=f"gcloud storage ls {self.uri}/",
            )
        return stored

    def replace(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Store.replace`: where the bucket keeps versions, the old one stays."""
        stored = self._sent(key, CheckedReader(data, size, digest), {})
        assert stored is not None, "without a condition none can fail"  # noqa: S101 - for the types
        return stored

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """See `Mirror.get`."""
        which = {"generation": version} if version else {}
        return self._session.stream(f"{self._object(key)}?{urlencode({'alt': 'media', **which})}")

    def keys(self, prefix: str) -> Iterator[str]:
        """See `Mirror.keys`."""
        asked = {"prefix": self._prefix + prefix, "fields": "items/name,nextPageToken"}
        for _ in range(_MOST_PAGES):
            path = f"storage/v1/b/{self._bucket}/o?{urlencode(asked)}"
            page = self._parsed(self._session.ask("GET", path))
            for found in page.get("items", ()):
                yield str(found.get("name", "")).removeprefix(self._prefix)
            if not (token := page.get("nextPageToken")):
                return
            asked["pageToken"] = str(token)

    def keep(self, name: str, blobs: Sequence[Stored]) -> None:
        """See `Store.keep`: the service keeps what nobody deletes."""

    def outcomes(self) -> tuple[Outcome, ...]:
        """See `Store.outcomes`: whether the bucket keeps versions."""
        path = f"storage/v1/b/{self._bucket}?fields=versioning"
        answer = self._session.ask("GET", path, expected=(200, 403, 404))
        if answer.status == http.client.NOT_FOUND:
            raise BezoarError(
                f"there is no bucket {self._bucket}",
                next=f"gcloud storage buckets create gs://{self._bucket}",
            )
        if answer.status != http.client.OK:
            # Whoever may store objects need not be allowed to ask about the bucket.
            reason = "these credentials may not ask about the bucket"
            return (Outcome(UNVERSIONED, Status.SKIPPED, reason=reason),)
        if self._parsed(answer).get("versioning", {}).get("enabled") is True:
            return (Outcome.of(UNVERSIONED, ()),)
        finding = Finding(
            UNVERSIONED,
            Place(PlaceKind.FILE, self.uri),
            "what is overwritten or deleted in it is gone",
            next=f"gcloud storage buckets update gs://{self._bucket} --versioning",
        )
        return (Outcome.of(UNVERSIONED, [finding]),)

    def _sent(self, key: str, reader: CheckedReader, condition: dict[str, str]) -> Stored | None:
        asked = {
            "uploadType": "media",
            "name": self._prefix + checked(key),
            "fields": "size,generation",
            **condition,
        }
        answer = self._session.ask(
            "POST",
            f"upload/storage/v1/b/{self._bucket}/o?{urlencode(asked)}",
            headers={"Content-Type": "application/octet-stream"},
            body=reader,
            expected=(200, _CONDITION),
        )
        return None if answer.status == _CONDITION else self._stored(key, answer)

    def _object(self, key: str) -> str:
        name = quote(self._prefix + checked(key), safe="")
        return f"storage/v1/b/{self._bucket}/o/{name}"

    def _stored(self, key: str, answer: Answer) -> Stored:
        fields = self._parsed(answer)
        try:
            return Stored(key, int(fields["size"]), str(int(fields["generation"])))
        except (KeyError, ValueError, TypeError):
            raise self._unlike() from None

    def _parsed(self, answer: Answer) -> dict[str, Any]:
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._unlike() from None
        if not isinstance(found, dict):
            raise self._unlike()
        return found

    def _unlike(self) -> BezoarError:
        return BezoarError(
            f"{self.uri}: the answer is not one of Cloud Storage",
            next=f"gcloud storage ls gs://{self._bucket}",
        )
