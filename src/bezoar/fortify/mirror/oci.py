"""`RegistryMirror`: a mirror in a repository of an OCI registry, by the distribution interface.

Content goes in as blobs, which a registry names by their SHA-256 itself. What is not named by its
content is a tagged manifest with one layer. A registry sweeps away what no manifest names, so
that each version gets manifests that name all its blobs.
"""

import http.client
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final
from urllib.parse import urljoin, urlsplit

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Stored
from bezoar.core.outcome import Outcome
from bezoar.fortify.mirror import session
from bezoar.fortify.mirror.artefact import (
    EMPTY,
    INDEX,
    MANIFEST,
    Document,
    blob_manifests,
    document_manifest,
    index_of,
    parse_document,
    tag_of,
)
from bezoar.fortify.mirror.keys import DATASETS, blob_digest, checked
from bezoar.fortify.mirror.lines import origin_of
from bezoar.fortify.mirror.session import Answer, Authority, Session
from bezoar.fortify.mirror.store import CheckedReader, WrongBytesError

CHUNK: Final = 32 << 20
"""Bytes of a chunk; what is no longer goes in one request."""

_MOST_TAGS: Final = 100_000
_TAGGINGS: Final = 4
_MOMENT_S: Final = 0.25
_ACCEPT: Final = {"Accept": f"{MANIFEST}, {INDEX}"}
_BYTES: Final = {"Content-Type": "application/octet-stream"}


class RegistryMirror:
    """A mirror in one repository.

    Attributes:
        uri: Its address.
        workers: How many requests at once serve it well.
    """

    workers = 8

    def __init__(self, registry: str, repository: str, authority: Authority) -> None:
        """Prepare; nothing is asked yet.

        Args:
            registry: The registry's address, as `https://host:port`.
            repository: Which repository.
            authority: Who asks.
        """
        plain = "oci+http" if registry.startswith("http://") else "oci"
        self.uri = f"{plain}://{registry.partition('://')[2]}/{repository}"
        self._session = Session(f"{registry}/v2/{repository}", authority)

    def find(self, key: str) -> Stored | None:
        """See `Mirror.find`; a document's version is the digest of its manifest."""
        if (digest := blob_digest(checked(key))) is None:
            found = self._document(key, tag_of(key))
            return None if found is None else Stored(key, found[0].size, found[1])
        answer = self._session.ask("HEAD", f"blobs/{digest}", expected=(200, 404))
        if answer.status != http.client.OK:
            return None
        return Stored(key, self._length(key, answer))

    def put(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Mirror.put`."""
        if blob_digest(key) is None and (there := self.find(key)) is not None:
            return there
        return self.replace(key, data, size, digest)

    def replace(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Store.replace`; a blob that a registry believes to have it may not take again."""
        named = blob_digest(checked(key))
        if named not in {None, digest}:
            raise ValueError(f"{key} is not the name of {digest}")
        self._push(CheckedReader(data, size, digest))
        if named is not None:
            return Stored(key, size)
        self._push_empty()
        manifest = document_manifest(Document(key, digest, size))
        return Stored(key, size, self._tag(tag_of(key), MANIFEST, manifest))

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """See `Mirror.get`."""
        if (digest := blob_digest(checked(key))) is None:
            found = self._document(key, version or tag_of(key))
            if found is None:
                raise BezoarError(f"{self.uri} has no {key}", self._mending())
            digest = found[0].digest
        return self._session.stream(f"blobs/{digest}")

    def keys(self, prefix: str) -> Iterator[str]:
        """See `Mirror.keys`: of what is tagged; a registry does not tell which blobs it has."""
        seen, path = 0, "tags/list?n=1000"
        while path and seen < _MOST_TAGS:
            answer = self._session.ask("GET", path, expected=(200, 404))
            for tag in _tags(answer):
                seen += 1
                if (key := self._key(tag)) is not None and key.startswith(prefix):
                    yield key
            path = self._next(answer)

    def keep(self, name: str, blobs: Sequence[Stored]) -> None:
        """See `Store.keep`: manifests that name every blob, and an index that names them."""
        self._push_empty()
        manifests, tag = blob_manifests(blobs), tag_of(f"{DATASETS}{name}")
        for number, manifest in enumerate(manifests):
            self._tag(f"{tag}.{number}", MANIFEST, manifest)
        self._tag(f"{tag}.all", INDEX, index_of(manifests))

    def outcomes(self) -> tuple[Outcome, ...]:
        """See `Store.outcomes`: what is named by its content needs no versions."""
        return ()

    def _document(self, key: str, reference: str) -> tuple[Document, str] | None:
        """Return what a manifest says about a document, and the manifest's digest."""
        path = f"manifests/{reference}"
        answer = self._session.ask("GET", path, headers=_ACCEPT, expected=(200, 404))
        if answer.status != http.client.OK:
            return None
        try:
            document = parse_document(answer.body)
        except ValueError as error:
            raise BezoarError(f"{self.uri}: {reference}: {error}", self._mending()) from None
        if document.key != key:
            raise BezoarError(f"{self.uri}: {reference} is not {key}", self._mending())
        return document, str(Digest.of(answer.body))

    def _key(self, tag: str) -> str | None:
        """Return the name of the document that a tag belongs to; None where it is no document."""
        answer = self._session.ask("GET", f"manifests/{tag}", headers=_ACCEPT, expected=(200, 404))
        try:
            key = parse_document(answer.body).key
        except ValueError:
            return None
        return key if tag_of(key) == tag else None

    def _tag(self, tag: str, kind: str, manifest: bytes) -> str:
        """Store a manifest under a tag, and return its digest.

        A registry that somebody else pushes the same things to does not know them for a moment.
        """
        headers, path = {"Content-Type": kind}, f"manifests/{tag}"
        for attempt in range(_TAGGINGS):
            expected = (201,) if attempt == _TAGGINGS - 1 else (201, 400, 404)
            answer = self._session.ask(
                "PUT", path, headers=headers, body=manifest, expected=expected
            )
            if answer.status == http.client.CREATED:
                break
            session.sleep(_MOMENT_S)
        return str(Digest.of(manifest))

    def _push_empty(self) -> None:
        digest = Digest.of(EMPTY)
        if not self._has(digest):
            self._push(CheckedReader(io.BytesIO(EMPTY), len(EMPTY), digest))

    def _push(self, reader: CheckedReader) -> None:
        """Store a blob; where an answer was lost on the way, or two do so at once, once more."""
        try:
            self._upload(reader)
        except WrongBytesError:
            raise
        except BezoarError:
            if not self._has(reader.digest):
                reader.rewind()
                self._upload(reader)

    def _has(self, digest: Digest) -> bool:
        answer = self._session.ask("HEAD", f"blobs/{digest}", expected=(200, 404))
        return answer.status == http.client.OK

    def _upload(self, reader: CheckedReader) -> None:
        """Send a blob, in one request or in chunks; nothing is left where it does not end well."""
        begun = self._session.ask("POST", "blobs/uploads/", body=b"", expected=(202,))
        where = self._location(begun)
        try:
            body: CheckedReader | bytes = reader
            if reader.size > CHUNK:
                where, body = self._chunks(reader, where), b""
            join = "&" if urlsplit(where).query else "?"
            path = f"{where}{join}digest={reader.digest}"
            self._session.ask("PUT", path, headers=_BYTES, body=body, expected=(201,))
        except BaseException:
            self._give_up(where)
            raise

    def _chunks(self, reader: CheckedReader, where: str) -> str:
        """Send all chunks, and return where the upload is to be ended."""
        sent = 0
        while data := reader.read(CHUNK):
            place = {"Content-Range": f"{sent}-{sent + len(data) - 1}"}
            answer = self._session.ask(
                "PATCH", where, headers=_BYTES | place, body=data, expected=(202,)
            )
            where, sent = self._location(answer), sent + len(data)
        return where

    def _give_up(self, where: str) -> None:
        try:
            self._session.ask("DELETE", where, expected=(204, 404, 405))
        except BezoarError:
            return  # the registry forgets it by itself

    def _location(self, answer: Answer) -> str:
        """Return where an upload goes on: on the same server, or nowhere."""
        where = urljoin(f"{self._session.base}/", answer.headers.get("location", ""))
        if origin_of(where) != origin_of(self._session.base):
            raise BezoarError(
                f"{self.uri}: the registry wants the data sent elsewhere: {where[:200]}",
                self._mending(),
            )
        return where

    def _next(self, answer: Answer) -> str:
        """Return where the list of tags goes on; empty where it ends."""
        link = answer.headers.get("link", "")
        if 'rel="next"' not in link:
            return ""
        where = urljoin(f"{self._session.base}/", link.partition("<")[2].partition(">")[0])
        return where if origin_of(where) == origin_of(self._session.base) else ""

    def _length(self, key: str, answer: Answer) -> int:
        length = answer.headers.get("content-length", "")
        if not length.isdecimal():
            raise BezoarError(f"{self.uri} does not say how long {key} is", self._mending())
        return int(length)

    def _mending(self) -> str:
        return f"curl -I {self._session.base}/tags/list"


def _tags(answer: Answer) -> list[str]:
    import json  # noqa: PLC0415 - lists are rare

    try:
        tags = json.loads(answer.body)["tags"] or []
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [tag for tag in tags if isinstance(tag, str)]
