"""A file behind an address of the web."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from bezoar.adapters.web.client import Reply, parsed
from bezoar.adapters.web.download import Download, Downloads
from bezoar.adapters.web.errors import UnreachableError
from bezoar.adapters.web.reach import host_of
from bezoar.adapters.web.redaction import redacted
from bezoar.fortify.fetch.names import name_of
from bezoar.fortify.fetch.source import Plan, RemoteFile

_MOST_ANSWER: Final = 1 << 26
_VERSIONS: Final = ("x-amz-version-id", "x-goog-generation", "x-ms-version-id")


@contextmanager
def streamed(
    downloads: Downloads, file: RemoteFile, start: int = 0, mark: str = ""
) -> Iterator[Download]:
    """Open a file of any source that has an address of the web for it; see `Source.opened`."""
    with downloads.opened(file.at, start=start, mark=mark, headers=file.headers) as stream:
        found = (stream.headers.get(name, "") for name in _VERSIONS)
        stream.version = next(filter(None, found), "")[:200]
        yield stream


def answered(
    downloads: Downloads,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[Any, Mapping[str, str]]:
    """Return the JSON that an address answers with, and the headers.

    Raises:
        UnreachableError: If it does not.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    with downloads.opened(url, headers=sent, body=body) as stream:
        data = bytearray()
        for piece in stream:
            data += piece
            if len(data) > _MOST_ANSWER:
                raise UnreachableError(f"{host_of(url)} answers with more than {_MOST_ANSWER:,}")
        return parsed(Reply(url, http.client.OK, stream.headers, bytes(data))), stream.headers


@dataclass(frozen=True, slots=True)
class WebSource:
    """One file behind `https://…`, or `http://…` where that is allowed.

    Attributes:
        url: The address.
        downloads: Who asks for it.
    """

    url: str
    downloads: Downloads

    def plan(self) -> Plan:
        """Return the one file; what it is called and how large it is, its answer says."""
        self.downloads.reach.checked(self.url)
        uri = redacted(self.url.partition("#")[0])
        file = self.file_at("", name_of(self.url))
        return Plan(uri, (file,), nearby=self.downloads.reach.is_private(self.url))

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return a file below the address; the address itself where the key is empty."""
        url = f"{self.url.rstrip('/')}/{key}" if key else self.url.partition("#")[0]
        return RemoteFile(path, url, redacted(url))

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Download]:
        """Open it; see `Source`."""
        with streamed(self.downloads, file, start, mark) as stream:
            if file.at == self.url.partition("#")[0]:
                stream.name = name_of(self.url, stream.headers.get("content-disposition", ""))
            yield stream
