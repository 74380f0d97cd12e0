"""Objects in Google Cloud Storage.

Reference: https://cloud.google.com/storage/docs/json_api/v1/objects
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from bezoar.adapters.web.download import Download, Downloads
from bezoar.adapters.web.errors import UnreachableError
from bezoar.core.digest import Digest
from bezoar.fortify.fetch.names import harmless
from bezoar.fortify.fetch.source import Plan, RemoteFile
from bezoar.fortify.fetch.web import answered, streamed

HOST: Final = "storage.googleapis.com"
_FIELDS: Final = "name,size,md5Hash,generation"
_MOST_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class GoogleSource:
    """`gs://BUCKET/OBJECT`, or all objects below `gs://BUCKET/PREFIX/`.

    Attributes:
        bucket: Its name.
        key: The object's name, or a prefix that ends with `/`.
        downloads: Who asks.
    """

    bucket: str
    key: str
    downloads: Downloads

    def plan(self) -> Plan:
        """Ask for sizes, digests and generations; see `Source`."""
        source = f"gs://{self.bucket}/{self.key}"
        if not self.key or self.key.endswith("/"):
            found = [self._file(one, one["name"][len(self.key) :]) for one in self._listed()]
            return Plan(source, tuple(found), folder=True, hosts=(HOST,))
        one, _ = answered(self.downloads, f"{self._objects}/{_part(self.key)}?fields={_FIELDS}")
        file = self._file(_object(one), harmless(self.key))
        return Plan(source, (file,), revision=str(one["generation"]), hosts=(HOST,))

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return an object below the prefix; see `Source`."""
        name = f"{self.key.rstrip('/')}/{key}".lstrip("/") if key else self.key
        return RemoteFile(path, self._media(name), f"gs://{self.bucket}/{name}")

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Download]:
        """Open an object; see `Source`."""
        with streamed(self.downloads, file, start, mark) as stream:
            yield stream

    @property
    def _objects(self) -> str:
        return f"https://{HOST}/storage/v1/b/{_part(self.bucket)}/o"

    def _media(self, name: str) -> str:
        place = f"b/{_part(self.bucket)}/o/{_part(name)}"
        return f"https://{HOST}/download/storage/v1/{place}?alt=media"

    def _listed(self) -> Iterator[dict[str, Any]]:
        base = f"{self._objects}?prefix={_part(self.key)}"
        base += f"&fields=nextPageToken,items({_FIELDS})"
        token = ""
        for _ in range(_MOST_PAGES):
            page, _headers = answered(
                self.downloads, base + (f"&pageToken={token}" if token else "")
            )
            if not isinstance(page, dict):
                raise UnreachableError(f"{HOST} lists nothing")
            for one in map(_object, page.get("items", ())):
                if not one["name"].endswith("/"):
                    yield one
            token = _part(str(page.get("nextPageToken", "")))
            if not token:
                return
        raise UnreachableError(f"{HOST} lists more than {_MOST_PAGES:,} pages")

    def _file(self, one: dict[str, Any], path: str) -> RemoteFile:
        name, generation = one["name"], one["generation"]
        uri = f"gs://{self.bucket}/{name}#{generation}"
        at = f"{self._media(name)}&generation={generation}"
        return RemoteFile(path, at, uri, int(one["size"]), _md5(one.get("md5Hash")), fixed=True)


def _object(value: Any) -> dict[str, Any]:
    """Return the description of an object.

    Raises:
        UnreachableError: If it is none.
    """
    known = isinstance(value, dict) and isinstance(value.get("name"), str)
    if not known or not all(str(value.get(key)).isdecimal() for key in ("size", "generation")):
        raise UnreachableError(f"{HOST} answers without a description")
    found: dict[str, Any] = value
    return found


def _md5(text: object) -> Digest | None:
    try:
        return Digest("md5", base64.b64decode(str(text), validate=True)) if text else None
    except binascii.Error:
        return None


def _part(text: str) -> str:
    return quote(text, safe="")
