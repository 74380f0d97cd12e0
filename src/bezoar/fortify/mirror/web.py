"""`WebMirror`: a mirror on a server that takes PUT, as Artifactory, Nexus and WebDAV do."""

import http.client
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Stored
from bezoar.core.outcome import Outcome
from bezoar.fortify.mirror.keys import checked
from bezoar.fortify.mirror.session import Answer, Authority, Session
from bezoar.fortify.mirror.store import CheckedReader

_STORED = (200, 201, 204)
_CONDITION = http.client.PRECONDITION_FAILED


class WebMirror:
    """A mirror below an address; an object's name is the rest of its address.

    Attributes:
        uri: The address.
        workers: How many requests at once serve it well.
    """

    workers = 8

    def __init__(self, uri: str, authority: Authority) -> None:
        """Prepare; nothing is asked yet.

        Args:
            uri: The address below which everything lies.
            authority: Who asks.
        """
        self.uri = uri.rstrip("/")
        self._session = Session(self.uri, authority)

    def find(self, key: str) -> Stored | None:
        """See `Mirror.find`."""
        answer = self._session.ask("HEAD", checked(key), expected=(200, 404, 410))
        if answer.status != http.client.OK:
            return None
        return Stored(key, self._length(key, answer))

    def put(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Mirror.put`; a server that knows no conditions is told the same bytes again."""
        return self._sent(key, CheckedReader(data, size, digest), {"If-None-Match": "*"})

    def replace(self, key: str, data: BinaryIO, size: int, digest: Digest) -> Stored:
        """See `Store.replace`."""
        return self._sent(key, CheckedReader(data, size, digest), {})

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """See `Mirror.get`; there are no versions."""
        del version
        return self._session.stream(checked(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """See `Mirror.keys`: plain HTTP has no lists, so that there is nothing to say."""
        del prefix
        return iter(())

    def keep(self, name: str, blobs: Sequence[Stored]) -> None:
        """See `Store.keep`: nothing is swept away."""

    def outcomes(self) -> tuple[Outcome, ...]:
        """See `Store.outcomes`: there is nothing that can be asked."""
        return ()

    def _sent(self, key: str, reader: CheckedReader, condition: dict[str, str]) -> Stored:
        headers = {
            "Content-Type": "application/octet-stream",
            "X-Checksum-Sha256": reader.digest.hex,
            **condition,
        }
        answer = self._session.ask(
            "PUT", checked(key), headers=headers, body=reader, expected=(*_STORED, _CONDITION)
        )
        if answer.status != _CONDITION:
            return Stored(key, reader.size)
        if (there := self.find(key)) is None:
            raise BezoarError(
                f"{self.uri}: {key} is there, and is not: the server says both",
                next=f"curl -I {self.uri}/{key}",
            )
        return there

    def _length(self, key: str, answer: Answer) -> int:
        length = answer.headers.get("content-length", "")
        if not length.isdecimal():
            raise BezoarError(
                f"{self.uri}: the server does not say how long {key} is",
                next=f"curl -I {self.uri}/{key}",
            )
        return int(length)
